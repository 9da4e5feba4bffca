"""MiniStack as a child process that ends with its parent: start, ask its `/_twin/` routes, stop."""

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from local.certificate import Certificate, make_certificate
from local.ministack.settings import ACCOUNT, Settings, environment

REGION = "eu-central-1"
START_S, END_S = 60.0, 5.0
CONFIG = Config(retries={"total_max_attempts": 3}, connect_timeout=5, read_timeout=960, max_pool_connections=50)  # a call may take 15 min


class MiniStackError(Exception):
    """MiniStack did not start, or refused what it was asked; the message says why."""


class MiniStack:
    """AWS on this machine. All its files lie below `folder`; it holds no port but its own, on 127.0.0.1."""

    def __init__(self, folder: Path, *, python: Path, region: str = REGION, without: tuple[str, ...] = (),
                 rough: int | None = None) -> None:
        self.folder, self.region = folder, region
        for name in ("tmp", "state", "s3"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self.certificate: Certificate = make_certificate(folder)
        listening = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = listening.getsockname()[1]
        settings = Settings(
            folder=str(folder), socket=listening.fileno(), port=self.port, python=str(python), region=region, without=without,
            certificate=str(self.certificate.certificate), key=str(self.certificate.key),
            authorities=str(self.certificate.authorities), rough=rough,
        )
        self.endpoint = settings.endpoint
        self._session, self._making = boto3.session.Session(region_name=region), threading.Lock()
        self._clients: dict[str, Any] = {}
        self._trust = ssl.create_default_context(cafile=str(self.certificate.certificate))
        self._process = _launch(settings, listening)
        try:
            self.ask("ping", wait_s=START_S)  # waits in the socket's queue until it is served
        except MiniStackError:
            self.stop()
            raise

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to take this for AWS, as root."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint, "AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "twin", "AWS_CA_BUNDLE": str(self.certificate.certificate),
        }

    @property
    def pid(self) -> int:
        return self._process.pid

    def client(self, service: str, **credentials: str | None) -> Any:
        """A boto3 client; as root, and then always the same one, unless credentials are given (as `boto3.client` names them)."""
        with self._making:  # making clients is not safe between threads, using them is
            if credentials:
                return self._make(service, **credentials)
            if service not in self._clients:
                self._clients[service] = self._make(service, aws_access_key_id=ACCOUNT, aws_secret_access_key="twin")
            return self._clients[service]

    def _make(self, service: str, **credentials: str | None) -> Any:
        client: Any = self._session.client
        settled = CONFIG.merge(Config(signature_version="s3v4")) if service == "s3" else CONFIG
        return client(service, endpoint_url=self.endpoint, verify=str(self.certificate.certificate), config=settled, **credentials)

    def ask(self, route: str, *, wait_s: float = 30.0, **asked: Any) -> dict[str, Any]:
        """One of the launcher's routes (inside/routes.py). Raises MiniStackError, with its answer or its last words."""
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=wait_s, context=self._trust)
        try:
            connection.request("POST", f"/_twin/{route}", json.dumps(asked))
            response = connection.getresponse()
            answer: dict[str, Any] = json.loads(response.read())
        except (OSError, http.client.HTTPException) as error:
            raise MiniStackError(f"MiniStack does not answer /_twin/{route} ({error!r}). Its last words:\n{self.log(40)}") from error
        finally:
            connection.close()
        if response.status != 200:
            raise MiniStackError(f"/_twin/{route}: {answer.get('error', answer)}")
        return answer

    def log(self, lines: int) -> str:
        """The end of what MiniStack wrote; the whole is in ministack.log in its folder."""
        text = (self.folder / "ministack.log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def stop(self) -> None:
        """End it and all workers; there is nothing to save. Twice is no harm."""
        if self._process.returncode is not None:
            return
        if self._process.stdin:
            self._process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(END_S)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)  # if it hangs; and its workers, if somebody killed it alone
        self._process.wait()


def _launch(settings: Settings, listening: socket.socket) -> "subprocess.Popen[bytes]":
    """Its standard input is a pipe that this process never writes to: when we are gone, it reads the end and ends."""
    with listening, (Path(settings.folder) / "ministack.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "local.ministack.launcher", settings.to_json()],
            env=environment(settings), cwd=settings.folder, stdin=subprocess.PIPE, stdout=log, stderr=log,
            pass_fds=[listening.fileno()], start_new_session=True,
        )
