"""An installed package brings a format, a family of models and a reader, by its entry points."""

import json
import shutil
import subprocess
import sys

import pytest

from docqa.ingest.errors import NotADocument
from docqa.ingest.formats import plugged_formats, titles
from docqa.ingest.read import find_documents, read
from docqa.ingest.request import ReadRequest
from docqa.model.family import family_of

PROJECT = """[project]
name = "toy"
version = "1.2"
[project.entry-points]
"docqa.formats" = { toy = "toy:FORMAT" }
"docqa.families" = { toy = "toy:FAMILY" }
"docqa.readers" = { last = "toy:LastWord" }
[tool.setuptools]
py-modules = ["toy"]
"""
MODULE = """from dataclasses import replace
import numpy as np
from docqa.ingest.formats import Format
from docqa.ingest.plain.text import read_text
from docqa.model.families.qwen3_next import FAMILY as NEXT

FORMAT = Format("toy", "toy files", (".toy",), ("application/toy",), "toy:read_toy", starts=b"TOY1")
FAMILY = replace(NEXT, model_type="toy")

def read_toy(request):
    return read_text(request.of(request.name, request.content[4:]))

class LastWord:
    def scores(self, question, texts, places):
        return [np.zeros((2, len(at)), np.float32) for at in places]
"""


@pytest.fixture
def toy(tmp_path, monkeypatch):
    source = tmp_path / "toy"
    site = tmp_path / "site"
    source.mkdir()
    (source / "pyproject.toml").write_text(PROJECT)
    (source / "toy.py").write_text(MODULE)
    flags = ["--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--target"]
    subprocess.run([sys.executable, "-m", "pip", "install", *flags, site, source], check=True)
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("PYTHONPATH", str(site))
    plugged_formats.cache_clear(), family_of.cache_clear()
    yield
    plugged_formats.cache_clear(), family_of.cache_clear()


def test_a_new_format_is_found_by_its_first_bytes_and_named(toy, tmp_path):
    for name in ("a.toy", "a", "a.bin"):
        assert (
            "The ferry leaves at noon."
            in read(ReadRequest(name, b"TOY1The ferry leaves at noon.")).pages[0].text
        )
    with pytest.raises(NotADocument, match="not toy files"):
        read(ReadRequest("a.toy", b"The ferry leaves at noon."))
    (tmp_path / "files").mkdir()
    for name in ("a.toy", "b.dat"):
        (tmp_path / "files" / name).write_bytes(b"TOY1x")
    assert [name.endswith("a.toy") for name, _ in find_documents(tmp_path / "files")] == [True]
    assert titles().endswith("USLM XML and toy files")


def test_a_plugin_reads_its_files_runs_its_family_and_finds_spans(
    docqa, refused, toy, checkpoint, tiny_reader, tmp_path
):
    model = tmp_path / "model"
    shutil.copytree(checkpoint, model)
    tiny_reader.random_passage_encoder(model)
    tiny_reader.write_reader(model)
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps({**config, "model_type": "toy"}))
    lease = tmp_path / "lease.toy"
    lease.write_bytes(b"TOY1The tenant shall pay 119 dollars to the keeper named Alder7.")
    given = ("ask", lease, "What does the tenant pay?", "--model", model, "--json", "--reader")
    code, out, err = docqa(*given, "plugin:last")
    assert code in (0, 5), err
    assert json.loads(out)["provenance"]["options"]["reader"] == "plugin:last@1.2"
    err = refused(4, *given, "plugin:first")
    assert "no installed package brings this reader" in err and "last" in err
