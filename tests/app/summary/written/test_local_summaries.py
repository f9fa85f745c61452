"""A checkpoint writes summaries here: from its state of the whole document, or from the sentences
of its parts.
"""

import json
import shutil
from pathlib import Path

import pytest

from docqa.app.answer.grades import Support
from docqa.app.answerers.writing import generation
from docqa.app.options import Options
from docqa.app.session.engine import open_session
from docqa.app.summary.record import SummaryRecord
from docqa.app.summary.written.composing import Writer
from docqa.app.summary.written.process import write_summary
from docqa.model.load import load_model

TEMPLATE = """{%- for message in messages %}{{- message.role + ': ' + message.content + '\n' }}{%- endfor %}
{%- if add_generation_prompt %}{{- 'assistant: ' }}{%- endif %}"""


@pytest.fixture(scope="module")
def writer(checkpoint: Path, tmp_path_factory) -> Path:
    """The tiny checkpoint with a template; it writes whatever its random weights say."""
    folder = tmp_path_factory.mktemp("writers") / "writer"
    shutil.copytree(checkpoint, folder)
    (folder / "chat_template.jinja").write_text(TEMPLATE)
    return folder


@pytest.fixture(autouse=True)
def few_tokens(monkeypatch) -> None:
    monkeypatch.setattr(generation, "MOST_WRITTEN", 24)
    monkeypatch.setenv("DOCQA_DTYPE", "float32")
    monkeypatch.setenv("DOCQA_THREADS", "1")


def test_what_random_weights_write_is_marked_and_the_same_twice(docqa, note, writer, tmp_path):
    said = {}
    for source in ("whole", "passages"):
        for out in (f"{source}-1", f"{source}-2"):
            code, _, err = docqa(
                "summarize", note, "--model", writer, "--from", source, "--output", tmp_path / out
            )
            assert code == 0, err
            said[out] = (tmp_path / out / "summaries.jsonl").read_bytes()
    assert said["whole-1"] == said["whole-2"] and said["passages-1"] == said["passages-2"]
    for line in said.values():
        record = json.loads(line)
        assert (record["method"], record["model"]) == ("written", "writer")
        for sentence in record["sentences"]:
            assert sentence["support"] in list(Support) and sentence["grade"] is None


def test_the_state_of_the_whole_document_is_what_is_written_from(note, lease, writer, tmp_path):
    model = load_model(writer, dtype="float32", threads=1)

    def summary(other: Path | None = None) -> SummaryRecord:
        options = Options(cache_dir=str(tmp_path / "kept"), preview=False, source="whole")
        with open_session([str(note)], options, model=model) as session:
            made = Writer(session.writing)
            assert made is not None and made.whole
            if other is not None:
                with open_session([str(other)], options, model=model) as third:
                    list(third.read())
                    prefiller = session.answerer.reading.prefiller
                    prefiller.state = third.answerer.reading.prefiller.state
                    prefiller.finished = True
            writing = write_summary(session.documents[0], made, "brief", focus="")
            while True:
                try:
                    next(writing)
                except StopIteration as end:
                    return end.value

    assert summary().sentences == summary().sentences != summary(lease).sentences
