"""The objects that references in a PDF stand for, as pypdf gives them."""

from typing import Any


def resolve_reference(item: Any) -> Any:
    """The object that `item` of pypdf stands for; what is none of pypdf, as it is."""
    return item.get_object() if hasattr(item, "get_object") else item


def root_entry(reader: Any, key: str) -> Any:
    """The entry `key` of the root of a file, empty where it has none."""
    return resolve_reference(reader.root_object.get(key, {}))
