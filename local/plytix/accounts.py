"""Who may use the account: people and API credentials, as a service of its own tells it (plytix-api.md §9.7)."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from local.plytix.call import Answer, Call
from local.plytix.entities import Actor
from local.plytix.refusal import Detail, Refusal
from local.plytix.search import Field, search

PERSON = Actor("USER", "5f0a00000000000000000001", "Petra", "petra@example.com", "Lang")
OWNER = Actor("USER", "5f0a00000000000000000002", "Olaf", "olaf@example.com", "Brandt")
MEMBERS = [
    {
        "legacy_id": person.user_id,
        "role": role,
        "email": person.user_email,
        "username": person.user_name.lower(),
        "name": person.user_name,
        "last_name": person.user_last_name,
    }
    for person, role in ((OWNER, "OWNER"), (PERSON, "USER"))
]
UNSORTED = {"order": ""}


def memberships(call: Call) -> Answer:
    """`POST /accounts/memberships/search`: all fields unless some are asked for (§9.7)."""
    return _search(call, MEMBERS)


def credentials(call: Call) -> Answer:
    """`POST /accounts/api-credentials/search`: the one pair that there is (§9.7)."""
    return _search(call, [{"legacy_id": call.actor.user_id, "role": "ADMIN", "name": call.actor.user_name}])


def _search(call: Call, rows: Sequence[dict[str, Any]]) -> Answer:
    """Raises Detail: this service has its own words."""
    known = list(rows[0])
    body = call.body if isinstance(call.body, dict) else {}
    paging = body.get("pagination") or {}
    asked = body | {"pagination": paging | UNSORTED} if isinstance(paging, dict) else body
    fields: dict[str, Field[dict[str, Any]]] = {
        key: Field(key, "TextAttribute", itemgetter(key), more=("in", "!in")) for key in known
    }
    try:
        page = search(asked, rows, len(rows), fields.get, known.__contains__, len(known))
    except Refusal:
        raise Detail(422, "One or more filter fields are not valid.") from None
    return page.answer(lambda row, columns: {key: row[key] for key in columns or known})
