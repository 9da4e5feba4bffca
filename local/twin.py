"""The whole system on one machine: AWS (MiniStack) with the deployed template, the endpoint, a Plytix simulator.

    with Twin(Path(".twin")) as twin:
        twin.outputs["ExchangeBucket"], twin.ports["sftp"], twin.plytix.url
        twin.fire("redrive"); twin.reset()
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from bridge.adapters.body import Bodies
from bridge.adapters.mirror_states import KEY as MIRROR
from bridge.adapters.switch import SwitchItem
from infra import deps
from local import stack
from local.again import TRIES, again
from local.assembly import assembly
from local.endpoint.cloud import Cloud
from local.endpoint.endpoint import Endpoint
from local.endpoint.record import recording
from local.endpoint.servers import Server
from local.healing import Healing
from local.ministack.rehearsal import Death, Rehearsal
from local.ministack.server import MiniStack
from local.plytix.server import Simulator
from local.state import FOLDER, State

KEY, PASSWORD = "key", "password"
ENDPOINT_LOG = logging.getLogger("bridge.endpoint")
CALM = 5  # looks in a row: between an object and the message about it there are some milliseconds
CHAIN = ("authenticate", "receive", "prepare", "apply", "report")  # in the order in which the first drop needs them


class IdentityFailed(Exception):
    """The identity function ended in an error, which at the endpoint is a refused login."""


class Twin:
    """Started by `start` or by `with`; ends with the process, however that ends. One a folder."""

    def __init__(self, folder: Path = FOLDER, *, plan: str = "paid", ports: Mapping[str, int] | None = None,
                 edit: stack.Edit | None = None, warm: bool = True, rough: int | None = None) -> None:
        """`ports`: of `sftp`, `ftps`, `ftp`, `plytix`; any free one where not given. `edit` changes the templates before
        they are deployed. `warm`: start the functions' workers meanwhile, so that the first drop finds them ready.
        `rough`: a seed, under which AWS is as unkind as it may be (local/ministack/README.md)."""
        self.folder = folder.absolute()
        self.outputs: dict[str, str] = {}
        self.ports: dict[str, int] = {}
        self.plytix = Simulator(KEY, PASSWORD, plan)
        self._asked_ports, self._edit, self._warm, self._rough = dict(ports or {}), edit, warm, rough
        self._healing = Healing(self)
        self._state, self._rehearsal = State(self.folder), Rehearsal(self.folder)
        self._aws: MiniStack | None = None
        self._endpoint: Endpoint | None = None
        self._logs = ExitStack()
        self._assembly = Path()

    def start(self) -> Self:
        """Raises TwinRuns, SynthFailed, StackFailed, MiniStackError, OSError (a port is taken); then nothing has stayed."""
        self._state.take()
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def _start(self) -> None:
        url = self.plytix.start(self._asked_ports.get("plytix", 0))
        with ThreadPoolExecutor(1) as meanwhile:
            made = meanwhile.submit(assembly)
            self._aws = MiniStack(self.folder, python=deps.RUNTIME / "bin/python", rough=self._rough)
            self._assembly = made.result()
        self.outputs = stack.deploy(self.aws, self._assembly, self._edit)
        if self._warm:
            self.aws.ask("warm", functions=[self.function(verb) for verb in CHAIN], wait=False)
        self._give_plytix_secret(url)
        self._turn_writes_on()
        self._logs.enter_context(recording(ENDPOINT_LOG, self.folder / "endpoint.log"))
        self._endpoint = self._make_endpoint()
        self.ports = {**self._endpoint.start(), "plytix": int(url.rpartition(":")[2]), "aws": self.aws.port}
        self._state.write(self.env, self.ports)
        if self._rough is not None:
            self._healing.start()

    def stop(self) -> None:
        """End everything and clear the folder. Twice is no harm."""
        self._healing.stop()
        if self._endpoint:
            self._endpoint.stop()
        self._logs.close()
        self.plytix.stop()
        if self._aws:
            self._aws.stop()
        self._state.leave()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def aws(self) -> MiniStack:
        if self._aws is None:
            raise RuntimeError("the twin has not been started")
        return self._aws

    @property
    def endpoint(self) -> Endpoint:
        if self._endpoint is None:
            raise RuntimeError("the twin has not been started")
        return self._endpoint

    @property
    def env(self) -> dict[str, str]:
        """Variables under which boto3, the aws and cdk programs and `bridge` take the twin for AWS."""
        return self.aws.environment

    def client(self, service: str) -> Any:
        """A boto3 client as the account's root."""
        return self.aws.client(service)

    def function(self, verb: str) -> str:
        """The deployed name of `receive`, `prepare`, `apply`, `redrive`, `refresh`, `publish`, `report`, `authenticate`."""
        return self.outputs[f"{verb.capitalize()}Function"]

    def invoke(self, verb: str, event: dict[str, Any]) -> Any:
        """Call a function and wait; what it raised comes as its error's dictionary (`errorType`, `errorMessage`).

        In a rough twin, where it may have died or been throttled until it gave up, it is called again (again.py)."""
        return again(lambda: self._call(verb, event), lambda told: str(told) if "errorType" in told else "", self.tries)

    def _call(self, verb: str, event: dict[str, Any]) -> Any:
        answer = self.client("lambda").invoke(FunctionName=self.function(verb), Payload=json.dumps(event))
        return json.loads(answer["Payload"].read())

    def refresh(self) -> dict[str, Any]:
        """Ask now for what its schedule does every few minutes; what it raised comes as in `invoke`.

        Of a refresh that died nobody has the turn until its function's time is over; in a rough twin that is now."""
        told: dict[str, Any] = self.invoke("refresh", {"now": True})
        if not told and self.is_rough:
            self.client("dynamodb").update_item(TableName=self.outputs["LedgerTable"], Key=MIRROR, UpdateExpression="SET turn_until = :now",
                                                ExpressionAttributeValues={":now": {"N": "0"}})
            told = self.invoke("refresh", {"now": True})
        return told

    def identify(self, event: dict[str, Any]) -> dict[str, Any]:
        """The deployed identity function, asked as Transfer Family asks it: once. Who is refused because it died tries again."""
        answer: dict[str, Any] = self._call("authenticate", event)
        if "errorType" in answer:
            raise IdentityFailed(f"{answer['errorType']}: {answer.get('errorMessage')}")
        return answer

    def reset(self, *, configuration: bool = False) -> None:
        """Clear the data and the Plytix account; workers, stacks and what is open at the endpoint stay.

        `configuration=True` keeps what `bridge config apply` and `bridge partner` made (configuration, folders, schedules,
        partners' secrets) and the attributes at Plytix. The configuration then has a new ETag, so that workers read it
        again and drop what they derived from it.
        Without it, `authenticate` may remember a partner's old secret for two seconds: give him the same password again.
        """
        self.aws.ask("reset", configuration=configuration, secrets=[self.outputs["PlytixSecretArn"]],
                     schedule_group=self.outputs["ScheduleGroup"])
        self.plytix.reset(schema="keep" if configuration else "drop")
        self._turn_writes_on()

    def fire(self, name: str, group: str | None = None) -> list[str]:
        """Fire a schedule now: a function's (`redrive`, `refresh`) or a channel's, by its name."""
        known = self.outputs.get(f"{name.capitalize()}Function", name)
        fired: list[str] = self.aws.ask("fire", name=known, group=group)["fired"]
        return fired

    def clock(self, *, advance_s: float = 0, ticking: bool | None = None) -> None:
        """Move the clock of schedules on, or let them fire by hand alone (`ticking=False`)."""
        self.aws.ask("clock", advance=advance_s, ticking=ticking)

    def show_messages(self) -> int:
        """Make all messages visible that are in flight, put back or delayed; gives how many were."""
        return int(self.aws.ask("visible")["shown"])

    def kill(self, verb: str | None = None) -> int:
        """End the workers of one function, or of all, as a crash would; gives how many ran."""
        return int(self.aws.ask("kill", function=self.function(verb) if verb else None)["killed"])

    def running(self) -> dict[str, dict[str, int]]:
        """`running`: calls under way by function; `waiting`: messages by queue that a function will get, visible or not;
        `left`: messages by queue that nobody takes, which are dead letters."""
        return self.aws.ask("running")

    @property
    def is_rough(self) -> bool:
        return self._rough is not None

    @property
    def tries(self) -> int:
        """How often, in all, one does what only a rough twin may have spoilt."""
        return TRIES if self.is_rough else 1

    def throw_anew(self, row: str) -> None:
        """From now on the dice fall as they always fall for this seed and row (a test's name)."""
        self.aws.ask("rough", row=row)

    def roughness(self) -> dict[str, int]:
        """What rough things have happened since the start, by kind: how many."""
        happened: dict[str, int] = self.aws.ask("rough")["happened"]
        return happened

    def rest(self, within_s: float = 60) -> None:
        """Wait until nothing runs and nothing waits. Raises TimeoutError, which says what does.

        An asynchronous call that failed and will be tried again in a second is not seen.
        """
        deadline, calm = time.monotonic() + within_s, 0
        while calm < CALM:
            now = self.running()
            calm = calm + 1 if not now["running"] and not any(now["waiting"].values()) else 0
            if time.monotonic() > deadline:
                raise TimeoutError(f"after {within_s:g} s there still is {now}")
            time.sleep(0.03)

    def put_events(self, *entries: dict[str, Any]) -> None:
        """As PutEvents, but also for the sources of AWS's own services (`aws.transfer`)."""
        self.aws.ask("events", Entries=[{**entry, "Time": str(entry.get("Time", ""))} for entry in entries])

    def log(self, verb: str) -> list[str]:
        """What a function has said since the last reset."""
        group = self.client("lambda").get_function_configuration(FunctionName=self.function(verb))["LoggingConfig"]["LogGroup"]
        pages = self.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
        return [event["message"] for page in pages for event in page["events"]]

    @contextmanager
    def dying(self, death: Death) -> Iterator[Rehearsal]:
        """Within, a function's process dies at the named point, once; `death.function` is a verb, as in `function`."""
        known = death.function if "*" in death.function else self.function(death.function)
        verb = None if "*" in death.function else death.function
        self._rehearsal.plan(replace(death, function=known))
        self.kill(verb)
        try:
            yield self._rehearsal
        finally:
            self._rehearsal.end()
            self.kill(verb)

    @contextmanager
    def changed(self, edit: stack.Edit) -> Iterator[None]:
        """Within, the stacks are deployed as the edit leaves them; afterwards as they were."""
        try:
            stack.change(self.aws, self._assembly, edit)
            yield
        finally:
            stack.change(self.aws, self._assembly, self._edit)

    def _give_plytix_secret(self, url: str) -> None:
        """What `bridge secret set plytix` would write."""
        value = {"api_key": KEY, "api_password": PASSWORD, "auth_url": url, "pim_url": url}
        self.client("secretsmanager").put_secret_value(SecretId=self.outputs["PlytixSecretArn"], SecretString=json.dumps(value))

    def _turn_writes_on(self) -> None:
        """What `bridge writes on` does: a new deployment sends nothing, but this one is there to be tried."""
        bodies = Bodies(self.client("s3"), self.outputs["WorkBucket"])
        SwitchItem(self.client("dynamodb"), self.outputs["LedgerTable"], bodies).change(lambda before: replace(before, writes=True))

    def _make_endpoint(self) -> Endpoint:
        servers = [Server.of(server["ServerId"], server["Properties"]) for server in self.aws.ask("servers")["servers"]]
        return Endpoint(servers, self.identify, Cloud.of_env(self.env), self.folder, ports=self._asked_ports,
                        certificate=self.aws.certificate, bus=self.put_events, logger=ENDPOINT_LOG)
