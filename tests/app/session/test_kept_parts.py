"""A second question uses what is kept of the documents, says what is damaged of it, and answers the
same.
"""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from docqa.app import Options, open_session
from docqa.app.answer.events import Finished, Notice
from docqa.app.context import cached
from docqa.app.evidence.postings import Postings

QUESTION = "What does the tenant of unit 7 pay to the keeper named Alder7?"


def asked(paths: list[Path], options: Options, model) -> tuple[str, list[str]]:
    """(the answer without its usage, the notices)."""
    with open_session([str(path) for path in paths], options, model=model) as session:
        events = list(session.ask(QUESTION))
    assert isinstance(events[-1], Finished)
    answer = events[-1].answer.to_json_object() | {"usage": None}
    return json.dumps(answer), [event.message for event in events if isinstance(event, Notice)]


def test_a_second_question_neither_tokenizes_nor_stems_a_document(
    note, lease, options, model, monkeypatch
):
    first = asked([note, lease], options, model)

    def again(*_):
        raise AssertionError("made again")

    monkeypatch.setattr(cached, "lay_out_document", again)
    monkeypatch.setattr(Postings, "from_texts", again)
    assert asked([note, lease], options, model) == first == (first[0], [])
    with pytest.raises(AssertionError, match="made again"):
        asked([note], replace(options, store=False), model)


@pytest.mark.parametrize("kind", ["contexts", "indexes"])
def test_damage_to_what_is_kept_is_said_before_the_same_answer(
    note, options, model, kind, tmp_path
):
    expected, _ = asked([note], options, model)
    (file,) = (tmp_path / "kept" / kind).glob("*/*.safetensors")
    file.write_bytes(file.read_bytes()[:-3])
    answer, (said,) = asked([note], options, model)
    assert answer == expected
    assert "cannot be used" in said and "made again" in said
    assert asked([note], options, model) == (expected, [])
