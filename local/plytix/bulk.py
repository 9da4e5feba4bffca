"""The bulk job: up to 1,000 products changed by one request, some time later (plytix-api.md §6.5).

Only accounts that are entitled have it (`/_sim/bulk`). Its counters are texts, and come after it says that it is finished.
"""

from __future__ import annotations

from typing import Any

from local.plytix.call import Answer, Call, data
from local.plytix.clock import with_zone
from local.plytix.entities import Product
from local.plytix.jobs import Job, Jobs
from local.plytix.products import change
from local.plytix.refusal import Fault, Refusal, bad_schema, denied, no_product
from local.plytix.store import Store

MOST_ROWS = 1_000
FIELDS = ("label", "status", "attributes")  # of `data`; what else stands there is passed over
NO_JOB = "ProductsBulkApi.get() missing 1 required positional argument: 'job_id'"


def submit(call: Call) -> Answer:
    """`POST /bulk/products`: 200 at once; the job runs some time later (§6.5)."""
    store, jobs = call.store, _jobs(call)
    rows = _rows(call.fields())
    lands = store.clock.now() + jobs.pace.running_s
    job = Job(store.new_id(), store.clock.stamp(), call.actor, jobs.pace, jobs.pace.late_polls, lands, rows)
    go_on(store, job)
    call.id, call.changed = job.id, job.changed
    return data(200, _record(job))


def poll(call: Call) -> Answer:
    """`GET /bulk/products/{job}`; an unknown id is a 404 that says: authorised (§1.4, §6.5)."""
    job = _jobs(call).known.get(call.args[0])
    if job is None:
        raise no_product(call.args[0])
    call.id = job.id
    return data(200, _summary(job, call.store.clock.now()))


def without_id(call: Call) -> Answer:
    """`GET /bulk/products`: 422, and it names the class behind it (§1.4)."""
    _jobs(call)
    raise Refusal(422, NO_JOB)


def go_on(store: Store, job: Job) -> None:
    """Let a job run that is new, or comes from a file; one that has ended is only known."""
    store.jobs.known[job.id] = job
    if job.finished is None:
        store.run_until(job.lands, lambda: _run(store, job))


def _jobs(call: Call) -> Jobs:
    if not call.store.jobs.entitled:
        raise denied()
    return call.store.jobs


def _rows(body: dict[str, Any]) -> list[dict[str, Any]]:
    rows = body.get("products")
    if body.get("action") != "update":
        raise bad_schema(Fault("action", "Value is not valid, valid values are [update]"))
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise bad_schema(Fault("products", "Not a valid list."))
    if not 1 <= len(rows) <= MOST_ROWS:
        raise bad_schema(Fault("products", f"Length must be between 1 and {MOST_ROWS}."))
    return rows


def _run(store: Store, job: Job) -> None:
    for row in job.rows:
        product, values = _product(store, row), row.get("data")
        if product is None:
            key = "id" if "id" in row else "sku"
            job.errors.append({key: row.get(key), "errors": [{key: f"{key} does not exist"}]})
        elif not isinstance(values, dict):
            job.errors.append({"sku": product.sku, "errors": [{"data": "Invalid input type."}]})
        else:
            _change(store, job, product, {name: values[name] for name in FIELDS if name in values})
    job.rows, job.finished = [], store.clock.now()


def _change(store: Store, job: Job, product: Product, values: dict[str, Any]) -> None:
    try:
        job.changed |= change(store, product, values, job.by)
        job.products.append({"id": product.id, "sku": product.sku})
    except Refusal as refused:
        job.errors.append({"sku": product.sku, "errors": [{fault.field: fault.msg} for fault in refused.faults]})


def _product(store: Store, row: dict[str, Any]) -> Product | None:
    if "id" in row:
        return store.products.get(row["id"]) if isinstance(row["id"], str) else None
    return store.by_sku(row["sku"]) if isinstance(row.get("sku"), str) else None


def _record(job: Job) -> dict[str, Any]:
    moment = with_zone(job.created)
    return {
        "id": job.id,
        "state": "CREATED",
        "external_process_id": job.id,
        "display_name": "Edit products",
        "by_user": job.by.user_name,
        "created_at": moment,
        "modified": moment,
        "is_system": False,
        "source": "API",
    }


def _summary(job: Job, now: float) -> dict[str, Any]:
    finished = job.finished is not None
    counted = job.finished is not None and now >= job.finished + job.pace.counters_s and job.late_polls <= 0
    if finished:
        job.late_polls -= 1
    products, errors = (job.products, job.errors) if counted else ([], [])
    return {
        "action": "Edited",
        "status": "Finished" if finished else "In progress",
        "summary": {"ok": str(len(products)), "error": str(len(errors)), "cancelled": "0"},
        "products": products,
        "errors": errors,
    }
