"""The CDK app. Importing it puts Node on PATH, because `import aws_cdk`, wherever it stands, starts one."""

from infra.node import put_on_path

put_on_path()
