"""`docqa mcp` where it cannot begin."""

import sys

import pytest


def test_without_the_sdk_the_extra_is_named(docqa, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "mcp.server.mcpserver", None)
    monkeypatch.delitem(sys.modules, "docqa.app.mcp.server", raising=False)
    code, _, err = docqa("mcp", tmp_path)
    assert code == 4 and "docqa-reader[mcp]" in err


def test_a_path_that_is_not_there_is_status_3(docqa, tmp_path):
    pytest.importorskip("mcp")
    code, out, err = docqa("mcp", tmp_path / "none")
    assert (code, out) == (3, "") and "no such file or folder" in err
