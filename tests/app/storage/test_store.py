"""The folder of what is kept: entries, budget, damage, forgetting."""

import os
from pathlib import Path

import pytest

from docqa.app.errors import StoreDamagedError
from docqa.app.storage.store import Store, default_root


def put(store: Store, key: str, size: int = 100, used: float | None = None, **details) -> Path:
    known = {
        "documents": [key],
        "files": [f"{key}.txt"],
        "paths": [f"/papers/{key}.txt"],
        **details,
    }
    folder = store.put("documents", key, known, {"document.json": b"x" * size})
    if used is not None:
        os.utime(folder / "entry.json", (used, used))
    return folder


def test_the_environment_names_the_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("DOCQA_CACHE_DIR", str(tmp_path / "mine"))
    assert default_root() == tmp_path / "mine"


def test_what_was_put_can_be_opened_and_is_private(store):
    folder = put(store, "a")
    opened, entry = store.open("documents", "a")
    assert opened == folder
    assert entry["documents"] == ["a"]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "document.json").stat().st_mode & 0o777 == 0o600


def test_a_failed_write_leaves_nothing_behind(store, monkeypatch):
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        put(store, "a")
    assert list((store.root / "documents").iterdir()) == []


@pytest.mark.parametrize("harm", ["flip", "shorten", "remove"])
def test_a_changed_file_is_damage_that_names_it(store, harm):
    path = put(store, "a") / "document.json"
    if harm == "flip":
        path.write_bytes(b"y" + path.read_bytes()[1:])
    elif harm == "shorten":
        path.write_bytes(path.read_bytes()[1:])
    else:
        path.unlink()
    with pytest.raises(StoreDamagedError, match=r"document\.json"):
        store.open("documents", "a")
    assert [entry.key for entry, _ in store.verify()] == ["a"]


def test_a_changed_entry_is_damage(store):
    path = put(store, "a") / "entry.json"
    path.write_text(path.read_text().replace("a.txt", "b.txt"))
    with pytest.raises(StoreDamagedError, match=r"entry\.json"):
        store.open("documents", "a")


def test_an_entry_under_another_name_is_foreign(store):
    put(store, "a").rename(store.root / "documents" / "b")
    with pytest.raises(StoreDamagedError, match="another document"):
        store.open("documents", "b")


def test_the_longest_unused_goes_first_until_the_rest_fits(store):
    for used, key in enumerate("abc", 1000):
        put(store, key, size=1000, used=used)
    size = store.entries()[0].bytes
    gone = store.prune(2 * size)
    assert [entry.key for entry in gone] == ["a"]
    assert [entry.key for entry in store.entries()] == ["c", "b"]


def test_opening_an_entry_makes_it_the_most_recently_used(store):
    for used, key in enumerate("ab", 1000):
        put(store, key, used=used)
    store.open("documents", "a")
    assert [entry.key for entry in store.entries()] == ["a", "b"]


def test_entries_of_one_kind_alone_can_be_listed(store):
    put(store, "a")
    store.write_state_entry("b", {"documents": []})
    assert [entry.key for entry in store.entries("states")] == ["b"]
    assert {entry.key for entry in store.entries("documents", "states")} == {"a", "b"}


def test_a_state_in_use_is_never_evicted(store):
    for key in ("mine", "other"):
        store.write_state_entry(key, {"documents": []})
    store.pin("mine")
    assert [entry.key for entry in store.prune(0)] == ["other"]
    store.unpin()
    assert [entry.key for entry in store.prune(0)] == ["mine"]


def test_the_mark_of_a_process_that_ended_does_not_count(store):
    store.write_state_entry("a", {"documents": []})
    store.pin("a")
    (pin,) = (store.root / "states" / "a").glob(".in_use.*")
    pin.rename(pin.with_name(pin.name.rpartition(".")[0] + ".999999999"))
    assert len(store.prune(0)) == 1


def test_damaged_entries_stay_until_pruned_by_hand(store):
    put(store, "a")
    (store.root / "documents" / "a" / "entry.json").write_text("torn")
    assert store.prune(damaged=False) == []
    assert [entry.status for entry in store.prune()] == ["damaged"]
    assert store.entries() == []


def test_forget_deletes_every_entry_of_a_document(store):
    put(store, "a")
    put(store, "b")
    store.write_state_entry("s", {"documents": ["b", "a"]})
    deleted, freed = store.forget({"a"}, "/papers/a.txt")
    assert deleted == 2
    assert freed > 0
    assert [entry.key for entry in store.entries()] == ["b"]


def test_forget_finds_a_file_that_is_gone_by_its_path(store, tmp_path):
    gone = tmp_path / "gone.txt"
    put(store, "a", paths=[str(gone)])
    assert store.forget(set(), str(gone))[0] == 1


def test_forget_finds_everything_below_a_folder_that_is_gone(store):
    put(store, "a", paths=["/papers/old/a.zip/one.txt"])
    put(store, "b", paths=["/papers/older/b.txt"])
    store.write_state_entry(
        "s", {"documents": ["a", "x"], "paths": ["/papers/old/a.zip/one.txt", "/x.txt"]}
    )
    assert store.forget((), "/papers/old")[0] == 2
    assert [entry.key for entry in store.entries()] == ["b"]


def test_forget_deletes_what_is_too_damaged_to_say_whose_it_is(store):
    (put(store, "a") / "entry.json").write_text("{")
    (store.root / "documents" / ".new-half").mkdir()
    assert store.forget(["b"], "/papers/b.txt")[0] == 2
    assert list((store.root / "documents").iterdir()) == []


def test_no_file_names_a_forgotten_document(store):
    put(store, "0123abcd")
    store.forget(["0123abcd"], "/papers/a.txt")
    for path in store.root.rglob("*"):
        assert "0123abcd" not in path.name
        assert not path.is_file() or b"0123abcd" not in path.read_bytes()


def test_a_document_is_forgotten_until_it_is_opened_again(store):
    store.meet(["a"])
    assert not store.forgotten(["a", "b"])
    Store(store.root).forget(["a"], "/papers/a.txt")
    assert store.forgotten(["a", "b"])
    assert not store.forgotten(["b"])
    store.meet(["a"])
    assert not store.forgotten(["a"])


def test_a_state_that_another_process_reads_is_not_pruned(store):
    store.write_state_entry("a", {"documents": ["d"]})
    with store.lock("a"):
        assert store.prune(0) == []
    assert [entry.key for entry in store.prune(0)] == ["a"]


def test_forget_says_that_it_waits_for_a_reader(store):
    store.write_state_entry("a", {"documents": ["d"], "files": ["d.txt"], "paths": ["/d.txt"]})
    reading = store.lock("a")
    reading.acquire()
    said = []

    def on_wait(entry) -> None:
        said.append(entry.files)
        reading.release()

    assert store.forget(["d"], "/d.txt", on_wait)[0] == 1
    assert said == [["d.txt"]]


def test_a_folder_that_vanishes_while_it_is_swept_does_not_matter(store, monkeypatch):
    put(store, "a")
    vanishing = store.root / "documents" / ".new-vanishing"
    vanishing.mkdir()
    listing = Path.iterdir

    def gone_after_listing(self: Path) -> list[Path]:
        found = list(listing(self))
        if vanishing in found:
            vanishing.rmdir()
        return found

    monkeypatch.setattr(Path, "iterdir", gone_after_listing)
    assert store.prune() == []
    assert not vanishing.exists()


def test_adopted_states_share_their_files_but_not_their_changes(store):
    store.write_state_entry("a", {"documents": []})
    source = store.root / "states" / "a" / "model"
    source.mkdir()
    (source / "header.json").write_text("one")
    copy = store.adopt("a", "b", {"documents": []}) / "model" / "header.json"
    copy.unlink()
    copy.write_text("two")
    assert (source / "header.json").read_text() == "one"


def put_killed(store: Store, key: str, at: str = "rename") -> None:
    """A process that is killed before it gives an entry its name."""
    pid = os.fork()
    if not pid:
        setattr(os, at, lambda *_: os._exit(9))
        put(store, key)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9


def stored_words(store: Store) -> list[Path]:
    return [
        path for path in store.root.rglob("*") if path.is_file() and b"xxx" in path.read_bytes()
    ]


def test_what_a_killed_process_left_is_listed_and_pruned(store):
    put_killed(store, "a")
    assert [(entry.key, entry.status, entry.files) for entry in store.entries()] == [
        ("a", "damaged", ["a.txt"])
    ]
    assert [entry.key for entry in store.prune(10**9)] == ["a"]
    assert stored_words(store) == []


@pytest.mark.parametrize("at", ["rename", "chmod"])
def test_what_a_killed_process_left_is_forgotten(store, at):
    put_killed(store, "a", at)
    assert stored_words(store)
    store.forget(["a"], "/papers/a.txt")
    assert stored_words(store) == []


def test_a_folder_that_is_being_written_is_not_pruned(store, monkeypatch):
    rename = os.rename
    seen = []

    def pruned_meanwhile(old: Path, new: Path) -> None:
        seen.append((store.entries(), store.prune(0)))
        rename(old, new)

    monkeypatch.setattr(os, "rename", pruned_meanwhile)
    put(store, "a")
    assert seen == [([], [])]
    assert [entry.key for entry in store.entries()] == ["a"]


@pytest.mark.parametrize("moment", ["fsync", "rename"])
def test_forgetting_while_it_is_written_leaves_nothing(store, monkeypatch, moment):
    original = getattr(os, moment)
    left = [None]

    def forgotten_meanwhile(*arguments) -> None:
        if left:
            left.pop()
            Store(store.root).forget(["a"], "/papers/a.txt")
        original(*arguments)

    store.meet(["a"])
    monkeypatch.setattr(os, moment, forgotten_meanwhile)
    put(store, "a")
    assert stored_words(store) == []
    assert store.entries() == []


def test_a_folder_that_was_there_keeps_its_rights(tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir(mode=0o755)
    mine.chmod(0o755)
    folder = put(Store(mine), "a")
    assert mine.stat().st_mode & 0o777 == 0o755
    assert folder.parent.stat().st_mode & 0o777 == 0o700
