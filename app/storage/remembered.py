"""What the terminal interface remembers: the theme, and which documents cannot be opened."""

import json
from typing import Any

from .atomic import write_whole
from .store import Store

_KEPT_IN = "tui.json"


def remembered(store: Store | None) -> dict[str, Any]:
    """All of it, by name; empty where it cannot be read."""
    if not store:
        return {}
    try:
        values = json.loads((store.root / _KEPT_IN).read_bytes())
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}


def remember(store: Store | None, name: str, value: object) -> None:
    """Keep a value. Raises OSError."""
    if store:
        store.root.mkdir(parents=True, exist_ok=True)
        values = {**remembered(store), name: value}
        write_whole(store.root / _KEPT_IN, json.dumps(values).encode(), private=True)
