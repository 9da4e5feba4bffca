"""What the launcher is told by who starts it, and what of it MiniStack reads from its environment."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

ACCOUNT = "000000000000"


@dataclass(frozen=True, slots=True)
class Settings:
    """One MiniStack: its folder, its open socket, who runs the functions, and which patches stay away."""

    folder: str
    socket: int  # number of the listening socket that the parent opened, so that no port is guessed or lost
    port: int
    python: str  # interpreter with awslambdaric: runs the functions
    certificate: str
    key: str
    authorities: str
    region: str
    without: tuple[str, ...] = ()  # names of patches left out: how a test sees whether one is still needed
    rough: int | None = None  # a seed: deliver late, twice and in any order, throttle, let workers die

    @property
    def endpoint(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Settings":
        fields = json.loads(text)
        return cls(**{**fields, "without": tuple(fields["without"])})


def environment(settings: Settings) -> dict[str, str]:
    """All that the launcher's process sees: nothing of the caller's environment but PATH reaches MiniStack."""
    folder = Path(settings.folder)
    return {
        "PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(folder / "tmp"), "STATE_DIR": str(folder / "state"), "S3_DATA_DIR": str(folder / "s3"),
        "AUTH": "true", "USE_SSL": "1", "MINISTACK_SSL_CERT": settings.certificate, "MINISTACK_SSL_KEY": settings.key,
        "BIND_HOST": "127.0.0.1", "MINISTACK_HOST": "127.0.0.1", "GATEWAY_PORT": str(settings.port),
        "MINISTACK_REGION": settings.region, "MINISTACK_ACCOUNT_ID": ACCOUNT, "AWS_ENDPOINT_URL": settings.endpoint,
        "AWS_CA_BUNDLE": settings.certificate, "SSL_CERT_FILE": settings.authorities,
        "REQUESTS_CA_BUNDLE": settings.authorities,
        # Ports that it would open beside its own, on all addresses (local-stack.md §5).
        "SFTP_ENABLED": "0", "IOT_MTLS_ENABLED": "0",
        "PERSIST_STATE": "0", "S3_PERSIST": "0", "LAMBDA_EXECUTOR": "local", "LAMBDA_WARM_TTL_SECONDS": "300",
        "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.5", "LOG_LEVEL": "INFO",
        "DOCKER_HOST": f"unix://{folder}/no-docker",  # else it would remove containers of a MiniStack elsewhere
    }
