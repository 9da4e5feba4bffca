"""Deploy a cloud assembly (what `cdk synth` wrote) unchanged through CloudFormation's API, as `cdk deploy` would."""

from __future__ import annotations

import compileall
import io
import json
import py_compile
import time
import zipfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from infra import deps
from local.assembly import alone_in_build
from local.ministack.server import MiniStack

WAIT_S = 120.0
BOOTSTRAP = "/cdk-bootstrap/hnb659fds/version"
HOST_LAYER = "Layers/Deps/Code"  # the one asset that is exchanged: its wheels are for another machine and Python
STACK, CAPABILITIES = "aws:cloudformation:stack", ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]

Edit = Callable[[str, dict[str, Any]], None]
"""Changes a template in place, told the stack's name: how a test takes one grant away."""


class StackFailed(Exception):
    """CloudFormation could not make a stack; the message says which resource and why."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file or folder of the assembly and the object that the template expects of it."""

    name: str
    source: Path
    zipped: bool
    bucket: str
    key: str


@dataclass(frozen=True, slots=True)
class Stack:
    name: str
    template: Path
    assets: tuple[Asset, ...]
    needs: tuple[str, ...]


def stacks(assembly: Path) -> list[Stack]:
    """Those of the assembly, each after the ones it needs."""
    artifacts = json.loads((assembly / "manifest.json").read_text())["artifacts"]
    found = {name: _stack(assembly, name, artifact) for name, artifact in artifacts.items() if artifact["type"] == STACK}
    ordered: list[Stack] = []
    while found:
        ready = [stack for stack in found.values() if not set(stack.needs) & set(found)]
        if not ready:
            raise StackFailed(f"these stacks need each other: {', '.join(found)}")
        ordered += ready
        for stack in ready:
            del found[stack.name]
    return ordered


def _stack(assembly: Path, name: str, artifact: dict[str, Any]) -> Stack:
    files = json.loads((assembly / f"{name}.assets.json").read_text())["files"].values()
    assets = tuple(
        Asset(file["displayName"], assembly / source["path"], source["packaging"] == "zip", to["bucketName"], to["objectKey"])
        for file in files for source in [file["source"]] for to in file["destinations"].values()
    )
    return Stack(name, assembly / artifact["properties"]["templateFile"], assets, tuple(artifact["dependencies"]))


def deploy(aws: MiniStack, assembly: Path, edit: Edit | None = None) -> dict[str, str]:
    """All stacks, made or brought up to date; gives their outputs by key. Raises StackFailed."""
    planned = stacks(assembly)
    _bootstrap(aws, {asset.bucket for stack in planned for asset in stack.assets})
    _publish(aws, {asset.key: asset for stack in planned for asset in stack.assets}.values())
    outputs: dict[str, str] = {}
    for stack in planned:
        outputs |= _make(aws, stack, edit)
    return outputs


def change(aws: MiniStack, assembly: Path, edit: Edit | None) -> None:
    """The same stacks with edited templates; None: as they were. Stacks that stay the same are left alone."""
    cloudformation = aws.client("cloudformation")
    for stack in stacks(assembly):
        stands = cloudformation.get_template(StackName=stack.name)["TemplateBody"]
        if _edited(stack, edit) != (json.loads(stands) if isinstance(stands, str) else stands):
            _make(aws, stack, edit)


def _bootstrap(aws: MiniStack, buckets: set[str]) -> None:
    """What `cdk bootstrap` leaves in an account, as far as templates refer to it."""
    aws.client("ssm").put_parameter(Name=BOOTSTRAP, Value="21", Type="String", Overwrite=True)
    s3 = aws.client("s3")
    for bucket in buckets - {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": aws.region})


def _publish(aws: MiniStack, assets: Iterable[Asset]) -> None:
    s3 = aws.client("s3")

    def upload(asset: Asset) -> None:
        s3.put_object(Bucket=asset.bucket, Key=asset.key, Body=_content(asset))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(upload, assets))


def _content(asset: Asset) -> bytes:
    if asset.name == HOST_LAYER:
        return host_layer().read_bytes()
    return _zip(asset.source) if asset.zipped else asset.source.read_bytes()


def host_layer() -> Path:
    """The `deps` layer for this machine, packed once: compiled, as a layer is unpacked anew by each twin."""
    packed = deps.ROOT / "build" / f"deps-host-{deps.fingerprint()[:16]}.zip"
    with alone_in_build():
        if not packed.exists():
            compileall.compile_dir(deps.DEPS_HOST, quiet=2, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
            unfinished = packed.with_suffix(".unfinished")
            unfinished.write_bytes(_zip(deps.DEPS_HOST))
            unfinished.rename(packed)
            for old in set(packed.parent.glob("deps-host-*.zip")) - {packed}:
                old.unlink(missing_ok=True)
    return packed


def _zip(folder: Path) -> bytes:
    """Not compressed: it travels over the loopback only."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for file in sorted(file for file in folder.rglob("*") if file.is_file()):
            archive.write(file, file.relative_to(folder))
    return memory.getvalue()


def _make(aws: MiniStack, stack: Stack, edit: Edit | None) -> dict[str, str]:
    cloudformation = aws.client("cloudformation")
    asked = {"StackName": stack.name, "TemplateURL": _template(aws, stack, edit), "Capabilities": CAPABILITIES}
    make = cloudformation.create_stack if _status(cloudformation, stack.name) is None else cloudformation.update_stack
    try:
        make(**asked)
    except ClientError as error:
        if "No updates" not in str(error):
            raise StackFailed(f"{stack.name}: {error}") from error
    return _wait(cloudformation, stack.name)


def _template(aws: MiniStack, stack: Stack, edit: Edit | None) -> str:
    """Its address, since a template above 51,200 bytes cannot travel in the request."""
    asset = next(asset for asset in stack.assets if asset.source == stack.template)
    key = asset.key
    if edit:
        key = f"edited/{asset.key}"
        aws.client("s3").put_object(Bucket=asset.bucket, Key=key, Body=json.dumps(_edited(stack, edit)).encode())
    return f"{aws.endpoint}/{asset.bucket}/{key}"


def _edited(stack: Stack, edit: Edit | None) -> dict[str, Any]:
    template: dict[str, Any] = json.loads(stack.template.read_text())
    if edit:
        edit(stack.name, template)
    return template


def _status(cloudformation: Any, name: str) -> dict[str, Any] | None:
    try:
        described: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        return None
    return described


def _wait(cloudformation: Any, name: str) -> dict[str, str]:
    deadline = time.monotonic() + WAIT_S
    while (stack := _status(cloudformation, name) or {}).get("StackStatus", "").endswith("IN_PROGRESS"):
        if time.monotonic() > deadline:
            raise StackFailed(f"{name}: {stack['StackStatus']} for more than {WAIT_S:g} s")
        time.sleep(0.01)
    if stack.get("StackStatus") not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise StackFailed(f"{name}: {stack.get('StackStatus')}\n" + "\n".join(_reasons(cloudformation, name)))
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", []) if "ExportName" not in output}


def _reasons(cloudformation: Any, name: str) -> list[str]:
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    return [f"{event['LogicalResourceId']} ({event['ResourceType']}): {event.get('ResourceStatusReason', '')}"
            for event in reversed(events) if event["ResourceStatus"].endswith("FAILED")]
