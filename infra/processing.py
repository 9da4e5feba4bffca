"""The stack `processing`: all that works and holds no state; it can be taken away and made anew."""

from __future__ import annotations

from aws_cdk import CfnOutput, Environment, Stack
from constructs import Construct

from infra.clock import Clock
from infra.export import Export
from infra.identity import Identity
from infra.ingest import Ingest
from infra.landing import Landing
from infra.layers import Layers
from infra.queues import Queues
from infra.remediate import Remediate
from infra.storage import Storage
from infra.worker import Ground


class Processing(Stack):
    """Puts the parts together and tells their names: `bridge` finds everything by these outputs."""

    def __init__(self, scope: Construct, id: str, *, env: Environment, name: str, storage: Storage) -> None:
        super().__init__(scope, id, env=env, description="FTP-Plytix bridge: queues and functions")
        self._storage, self._prefix = storage, f"{name}/partners/"
        self.queues = queues = Queues(self, "Queues")
        ground = Ground(Layers(self, "Layers"), storage.key)
        self.ingest = Ingest(self, "Ingest", storage=storage, queues=queues, ground=ground)
        self.export = Export(self, "Export", storage=storage, queues=queues, ground=ground)
        self.remediate = Remediate(self, "Remediate", storage=storage, queues=queues, ground=ground)
        self.identity = Identity(self, "Identity", storage=storage, ground=ground, prefix=self._prefix)
        Landing(self, "Landing", exchange=storage.exchange, queues=queues)
        minutely = {"Redrive": self.ingest.redrive, "Refresh": self.export.refresh}
        self.clock = Clock(
            self, "Clock", name=name, queues=queues, minutely=minutely, publish=self.export.publish
        )
        for output, value in (self._told_functions() | self._told_things()).items():
            CfnOutput(self, output, value=value)

    def _told_functions(self) -> dict[str, str]:
        workers = {
            "Receive": self.ingest.receive,
            "Prepare": self.ingest.prepare,
            "Apply": self.ingest.apply,
            "Redrive": self.ingest.redrive,
            "Refresh": self.export.refresh,
            "Publish": self.export.publish,
            "Report": self.remediate.report,
            "Authenticate": self.identity.authenticate,
        }
        return {f"{verb}Function": worker.function.function_name for verb, worker in workers.items()}

    def _told_things(self) -> dict[str, str]:
        return {
            "IntakeQueueUrl": self.queues.intake.queue.queue_url,
            "RunsQueueUrl": self.queues.runs.queue.queue_url,
            "FastQueueUrl": self.queues.fast.queue.queue_url,
            "MainQueueUrl": self.queues.main.queue.queue_url,
            "UndeliveredQueueArn": self.queues.undelivered.queue_arn,
            "ScheduleGroup": self.clock.group.schedule_group_name,
            "ScheduleRoleArn": self.clock.role.role_arn,
            "PublishFunctionArn": self.export.publish.function.function_arn,
            "PlytixSecretArn": self._storage.plytix.secret_arn,
            "PartnerSecretsPrefix": self._prefix,
            "PartnerRoleArn": self.identity.partner.role_arn,
        }
