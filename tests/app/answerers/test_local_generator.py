"""A checkpoint with a chat template writes its answers: from its state of the whole documents, or
from passages.
"""

import io
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from docqa.app.answer.answer import Answer
from docqa.app.answer.events import Finished, Notice, ReadProgress, Token
from docqa.app.answerers import local_generator
from docqa.app.answerers.answerer import Reply
from docqa.app.answerers.local_generator import WHOLE_TOKENS
from docqa.app.answerers.writing import generation
from docqa.app.answerers.written import OWN
from docqa.app.chat.conversation import ChatConversation
from docqa.app.history.recorder import Recorder
from docqa.app.history.records import NEXT_BEST
from docqa.app.options import Options
from docqa.app.session.engine import open_session
from docqa.app.storage.store import Store
from docqa.model.load import load_model

AGREEMENT = Path(__file__).parents[3] / "sample_docs" / "services_agreement.pdf"
QUESTION = "What does the tenant of unit 7 pay to the keeper named Alder7?"
TEMPLATE = """{%- for message in messages %}{{- message.role + ': ' + message.content + '\n' }}{%- endfor %}
{%- if add_generation_prompt %}{{- 'assistant: ' }}
{%- if enable_thinking is defined and not enable_thinking %}{{- '<think>\n\n</think>\n\n' }}
{%- else %}{{- '<think>\n' }}{%- endif %}{%- endif %}"""


@pytest.fixture(scope="module")
def writer(checkpoint: Path, tmp_path_factory) -> Path:
    """The tiny checkpoint with a template that thinks; it writes whatever its random weights
    say.
    """
    folder = tmp_path_factory.mktemp("writers") / "writer"
    shutil.copytree(checkpoint, folder)
    (folder / "chat_template.jinja").write_text(TEMPLATE)
    settings = {"do_sample": True, "temperature": 0.6, "top_k": 20, "eos_token_id": 0}
    (folder / "generation_config.json").write_text(json.dumps(settings))
    return folder


@pytest.fixture(scope="module")
def writing_model(writer: Path):
    return load_model(writer, dtype="float32", threads=1)


@pytest.fixture(autouse=True)
def few_tokens(monkeypatch) -> None:
    monkeypatch.setattr(generation, "MOST_THOUGHT", 12)
    monkeypatch.setattr(generation, "MOST_WRITTEN", 24)
    monkeypatch.setenv("DOCQA_DTYPE", "float32")
    monkeypatch.setenv("DOCQA_THREADS", "1")


@pytest.fixture
def chat(docqa, monkeypatch):
    """Function(line, *arguments) -> (exit code, stdout, stderr) of `docqa chat` with one line from
    a pipe.
    """

    def run(line: str, *arguments) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(line.encode("utf-8"))))
        return docqa("chat", *arguments)

    return run


def text_of(events: list[Any]) -> str:
    return "".join(event.text for event in events if isinstance(event, Token) and not event.thought)


def answer_of(events: list[Any]) -> Answer:
    assert isinstance(events[-1], Finished)
    return events[-1].answer


def mended(err: str) -> str:
    """The lines of standard error that say that the model is asked again."""
    told = "docqa: warning: the model is asked"
    return "".join(line for line in err.splitlines(keepends=True) if line.startswith(told))


def from_of(answer: Answer) -> object:
    options = answer.provenance["options"]
    assert isinstance(options, dict)
    return options["from"]


@pytest.fixture
def opened(writing_model, tmp_path):
    """Function(path, **options) that opens a session whose cache is the folder `kept`."""

    def session_of(path: Path, **options):
        given = {"cache_dir": str(tmp_path / "kept"), "preview": False, **options}
        return open_session([str(path)], Options(**given), model=writing_model)

    return session_of


def test_without_the_kept_state_the_document_is_read_again(opened, lease, tmp_path):
    def ask() -> tuple[list[Any], Answer]:
        with opened(lease, source="whole") as session:
            events = list(session.ask(QUESTION))
        return events, answer_of(events)

    first, cold = ask()
    second, warm = ask()
    assert (
        warm.usage.tokens_read == 0
        and warm.usage.tokens_reused == warm.coverage.tokens == cold.usage.tokens_read
    )
    assert text_of(second) == text_of(first) and from_of(warm) == "whole"
    for folder in (tmp_path / "kept" / "states").iterdir():
        shutil.rmtree(folder)
    third, again = ask()
    assert again.usage.tokens_reused == 0 and again.usage.tokens_read == again.coverage.tokens
    assert any(isinstance(event, ReadProgress) and event.done == 0 for event in third)
    assert text_of(third) == text_of(first)


def test_an_empty_state_or_another_document_is_another_answer(
    opened, lease, note, writing_model, tmp_path
):
    said = []
    for path in (lease, note, None):
        with opened(lease, source="whole") as session:
            reading = session.answerer.reading
            with opened(path or lease, cache_dir=str(tmp_path / "other"), source="whole") as other:
                state = other.answerer.reading.model.new_state(1.0)
                if path is None:
                    writing_model.prefill(list(other.context.ids[:2]), state)
                else:
                    list(other.read())
                    state = other.answerer.reading.prefiller.state
                reading.prefiller.state, reading.prefiller.finished = state, True
            said.append(text_of(list(session.ask(QUESTION))))
    assert all(said) and len(set(said)) == 3


@pytest.mark.parametrize("source", ["passages", "whole"])
def test_the_reader_answers_where_a_small_model_writes_nonsense(opened, source):
    with opened(AGREEMENT, source=source) as session:
        answer = answer_of(list(session.ask("Which law governs the agreement?")))
    if source == "whole":  # what is answered from the state alone stands by itself
        assert answer.refused and OWN not in answer.coverage.warnings
    else:
        assert answer.answer == "the law of Lower Tarn" and OWN in answer.coverage.warnings


def test_a_short_text_and_one_that_was_read_answer_whole(opened, note, monkeypatch):
    with opened(note) as session:
        assert len(session.context) <= WHOLE_TOKENS and session.writing.generator.whole
    monkeypatch.setattr("docqa.app.answerers.local_generator.WHOLE_TOKENS", 10)
    with opened(note) as session:
        assert not session.writing.generator.whole
        assert from_of(answer_of(list(session.ask(QUESTION)))) == "passages"
    with opened(note) as session:
        list(session.read())
    with opened(note) as session:
        assert session.writing.generator.whole
        assert from_of(answer_of(list(session.ask(QUESTION)))) == "whole"


def test_asking_again_reads_no_whole_document_into_a_model_of_passages(
    opened, lease, tmp_path, monkeypatch
):
    monkeypatch.setattr("docqa.app.answerers.local_generator.WHOLE_TOKENS", 10)
    with opened(lease) as session:
        recorder = Recorder(Store(tmp_path / "kept"), "chat", session.documents, pytest.fail)
        conversation = ChatConversation(session, recorder, [])
        for events in (conversation.ask(QUESTION, QUESTION), conversation.ask_again()):
            list(events)
        recorder.close()
        assert conversation.turns[-1].note == NEXT_BEST
        assert session.answerer.reading.prefiller.state is None


def test_where_every_passage_was_shown_the_reader_gives_the_next_answer(
    opened, note, writing_model
):
    with opened(note) as session:
        evidence = session.writing.evidence
        (quote,) = evidence.own.preview(QUESTION).quotes[:1]
        everything = replace(quote, cites=(replace(quote.cites[0], start=0, end=1 << 20),))
        assert (
            session.ask_again(QUESTION, [everything]).provenance["model"]
            == evidence.own.model.fingerprint
        )
        assert session.ask_again(QUESTION, []).provenance["model"] == writing_model.fingerprint


def test_json_says_what_the_answer_was_written_from(docqa, refused, note, writer):
    for source in ("whole", "passages"):
        _, out, _ = docqa("ask", note, QUESTION, "--json", "--model", writer, "--from", source)
        answer = json.loads(out)
        assert answer["provenance"]["options"]["from"] == source
        assert (
            answer["coverage"]["tokens_read"] == answer["coverage"]["tokens"]
        )  # all passages of a short text fit
    assert "whole or passages" in refused(
        2, "ask", note, QUESTION, "--model", writer, "--from", "memory"
    )


def test_a_text_that_is_stopped_is_answered_with_what_came(opened, note):
    with opened(note, source="whole") as session:
        assert not session.stop_writing()
        whole = text_of(list(session.ask(QUESTION)))
        events = []
        stream = session.ask(QUESTION)
        for event in stream:
            events.append(event)
            if isinstance(event, Token) and len(text_of(events)) > 2:
                session.stop_writing()
    answer = answer_of(events)
    assert 2 < len(text_of(events)) < len(whole) and whole.startswith(text_of(events))
    assert any("stopped" in warning for warning in answer.coverage.warnings)


def test_what_nothing_bears_out_is_written_again_once(opened, note, monkeypatch):
    quoted = 'The tenant pays "119 dollars to the keeper named Alder7".'
    replies = ["The keeper returns the moon within ten years.", quoted]
    told = []

    def write(model, state, *rest):
        told.append(state.position)
        yield Token(replies[len(told) - 1])
        return Reply(replies[len(told) - 1])

    monkeypatch.setattr(local_generator, "write_reply", write)
    with opened(note, source="whole") as session:
        events = list(session.ask(QUESTION))
    answer = answer_of(events)
    assert len(told) == 2 and told[1] > told[0]
    assert any(isinstance(event, Notice) and "withdraw" in event.message for event in events)
    assert answer.status == "answered" and answer.answer == replies[1]


def test_a_model_that_writes_nothing_is_said_to(opened, note, monkeypatch):
    monkeypatch.setattr(
        generation, "turn_end_tokens", lambda tokenizer: frozenset(range(tokenizer.vocab_size))
    )
    with opened(note, source="whole") as session:
        answer = answer_of(list(session.ask(QUESTION)))
    assert answer.status == "not_found" and any(
        "wrote nothing" in warning for warning in answer.coverage.warnings
    )


def test_a_thought_goes_to_standard_error_and_can_be_hidden(chat, note, writer):
    _, out, err = chat(QUESTION, note, "--model", writer, "--think")
    assert err.strip() and "\x1b" not in err and "no effect" not in err
    assert chat(QUESTION, note, "--model", writer, "--think")[1:] == (
        out,
        err,
    )  # drawn from a fixed seed
    assert chat(QUESTION, note, "--model", writer, "--think", "--hide-thoughts")[1:] == (
        out,
        mended(err),
    )


def test_without_being_asked_to_it_does_not_think(chat, note, writer):
    _, out, err = chat(QUESTION, note, "--model", writer)
    assert err == mended(err) and chat(QUESTION, note, "--model", writer, "--no-think")[1:] == (
        out,
        err,
    )
