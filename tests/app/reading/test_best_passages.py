"""Answers by the reader: led back to exact characters, from few passages, the same after a
restart.
"""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from docqa.app.answer.confidence import READER_WEIGHTS
from docqa.app.answer.events import Finished
from docqa.app.answerers.finders import AskedQuestion
from docqa.app.evidence.terms import terms
from docqa.app.options import Options
from docqa.app.reading import best_passages
from docqa.app.reading.candidates import AnswerForm
from docqa.app.session.engine import open_session
from docqa.model.heads.excerpt_reading import ExcerptReader
from docqa.model.load import load_model

QUESTION = "What does the tenant of unit 7 pay to the keeper?"


@pytest.fixture(scope="module")
def reader_folder(tmp_path_factory, checkpoint: Path, tiny_reader: ModuleType) -> Path:
    """The tiny checkpoint with a reader of random weights beside it."""
    folder = tmp_path_factory.mktemp("reader") / "model"
    shutil.copytree(checkpoint, folder)
    tiny_reader.write_reader(folder)
    return folder


@pytest.fixture(scope="module")
def reading_model(reader_folder: Path):
    return load_model(reader_folder, dtype="float32", threads=1)


@pytest.fixture
def open_lease(lease: Path, reading_model):
    """Function(**options) that opens a session about the lease and keeps nothing of it."""

    def session_of(**options):
        chosen = Options(store=False, preview=False, **options)
        return open_session([str(lease)], chosen, model=reading_model)

    return session_of


@pytest.fixture
def session(open_lease):
    with open_lease() as opened:
        for _ in opened.read():
            pass
        yield opened


def test_every_candidate_is_trimmed_words_of_its_passage(session):
    ranked = session.local.finder.ranker.rank(QUESTION)
    _, reading = session.local.finder.find_candidates(AskedQuestion(QUESTION))
    assert reading.candidates
    for candidate in reading.candidates:
        placed = session.context.passages[ranked[candidate.slot].passage_number]
        assert placed.passage.page == candidate.page
        assert placed.passage.start <= candidate.start < candidate.end <= placed.passage.end
        text = session.documents[0].pages[candidate.page - 1].text[candidate.start : candidate.end]
        assert text == text.strip(" ,.;:\n")
        assert candidate.logprob <= 0


def test_passages_read_again_move_and_the_rest_keeps_its_order(session):
    ranked = session.local.finder.ranker.rank(QUESTION)
    ordered, reading = session.local.finder.find_candidates(AskedQuestion(QUESTION))
    again = {item.passage_number for item in ordered if item.reader is not None}
    assert again == {ranked[c.slot].passage_number for c in reading.candidates}
    assert {item.passage_number for item in ordered} == {item.passage_number for item in ranked}
    rest = [item.passage_number for item in ordered if item.reader is None]
    assert rest == [item.passage_number for item in ranked if item.passage_number in set(rest)]


def test_quick_answers_without_reading_the_documents(open_lease, reading_model, monkeypatch):
    def never(*_, **__) -> None:
        raise AssertionError("the documents were read")

    monkeypatch.setattr(type(reading_model), "prefill", never)
    with open_lease(quick=True) as opened:
        answer = list(opened.ask(QUESTION))[-1]
        assert isinstance(answer, Finished)
        assert answer.answer.status == "partial" and answer.answer.coverage.tokens_read == 0
        wanted = set(terms("tenant unit 7 pay keeper"))
        assert wanted & set(terms(answer.answer.evidence[0].text))


def test_a_restart_gives_the_same_answer_bit_for_bit(
    lease, reader_folder, tmp_path, ask_in_process
):
    spec = {"model": str(reader_folder)}
    _, cold = ask_in_process([lease], [QUESTION], tmp_path / "kept", **spec)
    _, kept = ask_in_process([lease], [QUESTION], tmp_path / "kept", **spec)
    code, elsewhere = ask_in_process([lease], [QUESTION], tmp_path / "other", **spec)
    assert code == 0
    assert kept["answers"][0].pop("usage")["cached"]
    cold["answers"][0].pop("usage"), elsewhere["answers"][0].pop("usage")
    assert json.dumps(cold) == json.dumps(kept) == json.dumps(elsewhere)


def test_only_the_layers_that_answers_depend_on_are_read(open_lease, reading_model, monkeypatch):
    monkeypatch.setitem(reading_model.calibration, "evidence_layer", 0)
    monkeypatch.setitem(reading_model.calibration, "evidence_weights", {"bm25": 1.0, "vector": 0.2})
    answers = []
    depths = []
    for layers in (None, 3):
        if layers:
            monkeypatch.setattr(type(reading_model), "answer_layers", layers)
        with open_lease() as opened:
            finished = list(opened.ask(QUESTION))[-1]
            depths.append(len(opened.local.reading.prefiller.state.layers))
            answers.append(replace(finished.answer, usage=None, provenance={}))
    assert depths == [1, 3]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("quick", [False, True])
def test_without_the_models_scores_words_alone_rank(open_lease, quick):
    with open_lease(quick=quick, model_scores=False) as opened:
        list(opened.ask(QUESTION))
        by_words = opened.corpus.ranked_by_words(QUESTION)
        ranked, _ = opened.local.find_candidates(QUESTION)
    assert [item.passage_number for item in ranked] == [
        item.passage_number for item in by_words[: len(ranked)]
    ]
    assert any(item.reader is not None for item in ranked)


@pytest.mark.parametrize("k", [None, 2])
def test_a_number_of_passages_changes_what_is_read_and_listed(open_lease, k):
    with open_lease(k=k) as opened:
        *_, finished = opened.ask(QUESTION)
        ranked, candidates = opened.local.find_candidates(QUESTION)
    most = READER_WEIGHTS["excerpts"] if k is None else k
    assert 0 < sum(item.reader is not None for item in ranked) <= most
    assert candidates is not None
    assert len(finished.answer.evidence) == (5 if k is None else k)
    assert finished.answer.provenance["options"]["k"] == k


PARTS = (
    "What does the tenant of unit 7 pay to the keeper?",
    "Within how many days is the deposit of unit 3 returned?",
)
TWO_PARTS = " ".join(PARTS)
SHORT_PARTS = ("How large is the deposit of unit 3?", "when is it returned?")
SHORT_TWO_PARTS = " ".join(SHORT_PARTS)


@pytest.fixture
def cut(monkeypatch):
    """The tiny reader has no heads for questions."""
    monkeypatch.setattr(
        ExcerptReader,
        "split_into_two_questions",
        lambda _, question: {TWO_PARTS: PARTS, SHORT_TWO_PARTS: SHORT_PARTS}.get(question),
    )


def test_both_parts_of_a_question_share_the_excerpts_of_one(session, monkeypatch, cut):
    asked = []
    known = best_passages.read_excerpts

    def read_excerpts(reader, question: str, above, excerpts, shown, **rest):
        asked.append((question, len(excerpts)))
        return known(reader, question, above, excerpts, shown, **rest)

    monkeypatch.setattr(best_passages, "read_excerpts", read_excerpts)
    ranked, found = session.local.find_candidates(TWO_PARTS)
    assert [text for text, _ in asked] == list(PARTS)
    assert 0 < sum(count for _, count in asked) <= READER_WEIGHTS["excerpts"]
    assert found.form is AnswerForm.TWO_PARTS and len(found.items) >= 2
    assert sorted(item.passage_number for item in ranked) == list(
        range(len(session.context.passages))
    )
    assert (
        session.local.find_candidates(TWO_PARTS)[1] is found and len(asked) == 2
    )  # nothing is read anew


def test_a_second_part_that_points_back_is_asked_with_the_first(session, monkeypatch, cut):
    asked = []
    known = best_passages.read_excerpts

    def read_excerpts(reader, question: str, above, excerpts, shown, **rest):
        asked.append(question)
        return known(reader, question, above, excerpts, shown, **rest)

    monkeypatch.setattr(best_passages, "read_excerpts", read_excerpts)
    session.local.find_candidates(SHORT_TWO_PARTS)
    first, second = SHORT_PARTS
    assert asked == [first, f"{second} ({first})"]


def test_both_parts_of_a_question_are_found_before_the_documents_are_read(open_lease, cut):
    with open_lease(quick=True) as opened:
        _, found = opened.local.find_candidates(TWO_PARTS)
    assert found.form is AnswerForm.TWO_PARTS and len(found.items) >= 2
