"""A cell in place of what the reader found."""

from array import array

from docqa.app.answer.confidence import BY_CELL
from docqa.app.context.context import Context, PlacedPassage
from docqa.app.evidence.ranking import RankedPassage
from docqa.app.reading.candidates import AnswerForm, Candidate, CandidateSet
from docqa.app.reading.tables.answer import add_table_cell_candidates
from docqa.ingest.types import Passage

HEIGHTS = (
    "Heights of the towers.\nTower | Height | Width\nOld tower | 90 m | 7 m\nNew tower | "
    "80 m | 6 m\n\nPeople like it."
)


def asked(document, text: str, words: str, question: str) -> tuple[CandidateSet, str]:
    """(candidates of the question, the words of the first), where the reader answered with
    `words`.
    """
    made = document(text)
    passage = PlacedPassage(0, Passage(1, 0, len(text), ()), 0, 1)
    context = Context((made,), array("i", [0]), (passage,), array("i", [0]), array("i", [0]))
    start = text.index(words)
    found = CandidateSet((Candidate(0, 0, 1, start, start + len(words), -1.0, 0.0),), 10)
    after = add_table_cell_candidates(found, question, [RankedPassage(0, 1.0, 1.0)], context)
    best = after.candidates[0]
    return after, text[best.start : best.end]


def test_a_neighbouring_cell_gives_way_to_the_one_asked_for(document):
    found, words = asked(document, HEIGHTS, "7 m", "What is the height of the old tower?")
    assert words == "90 m"
    assert found.form is AnswerForm.FACT
    assert found.signals[BY_CELL]


def test_a_whole_row_is_narrowed_and_shown_around_the_cell(document):
    found, words = asked(
        document, HEIGHTS, "New tower | 80 m | 6 m", "What is the width of the new tower?"
    )
    assert words == "6 m"
    shown = found.candidates[0].quoted
    assert shown is not None
    assert HEIGHTS[shown.start : shown.end] == "New tower | 80 m | 6 m"


def test_prose_stays_where_the_table_lacks_what_was_asked(document):
    _, words = asked(
        document, HEIGHTS, "People like it", "Who liked the height of the old tower best of all?"
    )
    assert words == "People like it"
