"""The local endpoint: the servers that the template declares, as SFTP, FTPS and FTP over S3, in threads of this process.

    endpoint = Endpoint([Server.of("s-0123456789abcdef0", properties)], identify, Cloud.of_env(env), folder)
    ports = endpoint.start()   # {"sftp": 40123, "ftps": 40124}
    endpoint.stop()
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path

import paramiko

from local.certificate import Certificate, make_certificate
from local.endpoint import ftp, sftp
from local.endpoint.announce import Bus, best_effort, default_bus
from local.endpoint.cloud import Cloud
from local.endpoint.listener import Listener, Serve
from local.endpoint.login import Identify
from local.endpoint.reception import Reception, Waits
from local.endpoint.servers import Protocol, Server


class Endpoint:
    """Ends without a trace but for `folder`, which keeps the SSH host key (partners pin it) and the FTPS certificate.

    `identify` asks the deployed identity function; `bus` takes Transfer's events (default: the account's own);
    `ports`: by protocol, any free one where not given; `passive_ports`: of FTP data connections (AWS: 8192-8200).
    """

    def __init__(self, servers: Iterable[Server], identify: Identify, cloud: Cloud, folder: Path, *, host: str = "127.0.0.1",
                 ports: Mapping[str, int] | None = None, passive_ports: Iterable[int] | None = None,
                 certificate: Certificate | None = None, bus: Bus | None = None, waits: Waits | None = None,
                 logger: logging.Logger | None = None) -> None:
        self._servers, self._host, self._ports = list(servers), host, dict(ports or {})
        self._passive_ports, self._certificate, self._folder = passive_ports, certificate, folder
        logger = logger or logging.getLogger("bridge.endpoint")
        spools = folder / "spool"
        told = best_effort(bus or default_bus(cloud), logger)
        self._reception = Reception(identify, cloud, told, spools, logger, waits or Waits())
        self._listeners: dict[str, Listener] = {}
        self.host_key = ""

    def start(self) -> dict[str, int]:
        """The port of each protocol; of a second server with the same one under `sftp s-…`. Raises OSError."""
        self._reception.spools.mkdir(parents=True, exist_ok=True)
        key = _host_key(self._folder / "ssh_host_key")
        self.host_key = f"{key.get_name()} {key.get_base64()}"
        certificate = self._certificate or make_certificate(self._folder)
        try:
            for server in self._servers:
                for protocol in server.protocols:
                    self._listen(server, protocol, self._served(server, protocol, key, certificate))
        except OSError:
            self.stop()
            raise
        for listener in self._listeners.values():
            listener.start()
        return {name: listener.port for name, listener in self._listeners.items()}

    def stop(self) -> None:
        """Ends all sessions, as a server that is switched off does: uploads under way are cut off."""
        for listener in self._listeners.values():
            listener.stop()
        self._listeners.clear()

    def _served(self, server: Server, protocol: Protocol, key: paramiko.PKey, certificate: Certificate) -> Serve:
        if protocol is Protocol.SFTP:
            return sftp.serves(server, self._reception, key)
        return ftp.serves(server, protocol, self._reception, self._passive_ports, certificate)

    def _listen(self, server: Server, protocol: Protocol, serve: Serve) -> None:
        name = protocol.lower()
        port = self._ports.get(name, 0) if name not in self._listeners else 0
        name = name if name not in self._listeners else f"{name} {server.id}"
        self._listeners[name] = Listener(name, self._host, port, serve, self._reception.logger)


def _host_key(file: Path) -> paramiko.PKey:
    """Kept, as a new one breaks every partner's pin."""
    if not file.exists():
        file.touch(mode=0o600)
        paramiko.ECDSAKey.generate().write_private_key_file(str(file))
    return paramiko.ECDSAKey.from_private_key_file(str(file))
