"""`docqa models use`: the line of config.toml that says which model answers."""

from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError

from docqa.app.errors import ResourceError
from docqa.app.storage.atomic import write_whole


def set_values(path: Path, values: dict[str, str | None]) -> None:
    """Set top-level texts of a config.toml, or take out those that are None; all else stays. Raises
    ResourceError where it is no TOML, OSError where it cannot be written."""
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8") if path.is_file() else "")
    except TOMLKitError as error:
        raise ResourceError(f"is no TOML ({error})", where=str(path), hint="mend it") from error
    for name, value in values.items():
        document.pop(name, None) if value is None else document.update({name: value})
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, tomlkit.dumps(document).encode("utf-8"), private=not path.exists())
