"""How functions run: AWS's own runtime client in a bare environment; and how a worker is ended or warmed."""

import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime as runtime  # type: ignore[import-untyped]
from ministack.core.responses import get_region, new_uuid  # type: ignore[import-untyped]
from ministack.services import lambda_svc  # type: ignore[import-untyped]

from local.ministack.settings import Settings

# A worker's data segment is held to the function's memory; threads get small stacks, as each would count in full.
BOOTSTRAP = """#!/bin/sh
ulimit -s 2048
ulimit -d $((AWS_LAMBDA_FUNCTION_MEMORY_SIZE * 1024))
exec {python} -m awslambdaric "$_HANDLER"
"""

ENDED = "Runtime exited before returning a response"  # MiniStack's word


def run_by_awslambdaric(settings: Settings) -> None:
    """Python functions run under `awslambdaric`, from their own asset and layers, seeing their own variables only."""
    bootstrap = Path(settings.folder) / "bootstrap"
    bootstrap.write_text(BOOTSTRAP.format(python=settings.python))
    bootstrap.chmod(bootstrap.stat().st_mode | stat.S_IXUSR)
    extract, worker_class = lambda_svc._provided_runtime_code_dir, runtime._worker_class_for

    def code_folder(code_zip: bytes) -> str:
        folder: str = extract(code_zip)
        if not os.path.lexists(f"{folder}/bootstrap"):
            _link(bootstrap, Path(folder) / "bootstrap")
        return folder

    lambda_svc._provided_runtime_code_dir = code_folder
    lambda_svc._provided_worker_env = lambda config, code, port: worker_environment(settings, config, code, port)
    runtime._worker_class_for = lambda config: PythonWorker if _is_python(config) else worker_class(config)
    lambda_svc._execute_function_warm = lambda_svc._execute_function_provided_warm


def _is_python(config: dict[str, Any]) -> bool:
    return str(config.get("Runtime", "")).startswith("python")


def _link(target: Path, link: Path) -> None:
    """A link, not a copy: a file just written cannot be run while another thread forks (ETXTBSY)."""
    try:
        link.symlink_to(target)
    except FileExistsError:
        return  # two workers of one function began together


def worker_environment(settings: Settings, config: dict[str, Any], code: str, port: int) -> dict[str, str]:
    """What AWS would set, then the function's own variables, then where this AWS is and whom to trust."""
    name, folder = config["FunctionName"], Path(settings.folder)
    layers = [lambda_svc._docker_extracted_dir(content, "layer") for content in _layers(config)]
    deaths = [str(folder / kind) for kind in ("rehearsal", "roughness") if (folder / kind / "plan.json").exists()]
    python_path = [*deaths[:1], code, *(f"{layer}/python" for layer in reversed(layers))]  # a later layer wins
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": ":UTC", "TMPDIR": str(folder / "tmp"),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{config['Runtime']}", "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
        "AWS_REGION": get_region(), "AWS_DEFAULT_REGION": get_region(),
        "AWS_LAMBDA_FUNCTION_NAME": name, "AWS_LAMBDA_FUNCTION_VERSION": config.get("Version", "$LATEST"),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.get("MemorySize", 128)),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "AWS_LAMBDA_LOG_STREAM_NAME": new_uuid(),
        "AWS_LAMBDA_LOG_GROUP_NAME": (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}",
        "LAMBDA_TASK_ROOT": code, "_HANDLER": config["Handler"], "PYTHONPATH": os.pathsep.join(python_path),
        **runtime.execution_credentials(config),
        **lambda_svc._runtime_env_vars(config),
        "AWS_ENDPOINT_URL": settings.endpoint, "AWS_CA_BUNDLE": settings.certificate,
        # Public authorities too, so that a function of the twin can also talk to the real Plytix.
        "SSL_CERT_FILE": settings.authorities, "REQUESTS_CA_BUNDLE": settings.authorities,
    }


def _layers(config: dict[str, Any]) -> Iterator[bytes]:
    for attached in config.get("Layers") or []:
        content = lambda_svc._resolve_layer_zip(attached)
        if content is None:
            raise LookupError(f"{config['FunctionName']}: its layer {attached} has no content")
        yield content


class PythonWorker(runtime.ProvidedWorker):  # type: ignore[misc]
    """MiniStack's own runtime API, without the 40 ms that Nagle's algorithm adds to each answer."""

    exit: int | None = None  # of the latest process, once it has ended

    def _spawn(self, *args: Any, **kwargs: Any) -> None:
        super()._spawn(*args, **kwargs)
        lambda_svc._esm_wake.set()  # for messages that waited until this start was done

    def _teardown(self) -> None:
        if self._proc is not None:
            self.exit = self._proc.poll()
        super()._teardown()

    def invoke(self, event: Any, request_id: str, **more: Any) -> Any:
        """Of a process that ended meanwhile the caller is told in AWS's words."""
        told = super().invoke(event, request_id, **more)
        if told.get("error") == ENDED and self.exit is not None:
            told["error_payload"]["errorMessage"] = f"RequestId: {request_id} Error: Runtime exited with error: {_how(self.exit)}"
        return told

    def _build_handler_class(self, *args: Any) -> Any:
        handler = super()._build_handler_class(*args)
        handler.disable_nagle_algorithm, handler.wbufsize = True, -1
        return handler


def _how(code: int) -> str:
    return f"exit status {code}" if code >= 0 else f"signal: {signal.strsignal(-code)}".lower()


def wait_briefly_for_logs() -> None:
    """Log lines stand in the pipe before the answer is sent: 4 ms are enough, 50 would be half of each call."""
    drain = runtime.Worker._drain_stderr_bounded

    def briefly(self: Any, **waits: float) -> str:
        lines: str = drain(self, **{"first_line_wait": 0.004, **waits})
        return lines

    runtime.Worker._drain_stderr_bounded = briefly


def workers_of(function: str | None, *, busy_only: bool = False) -> list[Any]:
    """The workers of one function, or of all, whose process runs."""
    with runtime._lock:
        pools = [pool for key, pool in runtime._workers.items() if function in (None, key.split(":")[2])]
        workers = [worker for pool in pools for worker in pool if worker.in_use or not busy_only]
    return [worker for worker in workers if worker._proc is not None and worker._proc.poll() is None]


def ready(function: str) -> int:
    """How many workers of a function have started and run."""
    return sum(worker._first_poll.is_set() for worker in workers_of(function))


def end_all() -> None:
    """Kill all workers and wait for them, so that none becomes somebody else's orphan."""
    while kill(None):
        pass  # one more may have been about to start


def kill(function: str | None, *, busy_only: bool = False) -> int:
    """End workers as a crash would: no signal that could be caught. What they held comes back (queues.py)."""
    processes = [worker._proc for worker in workers_of(function, busy_only=busy_only)]
    ended = [process for process in processes if process is not None]  # None: ended by itself just now
    for process in ended:
        process.kill()
    for process in ended:
        process.wait(5)  # until then it would be taken for one that can be given work
    return len(ended)


def starting(function: str | None) -> bool:
    """Whether a worker is about to run, in the environment of a moment ago."""
    with runtime._lock:
        pools = [pool for key, pool in runtime._workers.items() if function in (None, key.split(":")[2])]
        return any(worker.in_use and not worker._first_poll.is_set() for pool in pools for worker in pool)


def warm_all(names: list[str]) -> None:
    """Start a worker of each function, so that its first event need not wait for the start."""
    for name in names:
        try:
            _warm(name)
        except RuntimeError as error:  # the first event will tell
            lambda_svc.logger.warning("%s cannot be started before it is needed: %s", name, error)


def _warm(name: str) -> None:
    record, config, _ = lambda_svc._get_func_record_for_ref(name)
    worker, _ = runtime.acquire_worker(name, config, record["code_zip"])
    try:
        runtime.ensure_spawned(worker)
    finally:
        runtime.release_worker(worker)
