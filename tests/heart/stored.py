"""As the adapters store it: JSON and back, so that nothing is shared by reference."""

from __future__ import annotations

from typing import Any

import orjson


def stored(body: Any) -> Any:
    return orjson.loads(orjson.dumps(body))
