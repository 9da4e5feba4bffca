"""What CloudFormation makes of our types: local/ministack/inside/resources.py, and MiniStack without it."""

import pytest

SECRET = {"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": "{}"}}
TABLE = {"Type": "AWS::DynamoDB::Table", "Properties": {
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST", "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True}}}
SERVER = {"Type": "AWS::Transfer::Server", "Properties": {
    "Protocols": ["SFTP", "FTPS"], "EndpointType": "VPC", "IdentityProviderType": "AWS_LAMBDA",
    "IdentityProviderDetails": {"Function": {"Fn::Sub": "arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:who"}}}}
READ = {"Type": "AWS::IAM::Role", "Properties": {
    "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
    "Policies": [{"PolicyName": "read", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": {"Ref": "Secret"}}]}}]}}


def test_a_role_may_read_the_secret_that_its_policy_refers_to(cloud):
    made = cloud.stand("secret", {"Secret": SECRET, "Read": READ}, Secret={"Ref": "Secret"}, Role={"Fn::GetAtt": ["Read", "Arn"]})
    cloud.function("read-secret", """
        import boto3

        def handler(event, context):
            return boto3.client("secretsmanager").get_secret_value(SecretId=event["secret"])["SecretString"]
    """, role=made["Role"])

    assert made["Secret"].startswith("arn:aws:secretsmanager:eu-central-1:000000000000:secret:")
    assert cloud.call("read-secret", secret=made["Secret"]) == "{}"


def test_ministack_alone_still_refers_to_a_secret_by_name(plain_cloud):
    assert not plain_cloud.stand("secret", {"Secret": SECRET}, Secret={"Ref": "Secret"})["Secret"].startswith("arn:")


def test_items_expire_as_the_template_says(cloud):
    assert _ttl(cloud) == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}


def test_ministack_alone_still_drops_it(plain_cloud):
    assert _ttl(plain_cloud) == {"TimeToLiveStatus": "DISABLED"}


def test_a_declared_server_is_known_with_all_that_the_template_says(cloud):
    made = cloud.stand("server", {"Public": SERVER}, Id={"Fn::GetAtt": ["Public", "ServerId"]}, Arn={"Ref": "Public"})
    assert made["Arn"].endswith(f":server/{made['Id']}")

    server, = [server for server in cloud.ask("servers")["servers"] if server["Stack"] == "server"]
    assert (server["ServerId"], server["LogicalId"]) == (made["Id"], "Public")
    assert server["Properties"]["IdentityProviderDetails"]["Function"] == "arn:aws:lambda:eu-central-1:000000000000:function:who"
    assert cloud.transfer.describe_server(ServerId=made["Id"])["Server"]["Protocols"] == ["SFTP", "FTPS"]

    cloud.cloudformation.delete_stack(StackName="server")
    cloud.until(lambda: not [server for server in cloud.ask("servers")["servers"] if server["Stack"] == "server"])


def test_ministack_alone_still_knows_no_such_type(plain_cloud):
    with pytest.raises(plain_cloud.cloudformation.exceptions.ClientError, match=r"Unrecognized resource types: \[AWS::Transfer::Server\]"):
        plain_cloud.stand("server", {"Public": SERVER})


def _ttl(cloud):
    table = cloud.stand("table", {"Table": TABLE}, Table={"Ref": "Table"})["Table"]
    return cloud.dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
