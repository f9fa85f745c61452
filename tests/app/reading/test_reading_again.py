"""Answers by the reader: the excerpts that the span head points into are read again, with the question in mind."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from docqa.app.options import Options
from docqa.app.reading import spans
from docqa.app.reading.candidates import Form
from docqa.app.session.engine import open_session

QUESTION = "What does the tenant of unit 7 pay to the keeper?"


@pytest.fixture(scope="module")
def reading_model(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path, tiny_reader: ModuleType) -> Any:
    """The tiny checkpoint with a span head and a reader of random weights beside it."""
    import torch
    from safetensors.torch import save_file

    from docqa.model.heads.reader_text import SPAN_FILE
    from docqa.model.heads.span import SpanHead
    from docqa.model.load import load_model

    folder = tmp_path_factory.mktemp("reader") / "model"
    shutil.copytree(checkpoint, folder)
    torch.manual_seed(3)
    config = load_model(folder, dtype="float32", threads=1).config
    save_file(SpanHead(config.hidden_size, row=16, width=32).state_dict(), folder / SPAN_FILE)
    tiny_reader.write_reader(folder)
    return load_model(folder, dtype="float32", threads=1)


@pytest.fixture
def session(lease: Path, reading_model: Any) -> Any:
    with open_session([str(lease)], Options(store=False, preview=False), model=reading_model) as opened:
        for _ in opened.read():
            pass
        yield opened


def test_every_candidate_is_trimmed_words_of_its_passage(session: Any) -> None:
    ranked = session.local.rank_by_signals(QUESTION)
    _, reading = session.local.find(QUESTION, ranked)
    assert reading.candidates
    for candidate in reading.candidates:
        placed = session.context.passages[ranked[candidate.excerpt].index]
        assert placed.passage.page == candidate.page
        assert placed.passage.start <= candidate.start < candidate.end <= placed.passage.end
        text = session.documents[0].pages[candidate.page - 1].text[candidate.start : candidate.end]
        assert text == text.strip()


def test_passages_read_again_move_and_the_rest_keeps_its_order(session: Any) -> None:
    ranked = session.local.rank_by_signals(QUESTION)
    ordered, reading = session.local.find(QUESTION, ranked)
    again = {item.index for item in ordered if item.again is not None}
    assert again == {ranked[c.excerpt].index for c in reading.candidates}
    assert {item.index for item in ordered} == {item.index for item in ranked}
    rest = [item.index for item in ordered if item.reader is None and item.again is None]
    assert rest == [item.index for item in ranked if item.index in set(rest)]


def test_without_the_models_scores_the_order_of_the_words_stays(lease: Path, reading_model: Any) -> None:
    options = Options(store=False, preview=False, model_scores=False)
    with open_session([str(lease)], options, model=reading_model) as opened:
        for _ in opened.read():
            pass
        ranked = opened.local.rank_by_signals(QUESTION)
        ordered, reading = opened.local.find(QUESTION, ranked)
    assert [item.index for item in ordered] == [item.index for item in ranked]
    assert reading.candidates


def test_the_answer_depends_on_the_reader(session: Any, reading_model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ranked = session.local.rank_by_signals(QUESTION)
    _, again = session.local.find(QUESTION, ranked)
    monkeypatch.setitem(reading_model.__dict__, "reader", None)
    _, once = session.local.find(QUESTION, ranked)
    assert again.refusal_logprob != pytest.approx(once.refusal_logprob)
    places = [[(c.page, c.start, c.end) for c in reading.candidates] for reading in (again, once)]
    assert places[0] != places[1]
    assert again.signals and not once.signals


TWO_PARTS = (
    "What does the tenant of unit 7 pay to the keeper, and within how many days is the deposit of unit 3 returned?"
)


def test_both_parts_of_a_question_share_the_excerpts_of_one(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []
    known = spans.read_again

    def read_again(reader: Any, question: str, texts: Any, above: Any, excerpts: Any, **rest: Any) -> Any:
        asked.append((question, len(excerpts)))
        return known(reader, question, texts, above, excerpts, **rest)

    monkeypatch.setattr(spans, "read_again", read_again)
    ranked, found = session.local.find(TWO_PARTS)
    assert [text for text, _ in asked] == [
        "What does the tenant of unit 7 pay to the keeper?", "Within how many days is the deposit of unit 3 returned?",
    ]  # fmt: skip
    assert 0 < sum(count for _, count in asked) <= spans.DEFAULT_SPAN_READER["excerpts"]
    assert found.form is Form.TWO_PARTS and len(found.items) >= 2
    assert sorted(item.index for item in ranked) == list(range(len(session.context.passages)))
    assert session.local.find(TWO_PARTS)[1] is found and len(asked) == 2  # nothing is read anew


def test_both_parts_of_a_question_are_found_before_the_documents_are_read(lease: Path, reading_model: Any) -> None:
    with open_session([str(lease)], Options(store=False, quick=True), model=reading_model) as opened:
        _, found = opened.local.find(TWO_PARTS)
    assert found.form is Form.TWO_PARTS and len(found.items) >= 2
