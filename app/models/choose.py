"""`docqa models use`: the line of config.toml that says which model answers."""

import json
import re
import tomllib
from pathlib import Path

from docqa.app.errors import ResourceError
from docqa.app.storage.atomic import write_whole


def set_values(path: Path, values: dict[str, str | None]) -> None:
    """Set top-level texts of a config.toml, or take out those that are None; all else stays. It is
    written whole, where it reads back as meant. Raises ResourceError where it cannot be edited so,
    OSError where it cannot be written."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    expected = {
        **tomllib.loads(text),
        **{name: value for name, value in values.items() if value is not None},
    }
    expected = {name: value for name, value in expected.items() if values.get(name, "") is not None}
    for name, value in values.items():
        text = _with_line(
            text,
            name,
            None if value is None else f"{name} = {json.dumps(value, ensure_ascii=False)}",
        )
    try:
        understood = tomllib.loads(text) == expected
    except tomllib.TOMLDecodeError:
        understood = False
    if not understood:
        lines = "; ".join(
            f"{name} = {json.dumps(value)}" for name, value in values.items() if value is not None
        )
        said = "docqa cannot edit this file without changing other lines"
        raise ResourceError(said, where=str(path), hint=f"write {lines} yourself")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text.encode("utf-8"), private=not path.exists())


def _with_line(text: str, name: str, line: str | None) -> str:
    """`text` with the top-level assignment of `name` replaced, added before the tables, or taken
    out.
    """
    lines = text.splitlines()
    headers = (number for number, row in enumerate(lines) if row.lstrip().startswith("["))
    first_table = next(headers, len(lines))
    assigned = re.compile(rf'\s*["\']?{name}["\']?\s*=')
    at = next((number for number in range(first_table) if assigned.match(lines[number])), None)
    if at is not None:
        lines[at : at + 1] = [] if line is None else [line]
    elif line is not None:
        lines.insert(first_table, line)
    return "\n".join(lines) + "\n" if lines else ""
