"""`docqa mcp` where it cannot begin."""

import sys

import pytest


def test_without_the_sdk_the_extra_is_named(refused, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "mcp.server.mcpserver", None)
    monkeypatch.delitem(sys.modules, "docqa.app.mcp.server", raising=False)
    assert "docqa-reader[mcp]" in refused(4, "mcp", tmp_path)


def test_a_path_that_is_not_there_is_status_3(refused, tmp_path):
    pytest.importorskip("mcp")
    assert "no such file or folder" in refused(3, "mcp", tmp_path / "none")
