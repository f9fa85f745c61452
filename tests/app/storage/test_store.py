"""The folder of what is kept: entries, budget, damage, forgetting."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from docqa.app.errors import StoreDamaged
from docqa.app.storage.store import Store, default_root


def put(store: Store, key: str, size: int = 100, used: float | None = None, **details: Any) -> Path:
    def write(folder: Path) -> None:
        (folder / "document.json").write_bytes(b"x" * size)

    folder = store.put("documents", key, {"documents": [key], "files": [f"{key}.txt"], **details}, write)
    if used is not None:
        os.utime(folder / "entry.json", (used, used))
    return folder


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "cache")


def test_the_environment_names_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCQA_CACHE_DIR", str(tmp_path / "mine"))
    assert default_root() == tmp_path / "mine"


def test_what_was_put_can_be_opened_and_is_private(store: Store) -> None:
    folder = put(store, "a")
    opened, entry = store.open("documents", "a")
    assert opened == folder
    assert entry["documents"] == ["a"]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "document.json").stat().st_mode & 0o777 == 0o600


def test_a_failed_write_leaves_nothing_behind(store: Store) -> None:
    def full(_: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        store.put("documents", "a", {}, full)
    assert list((store.root / "documents").iterdir()) == []


@pytest.mark.parametrize("harm", ["flip", "shorten", "remove"])
def test_a_changed_file_is_damage_that_names_it(store: Store, harm: str) -> None:
    path = put(store, "a") / "document.json"
    if harm == "flip":
        path.write_bytes(b"y" + path.read_bytes()[1:])
    elif harm == "shorten":
        path.write_bytes(path.read_bytes()[1:])
    else:
        path.unlink()
    with pytest.raises(StoreDamaged, match=r"document\.json"):
        store.open("documents", "a")
    assert [entry.key for entry, _ in store.verify()] == ["a"]


def test_a_changed_entry_is_damage(store: Store) -> None:
    path = put(store, "a") / "entry.json"
    path.write_text(path.read_text().replace("a.txt", "b.txt"))
    with pytest.raises(StoreDamaged, match=r"entry\.json"):
        store.open("documents", "a")


def test_an_entry_under_another_name_is_foreign(store: Store) -> None:
    put(store, "a").rename(store.root / "documents" / "b")
    with pytest.raises(StoreDamaged, match="another document"):
        store.open("documents", "b")


def test_the_longest_unused_goes_first_until_the_rest_fits(store: Store) -> None:
    for used, key in enumerate("abc", 1000):
        put(store, key, size=1000, used=used)
    size = store.entries()[0].bytes
    gone = store.prune(2 * size)
    assert [entry.key for entry in gone] == ["a"]
    assert [entry.key for entry in store.entries()] == ["c", "b"]


def test_opening_an_entry_makes_it_the_most_recently_used(store: Store) -> None:
    for used, key in enumerate("ab", 1000):
        put(store, key, used=used)
    store.open("documents", "a")
    assert [entry.key for entry in store.entries()] == ["a", "b"]


def test_a_state_in_use_is_never_evicted(store: Store) -> None:
    for key in ("mine", "other"):
        store.write_entry("states", key, {"documents": []})
    store.pin("mine")
    assert [entry.key for entry in store.prune(0)] == ["other"]
    store.unpin()
    assert [entry.key for entry in store.prune(0)] == ["mine"]


def test_the_mark_of_a_process_that_ended_does_not_count(store: Store) -> None:
    store.write_entry("states", "a", {"documents": []})
    (store.root / "states" / "a" / ".in_use.999999999").touch()
    assert len(store.prune(0)) == 1


def test_damaged_entries_stay_for_a_look_until_pruned_by_hand(store: Store) -> None:
    put(store, "a")
    aside = store.set_aside("documents", "a")
    assert store.prune(damaged=False) == []
    assert aside.is_dir()
    assert [entry.status for entry in store.prune()] == ["damaged"]
    assert not aside.exists()


def test_forget_deletes_every_entry_of_a_document(store: Store) -> None:
    put(store, "a")
    put(store, "b")
    store.write_entry("states", "s", {"documents": ["b", "a"]})
    deleted, freed = store.forget("a")
    assert deleted == 2
    assert freed > 0
    assert [entry.key for entry in store.entries()] == ["b"]


def test_forget_finds_a_file_that_is_gone_by_its_path(store: Store, tmp_path: Path) -> None:
    gone = tmp_path / "gone.txt"
    put(store, "a", paths=[str(gone)])
    assert store.forget(None, str(gone))[0] == 1


def test_adopted_states_share_their_files_but_not_their_changes(store: Store) -> None:
    store.write_entry("states", "a", {"documents": []})
    source = store.root / "states" / "a" / "model"
    source.mkdir()
    (source / "header.json").write_text("one")
    copy = store.adopt("a", "b") / "model" / "header.json"
    copy.unlink()
    copy.write_text("two")
    assert (source / "header.json").read_text() == "one"
