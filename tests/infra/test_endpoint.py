"""The servers are those that DESIGN.md §11 asks for, and no client that companies use is locked out by a default."""

from __future__ import annotations

import pytest

from infra.settings import SettingsError, settings


@pytest.fixture(scope="session")
def servers(assembly):
    """Of a company with a VPC, by id."""
    return {server.id: server.properties for server in assembly.of("AWS::Transfer::Server")}


def test_who_gave_no_network_gets_one_public_sftp_server(newcomer):
    resources = newcomer["acme-endpoint"]["Resources"].values()
    servers = [r["Properties"] for r in resources if r["Type"] == "AWS::Transfer::Server"]
    assert [(server["Protocols"], server["EndpointType"]) for server in servers] == [(["SFTP"], "PUBLIC")]
    assert "TlsSessionResumptionMode" not in servers[0]["ProtocolDetails"]
    assert "InternalServerId" not in newcomer["acme-endpoint"]["Outputs"]


def test_sftp_and_ftps_stand_on_elastic_ips_and_plain_ftp_only_inside(servers, network):
    public, internal = servers["Public"], servers["Internal"]
    assert (public["Protocols"], public["Certificate"]) == (["SFTP", "FTPS"], network["certificate"])
    assert public["EndpointDetails"]["AddressAllocationIds"] == network["addressAllocations"]
    assert public["EndpointDetails"]["SecurityGroupIds"] == [network["securityGroups"]]
    assert (internal["Protocols"], internal["EndpointType"]) == (["FTP"], "VPC")
    assert "AddressAllocationIds" not in internal["EndpointDetails"]


@pytest.mark.parametrize("id", ["Public", "Internal"])
def test_every_server_asks_our_function_and_names_its_security_policy(assembly, servers, id):
    function = assembly.referred(servers[id]["IdentityProviderDetails"]["Function"])
    assert servers[id]["IdentityProviderType"] == "AWS_LAMBDA"
    assert function.properties["Handler"] == "authenticate.handler"
    assert servers[id]["SecurityPolicyName"] == "TransferSecurityPolicy-2025-03"
    assert servers[id]["StructuredLogDestinations"] == ["<bridge-endpoint/Log95422804.Arn>"]
    assert servers[id]["S3StorageOptions"] == {"DirectoryListingOptimization": "ENABLED"}


def test_a_client_that_sets_times_or_does_not_resume_tls_is_not_locked_out(servers):
    assert servers["Public"]["ProtocolDetails"] == {"SetStatOption": "ENABLE_NO_OP", "TlsSessionResumptionMode": "ENABLED"}


@pytest.mark.parametrize("missing", ["vpc", "subnets", "addressAllocations", "certificate"])
def test_who_gave_half_a_network_is_told_what_else_is_needed(missing, network):
    given = {key: value for key, value in network.items() if key != missing}
    with pytest.raises(SettingsError, match=missing):
        settings(given.get, {})


def test_a_network_may_be_given_on_the_command_line_too(network):
    lists = {"subnets": "subnet-1, subnet-2", "addressAllocations": "eipalloc-1,eipalloc-2"}
    read = settings((network | lists).get, {}).network
    assert read.subnets == ("subnet-1", "subnet-2")
    assert read.address_allocations == ("eipalloc-1", "eipalloc-2")


def test_each_elastic_ip_needs_its_subnet(network):
    with pytest.raises(SettingsError, match="one Elastic IP a subnet"):
        settings((network | {"subnets": ["subnet-1"]}).get, {})


@pytest.mark.parametrize("name", ["Bridge", "1st", "with space", "a" * 40])
def test_a_name_that_no_stack_can_begin_with_is_refused_by_name(name):
    with pytest.raises(SettingsError, match=name):
        settings({"name": name}.get, {})


def test_context_counts_before_what_the_cli_found_and_that_before_the_environment():
    found = {"CDK_DEFAULT_ACCOUNT": "111122223333", "CDK_DEFAULT_REGION": "eu-west-1", "AWS_REGION": "eu-north-1"}
    chosen = settings({"region": "eu-central-1"}.get, found)
    assert (chosen.account, chosen.region) == ("111122223333", "eu-central-1")
    assert settings({}.get, found).region == "eu-west-1"
    assert settings({}.get, {"AWS_REGION": "eu-north-1"}).region == "eu-north-1"
