"""Text as it is shown to a person, printed for a script, and kept."""

import json
import re
from collections.abc import Sequence

# What could move the cursor, change colours or turn the direction of the terminal.
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

JsonObject = dict[str, object]


def compact_json(value: object) -> str:
    """`value` as JSON on one line, without blanks, letters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def storable_text(text: str) -> str:
    """`text` as UTF-8 can hold it: else, of a file's name, as backslash escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def one_line(text: str) -> str:
    """`text` with one blank for all white space between two words, and none around them."""
    return " ".join(text.split())


def clip(text: str, max_characters: int) -> str:
    """`text`, or at most its first `max_characters` characters, cut between two words, with ` …` after."""
    return text if len(text) <= max_characters else text[:max_characters].rsplit(" ", 1)[0] + " …"


def abridged_name_list(names: Sequence[str], max_names: int) -> str:
    """`a, b and 3 more`: at most so many of `names`."""
    more = f" and {len(names) - max_names:,} more" if len(names) > max_names else ""
    return ", ".join(names[:max_names]) + more
