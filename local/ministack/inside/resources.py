"""CloudFormation types that MiniStack lacks or makes otherwise than AWS."""

from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id, get_region, new_uuid, now_iso  # type: ignore[import-untyped]
from ministack.services import dynamodb, transfer  # type: ignore[import-untyped]
from ministack.services.cloudformation import provisioners  # type: ignore[import-untyped]

Made = tuple[str, dict[str, Any]]  # what `Ref` gives, what `Fn::GetAtt` gives
Create = Callable[[str, dict[str, Any], str], Made]


def refer_to_secrets_by_arn() -> None:
    """`Ref` of a secret is its ARN; by its name, which MiniStack gives, a grant would name no resource."""
    create = provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"]["create"]

    def by_arn(logical_id: str, properties: dict[str, Any], stack: str) -> Made:
        _, attributes = create(logical_id, properties, stack)
        return attributes["Arn"], attributes

    _replace_create("AWS::SecretsManager::Secret", by_arn)


def take_ttl_from_the_template() -> None:
    """A table's TimeToLiveSpecification is dropped without a word as MiniStack comes."""
    for kind in ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"):
        _replace_create(kind, _with_ttl(provisioners._RESOURCE_HANDLERS[kind]["create"]))


def _with_ttl(create: Create) -> Create:
    def create_with_ttl(logical_id: str, properties: dict[str, Any], stack: str) -> Made:
        name, attributes = create(logical_id, properties, stack)
        if ttl := properties.get("TimeToLiveSpecification"):
            enabled = str(ttl.get("Enabled", False)).lower() == "true"
            dynamodb._update_ttl({"TableName": name, "TimeToLiveSpecification": {**ttl, "Enabled": enabled}})
        return name, attributes

    return create_with_ttl


def _replace_create(kind: str, create: Create) -> None:
    provisioners._RESOURCE_HANDLERS[kind] = {**provisioners._RESOURCE_HANDLERS[kind], "create": create}


def know_transfer_servers() -> None:
    """`AWS::Transfer::Server`: kept with all that the template says of it, for the twin's endpoint to serve."""
    provisioners._RESOURCE_HANDLERS["AWS::Transfer::Server"] = {
        "create": _create_server, "update": _update_server, "delete": _delete_server}


def _create_server(logical_id: str, properties: dict[str, Any], stack: str) -> Made:
    server_id = "s-" + new_uuid().replace("-", "")[:17]
    arn = f"arn:aws:transfer:{get_region()}:{get_account_id()}:server/{server_id}"
    transfer._servers[server_id] = {
        "Arn": arn, "ServerId": server_id, "State": "ONLINE", "UserCount": 0, "DateCreated": now_iso(),
        "EndpointType": properties.get("EndpointType", "PUBLIC"), "Domain": properties.get("Domain", "S3"),
        "IdentityProviderType": properties.get("IdentityProviderType", "SERVICE_MANAGED"),
        "Protocols": properties.get("Protocols", ["SFTP"]), "Tags": properties.get("Tags", []),
        "twin": {"LogicalId": logical_id, "Stack": stack, "Properties": properties},
    }
    return arn, {"Arn": arn, "ServerId": server_id}


def _update_server(arn: str, _: dict[str, Any], properties: dict[str, Any], stack: str) -> Made:
    server = transfer._servers[arn.rpartition("/")[2]]
    server.update(Protocols=properties.get("Protocols", ["SFTP"]), Tags=properties.get("Tags", []))
    server["twin"] = {**server["twin"], "Properties": properties}
    return arn, {"Arn": arn, "ServerId": server["ServerId"]}


def _delete_server(arn: str, _: dict[str, Any]) -> None:
    transfer._servers.pop(arn.rpartition("/")[2], None)


def servers() -> list[dict[str, Any]]:
    """The declared servers: id, ARN, logical id, stack, and the properties with all references resolved."""
    return [{"ServerId": server["ServerId"], "Arn": server["Arn"], **server["twin"]}
            for server in transfer._servers._data.values() if "twin" in server]
