"""`docqa models rm`: checkpoints that were pulled, deleted; nothing else ever is."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from docqa.app.errors import ResourceError, UsageError

from .known import known_id
from .library import BUNDLED_NAMES, pulled_models


@dataclass(frozen=True)
class Removed:
    """The `commits` that were kept of the model `id`, whole or not, and the bytes of all."""

    id: str
    commits: tuple[str, ...]
    bytes: int


def remove(name: str, root: Path) -> Removed | None:
    """Delete a pulled model (`ORG/NAME`: all commits and cut downloads; `ORG/NAME@COMMIT`: one);
    None where nothing of it is under `root`. Raises UsageError: the bundled model, or the user's
    own; ResourceError: it is being downloaded."""
    from filelock import FileLock, Timeout

    if name in BUNDLED_NAMES:
        raise UsageError(
            "is part of docqa and stays",
            where=name,
            hint="`docqa models list` shows what was pulled",
        )
    if Path(name).expanduser().exists():
        raise UsageError(
            "was not pulled: it is yours to delete",
            where=name,
            hint="docqa removes only what it fetched",
        )
    wanted, _, commit = name.partition("@")
    model_id = known_id(wanted) or wanted
    called = model_id.replace("/", "--").casefold()  # in whatever case it was asked for
    folders = root.iterdir() if "/" in model_id and root.is_dir() else ()
    parent = next(
        (folder for folder in folders if folder.name.casefold() == called and folder.is_dir()), None
    )
    if not parent:
        return None
    try:
        with FileLock(str(parent / ".lock"), mode=0o600).acquire(timeout=0):
            removed = _remove_commits(parent, commit, root)
    except Timeout as error:
        raise ResourceError(
            "docqa is downloading it", where=str(parent), hint="stop that first"
        ) from error
    if removed and not _commits_of_folder(parent):
        shutil.rmtree(parent)
    return removed


def _commits_of_folder(parent: Path) -> dict[Path, str]:
    found = [folder for folder in parent.iterdir() if folder.is_dir()]
    return {folder: folder.name.lstrip(".").rpartition("-")[2] for folder in found}


def _remove_commits(parent: Path, commit: str, root: Path) -> Removed | None:
    """A folder first loses its name, so that a checkpoint that is half deleted is none."""
    named = {
        have.folder
        for have in pulled_models(root)
        if have.folder.parent == parent and have.revision == commit
    }
    here = _commits_of_folder(parent)
    gone = {
        folder: found
        for folder, found in here.items()
        if found.startswith(commit) or folder in named
    }
    count = sum(
        file.stat().st_size for folder in gone for file in folder.rglob("*") if file.is_file()
    )
    for folder, found in gone.items():
        shutil.rmtree(folder.rename(parent / f".gone-{found}"))
    return (
        Removed(parent.name.replace("--", "/"), tuple(sorted(set(gone.values()))), count)
        if gone
        else None
    )
