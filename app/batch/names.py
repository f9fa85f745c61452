"""The names of output files: RELATIVE_PATH.md. What is too long, or collides on some file system
(by case, Unicode form, or `digest`), gets the hash of its path."""

import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

from docqa.app.storage.store import sha256_of

RESERVED = ("digest.md", "summaries.jsonl", "failures.jsonl", "ledger.sqlite", ".docqa")
DIGEST, SUMMARIES, FAILURES, LEDGER, WORKSPACE = RESERVED
LONGEST_NAME_BYTES = 255


def output_names(paths: Iterable[str]) -> dict[str, str]:
    """The output file of each relative path, below the output folder, always the same."""
    ordered = sorted(paths, key=lambda path: path.encode("utf-8", "surrogateescape"))
    reserved = {_fold_case(name) for name in RESERVED}
    proposed: dict[str, str] = {}
    for path in (
        ordered
    ):  # its first folder not one of docqa's own files, its last part no longer than a name may be
        first, slash, rest = path.partition("/")
        name = (
            f"{first}~{_short_hash(first)}/{rest}"
            if slash and _fold_case(first) in reserved
            else path
        )
        long = len(name.rpartition("/")[2].encode()) + 3 > LONGEST_NAME_BYTES
        proposed[path] = _add_hash_to_name(name) if long else f"{name}.md"
    folders = {
        _fold_case(str(folder))
        for name in proposed.values()
        for folder in PurePosixPath(name).parents
    }
    taken = reserved | folders
    names: dict[str, str] = {}
    for path, name in proposed.items():
        names[path] = _add_hash_to_name(path) if _fold_case(name) in taken else name
        taken.add(_fold_case(names[path]))
    return names


def _fold_case(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _add_hash_to_name(path: str) -> str:
    """`a/b~1f0c2d4e.txt.md` for `a/b.txt`."""
    folder, slash, name = path.rpartition("/")
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(suffix) > 16:
        stem = name
        dot = ""
        suffix = ""
    tail = f"~{_short_hash(path)}{dot}{suffix}.md"
    shortened = stem.encode("utf-8", "surrogateescape")[
        : LONGEST_NAME_BYTES - len(tail.encode())
    ].decode("utf-8", "ignore")
    return f"{folder}{slash}{shortened}{tail}"


def _short_hash(text: str) -> str:
    return sha256_of(text.encode("utf-8", "surrogateescape"))[:8]
