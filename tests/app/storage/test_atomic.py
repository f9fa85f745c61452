"""Files of results: whole or not at all."""

import os
from pathlib import Path

import pytest

from docqa.app.errors import UsageError
from docqa.app.storage.atomic import check_output, write_whole


def test_the_old_file_stays_when_the_disk_refuses(tmp_path, monkeypatch):
    target = tmp_path / "table.csv"
    target.write_text("old")

    def refuse(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        write_whole(str(target), b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]
    assert target.read_text() == "old"


def test_a_new_file_gets_usual_rights_an_old_one_keeps_its_own(tmp_path):
    plain = tmp_path / "plain"
    plain.write_bytes(b"")
    write_whole(str(tmp_path / "new"), b"x")
    assert (tmp_path / "new").stat().st_mode == plain.stat().st_mode
    plain.chmod(0o600)
    write_whole(str(plain), b"y")
    assert plain.stat().st_mode & 0o777 == 0o600


def test_a_private_file_is_its_owners_alone(tmp_path):
    write_whole(tmp_path / "new", b"x", private=True)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o600


def test_a_device_is_written_and_not_replaced():
    check_output(os.devnull)
    write_whole(os.devnull, b"x")
    assert not Path(os.devnull).is_file()


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_whole(str(tmp_path / "link"), b"x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"x"


def test_a_path_that_cannot_be_written_is_refused_before_the_work(tmp_path):
    with pytest.raises(UsageError, match="is a folder"):
        check_output(str(tmp_path))
    with pytest.raises(UsageError, match="does not exist"):
        check_output(str(tmp_path / "none" / "table.csv"))
