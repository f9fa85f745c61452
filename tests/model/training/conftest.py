"""A small folder of questions, with and without prose."""

import gzip
import json
import lzma
import random
from types import SimpleNamespace

import pytest

from docqa.model.heads.reader_text import ReaderTokenizer
from docqa.model.training.data.sets import find_sets

NAMES = [
    "Amber",
    "Birch",
    "Cedar",
    "Dahlia",
    "Elder",
    "Fennel",
    "Garnet",
    "Hazel",
    "Iris",
    "Juniper",
]


def write_questions(path, documents: int) -> None:
    """Documents of eight passages; each says when a ship sailed, and asks it."""
    source = random.Random(0)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for number in range(documents):
            for name in source.sample(NAMES, 8):
                hour = source.randrange(1, 24)
                context = f"The crew was paid on Friday. The ship {name} sailed at hour {hour} from the old quay."
                answer = {"text": f"hour {hour}", "start": context.index(f"hour {hour}")}
                qa = {
                    "id": "",
                    "question": f"When did {name} sail?",
                    "answers": [answer],
                    "unanswerable": False,
                }
                line = {
                    "dataset": "d",
                    "doc": f"doc{number}",
                    "title": "",
                    "context": context,
                    "qas": [qa],
                }
                file.write(json.dumps(line) + "\n")


@pytest.fixture(scope="module")
def tokenizer(tiny_reader, tmp_path_factory):
    path = tmp_path_factory.mktemp("pieces") / "pieces.json"
    tiny_reader.write_pieces(path)
    return ReaderTokenizer(path)


@pytest.fixture
def read_options(tmp_path, checkpoint):
    folder = tmp_path / "data" / "qa" / "train"
    folder.mkdir(parents=True)
    write_questions(folder / "squad_train_articles.jsonl.gz", 6)
    data = [tmp_path / "data"]
    return SimpleNamespace(
        student=checkpoint,
        data=data,
        sets=find_sets(data),
        out=tmp_path / "read",
        layer=1,
        tokens=100_000,
        passages=48,
        validation=False,
        seed=0,
        device="cpu",
    )


@pytest.fixture
def data(read_options):
    folder = read_options.data[0] / "text"
    folder.mkdir()
    text = (
        "The ship lay at the old quay. The crew was paid on Friday, and the cook went home in the rain. "
        * 60
    )
    with lzma.open(folder / "tales.jsonl.xz", "wt", encoding="utf-8") as file:
        file.write(json.dumps({"text": text}) + "\n")
    return read_options.data[0]
