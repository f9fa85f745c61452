"""The small folder of questions, with a little prose beside it."""

import json
import lzma

import pytest


@pytest.fixture
def data(read_options):
    folder = read_options.data[0] / "text"
    folder.mkdir()
    text = "The ship lay at the old quay. The crew was paid on Friday, and the cook went home in the rain. " * 60
    with lzma.open(folder / "tales.jsonl.xz", "wt", encoding="utf-8") as file:
        file.write(json.dumps({"text": text}) + "\n")
    return read_options.data[0]
