"""The passages that answer questions about a document itself, and such questions."""

from hypothesis import given
from hypothesis import strategies as st

from docqa.app.context.context import Context, PlacedPassage
from docqa.app.evidence.front_matter import front_matter_passages
from docqa.ingest.types import Document
from docqa.model.folder import BUNDLED
from docqa.model.heads.excerpt_reading import ExcerptReader

ABOUT = [
    "Who wrote this paper?",
    "What is the title of the document?",
    "parties?",
    "Who are the parties to the agreement?",
    "When was it signed?",
    "Which judges sat on the panel?",
    "docket number?",
    "What's the date of the agreement?",
    "Which court decided the case?",
    "Who is the plaintiff?",
    "What version of the form is this?",
    "Counsel for Taniki?",
    "When was this filed?",
    "Between whom is the lease made?",
    "Who dissented?",
]
ELSEWHERE = [
    "What duty does the tenant have under the lease?",
    "Why was the motion denied?",
    "How much rent does the tenant pay?",
    "When does the notice period end?",
    "What did the court hold about waiver?",
    "May the landlord enter?",
    "Which documents must the seller hand over at closing?",
    "What is the purchase price?",
]
TITLE = "LEASE OF THE MILL\nbetween Alder Limited and Birch Limited, dated 1 March 2021"
PROSE = (
    "The tenant keeps the wheel in repair and pays for what breaks in any season of the year. " * 12
)
SIGNED = "IN WITNESS WHEREOF the parties have signed.\nBy: /s/ Ann Alder\nName: Ann Alder\nTitle: Director\nDate: 2 May"


def context(*documents: Document) -> Context:
    placed = tuple(
        PlacedPassage(n, p, 0, 0) for n, document in enumerate(documents) for p in document.passages
    )
    return Context(documents, None, placed, None, None)  # type: ignore[arg-type]


def test_who_and_when_ask_about_the_document_and_clauses_do_not():
    reader = ExcerptReader(BUNDLED)
    assert [question for question in ABOUT if not reader.asks_about_document(question)] == []
    assert [question for question in ELSEWHERE if reader.asks_about_document(question)] == []


def test_title_page_and_signatures_come_first(document):
    made = context(document(TITLE, PROSE, PROSE, SIGNED, PROSE))
    texts = [made.text_of(made.passages[number]) for number in front_matter_passages(made, 2)]
    assert texts == [TITLE, SIGNED]


def test_every_document_has_its_turn(document):
    made = context(
        document(TITLE, PROSE, SIGNED), document("A REPORT on mills", PROSE, path="b.pdf")
    )
    found = [made.passages[number] for number in front_matter_passages(made, 3)]
    assert [(placed.document, placed.passage.page) for placed in found] == [(0, 1), (1, 1), (0, 3)]


def test_who_delivered_an_opinion_is_found_behind_the_syllabus(document):
    told = "ALDER, J., delivered the opinion of the Court, in which BIRCH, J., joined."
    made = context(document("Syllabus\n" + PROSE, PROSE, told, PROSE))
    assert told in [
        made.text_of(made.passages[number]) for number in front_matter_passages(made, 3)
    ]


@given(
    pages=st.lists(st.sampled_from([TITLE, PROSE, SIGNED, " "]), min_size=1, max_size=6),
    most=st.integers(0, 5),
)
def test_passages_are_distinct_and_at_most_so_many(document, pages, most):
    made = context(document(*pages))
    found = front_matter_passages(made, most)
    assert len(found) == len(set(found)) <= most
    assert all(0 <= number < len(made.passages) for number in found)
