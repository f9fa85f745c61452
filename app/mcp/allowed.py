"""The files that a client may have read: those at or below the paths that the server was started
with, by where a path leads: a symbolic link or `..` out of them is refused, in folders too."""

import os
from collections.abc import Sequence
from pathlib import Path

from docqa.app.answer.text import storable_text
from docqa.app.errors import InputError
from docqa.ingest.errors import MissingError
from docqa.ingest.read import find_documents


class AllowedPaths:
    """`roots`: files and folders as the user named them, `real`: where they lead. Raises
    MissingError.
    """

    def __init__(self, roots: Sequence[str]) -> None:
        for root in roots:
            if not os.path.exists(root):
                raise MissingError("no such file or folder", where=root, hint="Check the path")
        self.roots = list(roots)
        self.real = tuple(os.path.realpath(root) for root in roots)

    def files(self, names: Sequence[str] | None) -> tuple[list[str], list[str]]:
        """(the files and archives at `names`, of folders all documents below; what was left out,
        and why). A name is a path, or one in an allowed folder; None: all roots. Raises InputError
        for a name that is not there or not allowed, for folders docqa.ingest.errors."""
        found: dict[str, None] = {}
        left_out: list[str] = []
        for name in self.roots if names is None else names:
            path = self._locate_path(name)
            if not os.path.isdir(path):
                found[path] = None
                continue
            for file, content in find_documents(path):
                if not isinstance(content, Path):
                    continue  # it is attached to an e-mail, which is read as a whole
                if not self._is_allowed(file):
                    left_out.append(
                        f"{storable_text(file)}: it is a link to a file outside of the allowed paths"
                    )
                elif storable_text(file) != file:
                    left_out.append(f"{storable_text(file)}: its name is not UTF-8; rename it")
                else:
                    found[file] = None
        return list(found), left_out

    def file(self, name: str) -> str:
        """The file called `name`. Raises InputError where it is none, not there or not allowed."""
        path = self._locate_path(name)
        if os.path.isdir(path):
            raise InputError("this is a folder", where=name, hint="name one document")
        return path

    def _locate_path(self, name: str) -> str:
        folders = [root for root in self.roots if os.path.isdir(root)]
        tried = [name, *(os.path.join(folder, name) for folder in folders)]
        there = (path for path in tried if "\0" not in path and os.path.exists(path))
        inside = next((path for path in there if self._is_allowed(path)), None)
        if inside is not None:
            return inside
        # One message for both: what is elsewhere on this machine is nobody's business.
        raise InputError(
            "no such file or folder in the allowed paths",
            where=name,
            hint=f"allowed are {', '.join(self.roots)} and what is below",
        )

    def _is_allowed(self, path: str) -> bool:
        real = os.path.realpath(path)
        return any(
            real == root or real.startswith(root.rstrip(os.sep) + os.sep) for root in self.real
        )
