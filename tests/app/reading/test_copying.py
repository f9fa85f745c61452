"""Answers copied from a state of the whole documents: words of the pages, at the place that was
meant.
"""

import pytest

from docqa.app.answer.confidence import answer_chance, is_below_answer_threshold
from docqa.app.answer.events import Finished
from docqa.app.answerers.loading import load_model
from docqa.app.context.context import lay_out
from docqa.app.evidence.ranking import WordIndex
from docqa.app.options import Options
from docqa.app.reading.copying import copy_candidates_from_passages, copy_candidates_from_state
from docqa.app.session.engine import open_session
from docqa.model.decode.copy import CopySpan
from docqa.model.folder import BUNDLED

PAGES = (
    "The harbour office opens in May. Its keeper lives on the quay.",
    "Nets are dried behind the sheds. The fish market closes in May. Boats of the guild pay no dues.",
)


@pytest.fixture
def read(document, model):
    """The two pages, and the state that has read them."""
    context = lay_out((document(*PAGES),), model.tokenizer)
    state = model.new_state()
    model.prefill(context.ids, state)
    return context, state, WordIndex.from_context(context)


def test_candidates_are_words_of_pages_and_the_state_stays_where_it_was(read, model):
    context, state, words = read
    position = state.position
    found = copy_candidates_from_state(
        model, "When does the fish market close?", state, context, words
    )
    again = copy_candidates_from_state(
        model, "When does the fish market close?", state, context, words
    )
    assert state.position == position == len(context) and found == again and found.candidates
    alone = copy_candidates_from_passages(
        model, "When does the fish market close?", [1], context, words
    )
    assert alone.candidates and alone.prompt_tokens > found.prompt_tokens
    for candidate in found.candidates:
        said = PAGES[candidate.page - 1][candidate.start : candidate.end]
        assert said and said == said.strip()
        ids = model.tokenizer.encode(said)
        assert len(ids) <= 2 * candidate.token_count + 2


def test_of_several_places_the_one_asked_about_is_taken(read, model, monkeypatch):
    context, state, words = read
    first_page = [
        (token, context.token_offset[token])
        for token, number in enumerate(context.token_passage)
        if number >= 0 and context.passages[number].passage.page == 1
    ]
    may = PAGES[0].index("May")
    start = next(token for token, offset in first_page if offset >= may)
    end = next(token for token, offset in first_page if offset >= may + 3)
    span = CopySpan(start, end, -1.0, end - start)
    monkeypatch.setattr("docqa.model.decode.copy.copy_spans", lambda *_, **__: [span])
    found = copy_candidates_from_state(
        model, "When does the fish market close?", state, context, words
    )
    (candidate,) = found.candidates
    assert (candidate.page, PAGES[1][candidate.start : candidate.end]) == (2, "May")
    other = copy_candidates_from_state(
        model, "When does the harbour office open?", state, context, words
    )
    assert [c.page for c in other.candidates] == [1]


def test_the_bundled_trunk_reads_with_all_layers_to_answer_itself(document):
    chosen = Options(store=False, preview=False, threads=1, source="whole")
    model = load_model(chosen)
    assert model.folder == BUNDLED and model.answer_layers == model.config.num_hidden_layers == 30
    with open_session([document(*PAGES)], chosen, model=model) as session:
        (answer,) = (
            e.answer
            for e in session.ask("When does the fish market close?")
            if isinstance(e, Finished)
        )
        state = session.local.reading.prefiller.state
    assert state is not None and state.position == len(session.context)
    assert answer.refused or any((answer.answer or "") in page for page in PAGES)
    assert (
        load_model(Options(threads=1)).answer_layers == 3
    )  # the reader's, unless the whole is asked for


def test_the_command_says_what_answers(docqa, note, monkeypatch):
    monkeypatch.delenv("DOCQA_MODEL", raising=False)
    code, _, err = docqa(
        "ask", note, "What shall the tenant pay?", "--from", "whole", "--no-store", "--no-preview"
    )
    assert code in (0, 5) and "without --from whole the reader answers" in err


def test_a_summary_is_chosen_by_the_heads_whatever_from_says(docqa, note, tmp_path):
    said = []
    for number, more in enumerate(((), ("--from", "whole"))):
        out = tmp_path / str(number)
        code, _, err = docqa("summarize", note, "--output", out, "--no-store", *more)
        assert code == 0 and ("--from has no effect" in err) is bool(more)
        said.append((out / "note.txt.md").read_text())
    assert said[0] == said[1]


@pytest.mark.parametrize(
    ("margin", "coverage", "refused"),
    [(0.0, 1.0, False), (4.0, 0.5, False), (8.0, 0.0, True), (-8.0, 1.0, True)],
)
def test_a_state_answers_by_its_odds_and_the_words_asked_for(margin, coverage, refused):
    values = {"reader_refusal_margin": margin, "sentence_coverage": coverage}
    assert is_below_answer_threshold(answer_chance(values, None), None) is refused
