"""Answers by the span head: from rows kept while reading, led back to exact characters, the same after a restart."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from docqa.app.answer.events import Finished
from docqa.app.evidence.terms import terms
from docqa.app.options import Options
from docqa.app.reading.spans import UNLIKELY
from docqa.app.session.engine import open_session

QUESTION = "What does the tenant of unit 7 pay to the keeper?"


@pytest.fixture(scope="module")
def span_checkpoint(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    """The tiny checkpoint with a span head of random weights beside it."""
    import shutil

    import torch
    from safetensors.torch import save_file

    from docqa.model.heads.reader_text import SPAN_FILE
    from docqa.model.heads.span import SpanHead

    folder = tmp_path_factory.mktemp("span") / "model"
    shutil.copytree(checkpoint, folder)
    torch.manual_seed(3)
    save_file(SpanHead(32, row=16, width=32).state_dict(), folder / SPAN_FILE)
    return folder


@pytest.fixture(scope="module")
def span_model(span_checkpoint: Path) -> Any:
    from docqa.model.load import load_model

    return load_model(span_checkpoint, dtype="float32", threads=1)


@pytest.fixture
def session(lease: Path, span_model: Any) -> Any:
    with open_session([str(lease)], Options(store=False, preview=False), model=span_model) as opened:
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
        assert text == text.strip(" ,.;:\n")
        assert 3 * UNLIKELY <= candidate.logprob <= 0
    scores = [candidate.score for candidate in reading.candidates]
    assert scores == sorted(scores, reverse=True)


def test_the_head_moves_passages_unless_its_scores_are_off(
    session: Any, lease: Path, span_model: Any, monkeypatch: Any
) -> None:
    monkeypatch.setitem(
        span_model.calibration, "span_reader", {"rank_weight": 50.0}
    )  # random scores lie close together
    ranked = session.local.rank_by_signals(QUESTION)
    moved, _ = session.local.find(QUESTION, ranked)
    with open_session([str(lease)], replace(session.options, model_scores=False), model=span_model) as opened:
        for _ in opened.read():
            pass
        kept, _ = opened.local.find(QUESTION, ranked)
    assert [item.index for item in kept] == [item.index for item in ranked]
    assert sorted(item.index for item in moved) == sorted(item.index for item in ranked)
    assert [item.index for item in moved] != [item.index for item in ranked]
    assert [item.score for item in moved] == sorted((item.score for item in moved), reverse=True)


def test_quick_answers_without_reading_the_documents(lease: Path, span_model: Any, monkeypatch: Any) -> None:
    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("the documents were read")

    monkeypatch.setattr(type(span_model), "prefill", never)
    with open_session([str(lease)], Options(store=False, quick=True), model=span_model) as opened:
        answer = list(opened.ask(QUESTION))[-1]
        assert isinstance(answer, Finished)
        assert answer.answer.status == "partial" and answer.answer.coverage.tokens_read == 0
        wanted = set(terms("tenant unit 7 pay keeper"))
        assert wanted & set(terms(answer.answer.evidence[0].text))


def test_a_restart_gives_the_same_answer_bit_for_bit(
    lease: Path, span_checkpoint: Path, tmp_path: Path, ask_in_process: Any
) -> None:
    spec = {"model": str(span_checkpoint)}
    _, cold = ask_in_process([lease], [QUESTION], tmp_path / "kept", **spec)
    _, kept = ask_in_process([lease], [QUESTION], tmp_path / "kept", **spec)
    code, elsewhere = ask_in_process([lease], [QUESTION], tmp_path / "other", **spec)
    assert code == 0
    assert kept["answers"][0].pop("usage")["cached"]
    cold["answers"][0].pop("usage"), elsewhere["answers"][0].pop("usage")
    assert json.dumps(cold) == json.dumps(kept) == json.dumps(elsewhere)


def test_only_the_layers_that_answers_depend_on_are_read(lease: Path, span_model: Any, monkeypatch: Any) -> None:
    monkeypatch.setitem(span_model.calibration, "evidence_layer", 0)
    monkeypatch.setitem(span_model.calibration, "evidence_weights", {"bm25": 1.0, "vector": 0.2})
    answers, depths = [], []
    for layers in (None, 3):
        if layers:
            monkeypatch.setattr(type(span_model), "answer_layers", layers)
        with open_session([str(lease)], Options(store=False, preview=False), model=span_model) as opened:
            finished = list(opened.ask(QUESTION))[-1]
            depths.append(len(opened.local.prefiller.state.layers))
            answers.append(replace(finished.answer, usage=None, provenance={}))
    assert depths == [1, 3]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("quick", [False, True])
def test_without_the_models_scores_words_alone_rank(lease: Path, span_model: Any, quick: bool) -> None:
    from docqa.app.evidence.ranking import rank

    options = Options(store=False, preview=False, quick=quick, model_scores=False)
    with open_session([str(lease)], options, model=span_model) as opened:
        list(opened.ask(QUESTION))
        by_words = rank(QUESTION, opened.index)
        ranked, _ = opened.local.find(QUESTION)
    assert [item.index for item in ranked] == [item.index for item in by_words[: len(ranked)]]
    assert any(item.reader is not None for item in ranked)


@pytest.mark.parametrize("k", [None, 2])
def test_a_number_of_passages_changes_what_is_read_and_listed(lease: Path, span_model: Any, k: int | None) -> None:
    with open_session([str(lease)], Options(store=False, preview=False, k=k), model=span_model) as opened:
        *_, finished = opened.ask(QUESTION)
        ranked, candidates = opened.local.find(QUESTION)
    assert sum(item.reader is not None for item in ranked) == (min(24, len(ranked)) if k is None else k)
    assert candidates is not None
    assert len(finished.answer.evidence) == (5 if k is None else k)
    assert finished.answer.provenance["options"]["k"] == k
