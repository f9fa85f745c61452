"""Answers of the engine: the object of the contract in every status."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from docqa.app.answer.events import Finished, Notice, Preview, ReadProgress
from docqa.app.errors import UsageError
from docqa.app.options import Options
from docqa.app.session.engine import open_session
from docqa.ingest.errors import IngestError, NoDocuments

SCHEMA = json.loads(
    (Path(__file__).parents[3] / "app/output/schemas/answer.schema.json").read_text()
)
QUESTION = "What does the tenant of unit 7 pay to the keeper?"


def ask(paths: list[Path], model, question: str = QUESTION, **options) -> list[Any]:
    chosen = Options(**{"store": False, "preview": False, **options})
    with open_session([str(path) for path in paths], chosen, model=model) as session:
        return list(session.ask(question))


def checked(events: list[Any]) -> dict[str, Any]:
    answer = events[-1].answer.to_json_object()
    jsonschema.validate(json.loads(json.dumps(answer)), SCHEMA)
    return answer


def test_an_answer_is_cut_from_the_page_text(lease, model):
    answer = checked(ask([lease], model))
    quote = answer["quotes"][0]
    cite = quote["cites"][0]
    text = lease.read_text()
    assert answer["status"] == "answered"
    assert text[cite["start"] : cite["end"]] == quote["text"]
    assert quote["text"][quote["answer_start"] : quote["answer_end"]] == answer["answer"]
    assert answer["statements"] == (
        {"text": answer["answer"], "support": "quoted", "quotes": (0,), "file": None},
    )
    assert "unit 7 " in answer["evidence"][0]["text"]


def test_an_answer_is_a_row_of_plain_values(lease, model):
    rows = [
        ask([lease], model, question)[-1].answer.to_dict()
        for question in (QUESTION, "Which zebra won?")
    ]
    assert list(rows[0]) == list(rows[1])
    assert all(
        value is None or type(value) in (str, int, float, bool)
        for row in rows
        for value in row.values()
    )
    assert (rows[0]["status"], rows[0]["file"], rows[0]["quotes"]) == ("answered", str(lease), 1)
    assert rows[0]["answer"] in str(rows[0]["quote"])
    assert rows[1]["quote"] is None and rows[1]["evidence"]


def test_events_come_in_order_and_end_in_finished(lease, model):
    kinds = [type(event) for event in ask([lease], model)]
    assert kinds[0] is ReadProgress
    assert kinds[-1] is Finished
    assert set(kinds[:-1]) == {ReadProgress}


def test_a_refusal_shows_its_work(lease, model):
    answer = checked(ask([lease], model, "Which zebra won the Olympic marathon?"))
    assert (answer["status"], answer["answer"], answer["quotes"], answer["refused"]) == (
        "not_found",
        None,
        [],
        True,
    )
    assert len(answer["evidence"]) >= 3
    assert any('"zebra" 0' in warning for warning in answer["coverage"]["warnings"])


def test_quick_answers_are_partial_and_read_nothing(lease, model):
    events = ask([lease], model, quick=True)
    answer = checked(events)
    assert answer["status"] == "partial"
    assert answer["coverage"]["tokens_read"] == 0
    assert not any(isinstance(event, ReadProgress) for event in events)


def test_a_preview_comes_first_when_reading_takes_long(lease, model, monkeypatch):
    monkeypatch.setattr("docqa.app.context.plan.PREVIEW_FROM_SECONDS", 0.0)
    events = ask([lease], model, preview=True)
    assert isinstance(events[0], Preview)
    assert events[0].answer.status == "partial"
    assert sum(isinstance(event, Preview) for event in events) == 1


@pytest.mark.parametrize("question", ["", "  \n"])
def test_an_empty_question_is_a_usage_error(lease, model, question):
    with pytest.raises(UsageError, match="empty"):
        ask([lease], model, question)


@pytest.mark.parametrize(
    "question", ["家賃はいくらですか", "¿Cuánto paga el inquilino?", "?!", "x" * 3000]
)
def test_any_question_gets_an_answer_object(lease, model, question):
    assert checked(ask([lease], model, question))["status"] in {"answered", "not_found"}


def test_several_files_are_one_context_and_every_cite_names_its_file(tmp_path, model):
    first = tmp_path / "a.txt"
    second = tmp_path / "b.txt"
    first.write_text("The northern lighthouse was built of red stone in spring.\n")
    second.write_text("The keeper of the southern harbour is called Odile Crane.\n")
    answer = checked(ask([first, second], model, "Who is the keeper of the southern harbour?"))
    assert answer["evidence"][0]["file"] == str(second)
    assert {cite["file"] for quote in answer["quotes"] for cite in quote["cites"]} <= {
        str(first),
        str(second),
    }


def test_a_bad_file_of_a_folder_is_left_out_and_named(tmp_path, model):
    (tmp_path / "good.txt").write_text("The keeper returns the deposit within nine days.\n")
    (tmp_path / "bad.pdf").write_bytes(b"%PDF-1.7\nnot really")
    events = ask([tmp_path], model, "When is the deposit returned by the keeper?")
    assert any("bad.pdf" in event.message for event in events if isinstance(event, Notice))
    assert any("bad.pdf" in warning for warning in checked(events)["coverage"]["warnings"])


def test_a_bad_file_named_by_the_user_is_an_error(tmp_path, model):
    bad = tmp_path / "bad.pdf"
    bad.write_bytes(b"%PDF-1.7\nnot really")
    with pytest.raises(IngestError, match="bad.pdf"):
        ask([bad], model)


def test_a_folder_without_documents_is_an_error(tmp_path, model):
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(NoDocuments):
        ask([tmp_path], model)


def test_later_questions_of_a_session_are_cached(lease, model):
    with open_session([str(lease)], Options(store=False, preview=False), model=model) as session:
        first, second = [list(session.ask(QUESTION))[-1].answer for _ in range(2)]
    assert first.usage.tokens_read == first.coverage.tokens
    assert (second.usage.tokens_read, second.usage.cached) == (0, True)
    assert second.answer == first.answer


def test_switching_off_model_scores_is_recorded_and_changes_the_ranking(lease, model):
    answer = checked(ask([lease], model, model_scores=False))
    assert answer["provenance"]["options"]["model_scores"] is False
    assert "unit 7 " in answer["evidence"][0]["text"]
