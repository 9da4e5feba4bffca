"""The stack `endpoint`: the Transfer Family servers at which partners log in (DESIGN.md §11)."""

from __future__ import annotations

from aws_cdk import CfnOutput, Environment, RemovalPolicy, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_transfer as transfer
from constructs import Construct

from infra.settings import Network

SECURITY_POLICY = "TransferSecurityPolicy-2025-03"
"""Named always: a server that CloudFormation makes without one gets that of 2018 (aws-reference.md §1.3)."""

Server = transfer.CfnServer


class Endpoint(Stack):
    """One public SFTP server; with a network, SFTP and FTPS on Elastic IPs, and FTP on a second server inside it.

    FTP and Elastic IPs exclude each other, therefore two servers (aws-reference.md §1.2).
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: Environment,
        name: str,
        authenticate: lambda_.IFunction,
        network: Network | None,
    ) -> None:
        super().__init__(scope, id, env=env, description="FTP-Plytix bridge: the servers that partners log in at")
        self._authenticate = authenticate
        # Under /aws/vendedlogs/ CloudWatch lets the delivery of a service in by itself.
        self._log = logs.LogGroup(
            self,
            "Log",
            log_group_name=f"/aws/vendedlogs/transfer/{name}",
            retention=logs.RetentionDays.THREE_MONTHS,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.public = self._public(network)
        CfnOutput(self, "PublicServerId", value=self.public.attr_server_id)
        if network is not None:
            self.internal = self._internal(network)
            CfnOutput(self, "InternalServerId", value=self.internal.attr_server_id)

    def _public(self, network: Network | None) -> Server:
        if network is None:
            return self._server("Public", protocols=["SFTP"])
        return self._server(
            "Public",
            protocols=["SFTP", "FTPS"],
            certificate=network.certificate,
            passive_ip=network.passive_ip,
            details=Server.EndpointDetailsProperty(
                vpc_id=network.vpc,
                subnet_ids=list(network.subnets),
                address_allocation_ids=list(network.address_allocations),
                security_group_ids=list(network.security_groups) or None,
            ),
        )

    def _internal(self, network: Network) -> Server:
        return self._server(
            "Internal",
            protocols=["FTP"],
            details=Server.EndpointDetailsProperty(
                vpc_id=network.vpc,
                subnet_ids=list(network.subnets),
                security_group_ids=list(network.internal_security_groups) or None,
            ),
        )

    def _server(
        self,
        id: str,
        *,
        protocols: list[str],
        details: Server.EndpointDetailsProperty | None = None,
        certificate: str | None = None,
        passive_ip: str | None = None,
    ) -> Server:
        return Server(
            self,
            id,
            domain="S3",
            endpoint_type="PUBLIC" if details is None else "VPC",
            endpoint_details=details,
            protocols=protocols,
            certificate=certificate,
            security_policy_name=SECURITY_POLICY,
            identity_provider_type="AWS_LAMBDA",
            identity_provider_details=Server.IdentityProviderDetailsProperty(
                function=self._authenticate.function_arn,
                sftp_authentication_methods="PUBLIC_KEY_OR_PASSWORD" if "SFTP" in protocols else None,
            ),
            protocol_details=Server.ProtocolDetailsProperty(
                # Clients set times after an upload and call it failed where they cannot.
                set_stat_option="ENABLE_NO_OP",
                # The default, ENFORCED, locks out clients that do not resume, Python's among them.
                tls_session_resumption_mode="ENABLED" if "FTPS" in protocols else None,
                passive_ip=passive_ip,
            ),
            s3_storage_options=Server.S3StorageOptionsProperty(directory_listing_optimization="ENABLED"),
            structured_log_destinations=[self._log.log_group_arn],
        )
