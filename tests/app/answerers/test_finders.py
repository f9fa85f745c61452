"""What answers where a model has no reader, and what --from changes."""

import pytest

from docqa.app.answer.confidence import answer_chance, is_below_answer_threshold
from docqa.app.answer.events import Finished
from docqa.app.session.engine import open_session

PAGES = (
    "The harbour office opens in May. Its keeper lives on the quay.",
    "Nets are dried behind the sheds. The fish market closes in May. Boats of the guild pay no dues.",
)


def test_a_checkpoint_without_a_reader_answers_with_the_sentence_asked_about(
    document, model, options
):
    with open_session([document(*PAGES)], options, model=model) as session:
        (answer,) = (
            event.answer
            for event in session.ask("When does the fish market close?")
            if isinstance(event, Finished)
        )
    assert answer.answer == "The fish market closes in May"
    assert answer.quotes[0].cites[0].page == 2


def test_a_model_that_does_not_write_says_that_from_has_no_effect(docqa, note, tmp_path):
    said = []
    for number, more in enumerate(((), ("--from", "whole"))):
        out = tmp_path / str(number)
        code, _, err = docqa("summarize", note, "--output", out, "--no-store", *more)
        assert code == 0 and ("--from has no effect" in err) is bool(more)
        said.append((out / "note.txt.md").read_text())
    assert said[0] == said[1]


@pytest.mark.parametrize(("coverage", "refused"), [(1.0, False), (0.7, False), (0.5, True)])
def test_without_calibration_an_answer_needs_most_of_the_words(coverage, refused):
    chance = answer_chance({"sentence_coverage": coverage}, None)
    assert is_below_answer_threshold(chance, None) is refused
