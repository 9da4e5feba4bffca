"""Run MiniStack with the twin's patches: `python -m local.ministack.launcher SETTINGS` (JSON, see settings.py).

It serves on a socket that its parent opened and lives as long as its standard input: when that is closed, because
the parent is done or was killed, it ends at once and takes the functions' processes with it.
"""

import asyncio
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable

from local.ministack.settings import Settings


def patches(settings: Settings) -> dict[str, Callable[[], None]]:
    """Each patch by the name that `Settings.without` knows; imported late, as MiniStack reads its environment then."""
    from local.ministack.inside import deliveries, functions, objects, policies, queues, resources, schedules

    return {
        "runtime_client": lambda: functions.run_by_awslambdaric(settings),
        "log_wait": functions.wait_briefly_for_logs,
        "fifo_groups": queues.run_groups_side_by_side,
        "one_start_at_a_time": queues.start_workers_one_by_one,
        "visible_after_death": queues.show_at_once_what_a_dead_worker_held,
        "still_for_reset": queues.stand_still_while_reset,
        "forget_at_reset": deliveries.forget_at_reset,
        "rule_retries": deliveries.try_a_rules_function_again,
        "version_ranges": objects.give_ranges_of_versions_too,
        "version_id": deliveries.name_the_version_in_events,
        "secure_deliveries": policies.deliver_over_tls,
        "folder_keys": policies.ask_about_folders_by_their_key,
        "transfer_trust": policies.come_as_transfer_family,
        "schedules": schedules.tick_every_second,
        "secret_ref": resources.refer_to_secrets_by_arn,
        "transfer_server": resources.know_transfer_servers,
        "table_ttl": resources.take_ttl_from_the_template,
    }


def roughness(settings: Settings) -> dict[str, Callable[[], None]]:
    """What a rough twin has on top, by the same rule; nothing without a seed."""
    from local.ministack.inside import rough

    return {} if settings.rough is None else rough.patches(settings, settings.rough)


def main() -> None:
    settings = Settings.from_json(sys.argv[1])
    threading.Thread(target=_end_with_standard_input, name="lifeline", daemon=True).start()
    _open_as_many_files_as_allowed()
    for name, patch in (patches(settings) | roughness(settings)).items():
        if name not in settings.without:
            patch()
    asyncio.run(_serve(settings))


def _end_with_standard_input() -> None:
    sys.stdin.buffer.read()
    if functions := sys.modules.get("local.ministack.inside.functions"):
        functions.end_all()
    os.killpg(0, signal.SIGKILL)  # the launcher leads its own group; nothing in it has anything to save


def _open_as_many_files_as_allowed() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def _serve(settings: Settings) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app  # type: ignore[import-untyped]

    from local.ministack.inside.routes import routed

    config = Config()
    config.bind = [f"fd://{settings.socket}"]
    config.certfile, config.keyfile = settings.certificate, settings.key
    config.keep_alive_timeout = 75
    config.loglevel = "WARNING"
    await serve(routed(app), config)  # type: ignore[arg-type]  # hypercorn types each message by itself


if __name__ == "__main__":
    main()
