"""Pins of states in use, on this machine and on others that share the folder."""

import os
import time
from pathlib import Path

import pytest

from docqa.app.errors import ResourceError
from docqa.app.storage import pins
from docqa.app.storage.store import Store


@pytest.fixture
def store(tmp_path) -> Store:
    """A store with one state."""
    store = Store(tmp_path / "cache")
    store.write_state_entry("a", {"documents": ["d"], "files": ["d.txt"], "paths": ["/d.txt"]})
    return store


@pytest.fixture(params=["other-host.0123456789abcdef.7", "7"])
def foreign(store: Store, request) -> Path:
    """A pin that another machine has set; or an earlier version, which did not say where."""
    pin = store.root / "states" / "a" / f".in_use.{request.param}"
    pin.touch()
    return pin


def test_a_fresh_pin_of_another_machine_keeps_the_state(store, foreign):
    assert store.prune(0) == []
    assert foreign.exists()


def test_an_old_pin_of_another_machine_no_longer_counts(store, foreign):
    old = time.time() - pins.PIN_AGE_S - 1
    os.utime(foreign, (old, old))
    assert [entry.key for entry in store.prune(0)] == ["a"]


def test_forget_leaves_a_state_that_another_machine_uses_and_says_so(store, foreign):
    store.write_state_entry("b", {"documents": ["d"], "files": ["d.txt"], "paths": ["/d.txt"]})
    with pytest.raises(ResourceError, match="uses this state"):
        store.forget(["d"], "/d.txt")
    assert [entry.key for entry in store.entries()] == ["a"]


def test_another_container_of_this_machine_is_another_system(store, monkeypatch):
    store.pin("a")
    pins._host_and_system.cache_clear()
    readlink = os.readlink
    monkeypatch.setattr(
        os,
        "readlink",
        lambda path: "pid:[7]" if str(path) == "/proc/self/ns/pid" else readlink(path),
    )
    try:
        assert [host != "" for host in pins.users(store.root / "states" / "a")] == [True]
    finally:
        pins._host_and_system.cache_clear()
