"""Lines of config.toml, as `docqa models use` and the settings of the terminal interface change
them.
"""

from collections.abc import Mapping
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError

from docqa.app.errors import ResourceError
from docqa.app.storage.atomic import write_whole


def set_values(path: Path, values: Mapping[str, object]) -> None:
    """Set values of a config.toml, one of a table as `tui.theme`, or take out those that are None;
    all else stays. Raises ResourceError where it is no TOML, OSError where it cannot be written."""
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8") if path.is_file() else "")
    except TOMLKitError as error:
        raise ResourceError(f"is no TOML ({error})", where=str(path), hint="mend it") from error
    for name, value in values.items():
        *tables, last = name.split(".")
        part = document
        for table in tables:
            part = part.setdefault(table, tomlkit.table())
        part.pop(last, None) if value is None else part.update({last: value})
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, tomlkit.dumps(document).encode("utf-8"), private=not path.exists())
