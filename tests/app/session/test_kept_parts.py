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
from docqa.app.storage.store import Store

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


def tokens_read(paths: list[Path], options: Options, model) -> tuple[int, int]:
    """(tokens that an answer over the files read, tokens that it had from the cache)."""
    with open_session([str(path) for path in paths], options, model=model) as session:
        usage = session.answer(QUESTION).usage
    return usage.tokens_read, usage.tokens_reused


def test_a_file_that_is_added_is_the_only_one_read(note, lease, lease_of, options, model, tmp_path):
    first, reused = tokens_read([note, lease], options, model)
    assert first and not reused
    added = lease_of(tmp_path / "added.txt", 3)
    alone, _ = tokens_read([added], replace(options, store=False), model)
    for order in ([note, lease, added], [added, lease, note]):
        assert tokens_read(order, options, model) in ((alone, first), (0, alone + first))
    assert tokens_read([lease], options, model)[0] == 0


def test_answers_over_files_are_the_same_whoever_read_them(note, lease, options, model):
    whole, _ = asked([note, lease], options, model)
    for path in (note, lease):
        asked([path], replace(options, cache_dir=f"{options.cache_dir}-other"), model)
    other = replace(options, cache_dir=f"{options.cache_dir}-other")
    assert asked([note, lease], other, model) == (whole, [])


def test_a_state_of_several_documents_from_before_is_deleted(note, lease, tmp_path):
    options = Options(preview=False, threads=1, cache_dir=str(tmp_path / "kept"))
    asked([note], options, None)
    states = tmp_path / "kept" / "states"
    (state,) = states.iterdir()
    entry = json.loads((state / "entry.json").read_text())
    Store(tmp_path / "kept").write_state_entry(
        "joint", {**entry, "documents": [*entry["documents"], "other"]}
    )
    asked([lease], options, None)
    assert state.exists() and not (states / "joint").exists()


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
