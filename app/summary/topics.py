"""What the styles `clauses` and `papers` look for, and what a summary of a kind of document begins
with.
"""

from dataclasses import dataclass, replace

from docqa.app.reading.document_kind import DocumentKind


@dataclass(frozen=True)
class Topic:
    """One heading of a style: at most `count` sentences, by the heads `clauses` of
    reading/clauses.py and the reader's answers to `question`. `opening`: how much a place near the
    beginning counts. A `leftover` takes what the others leave: sentences of duties are
    everywhere."""

    heading: str
    clauses: tuple[str, ...]
    question: str
    count: int = 2
    opening: float = 0.0
    leftover: bool = False


CLAUSES = (
    Topic("Parties", ("parties",), "Who are the parties to this agreement?", 1),
    Topic(
        "Dates and term",
        ("agreement date", "effective date", "term"),
        "When does this agreement take effect, and when does its term end?",
        3,
        opening=0.3,
    ),
    Topic("Obligations", (), "What must each party do under this agreement?", 4, leftover=True),
    Topic(
        "Termination",
        ("termination", "termination for convenience", "notice to end"),
        "How can this agreement be terminated?",
        3,
    ),
    Topic(
        "Liability",
        ("liability cap", "liability", "insurance"),
        "What is the limit of liability?",
        3,
    ),
    Topic("Governing law", ("governing law",), "Which law governs this agreement?"),
)
PAPERS = (
    Topic("Question", ("aim",), "What question does this study ask?", opening=0.8),
    Topic("Method", ("method",), "How was the study done?"),
    Topic("Result", ("result",), "What did the study find?", 3),
    Topic("Limits", ("limits",), "What are the limitations of this study?"),
)
OPINION = (
    Topic(
        "Disposition", ("disposition",), "Did the court affirm or reverse the decision below?", 1
    ),
    Topic("Holding", ("holding",), "What did the court hold?"),
    Topic("Issue", ("issue",), "What question does the court decide?", 1, opening=0.3),
)
STYLES = {"clauses": CLAUSES, "papers": PAPERS}
LEADS = {
    DocumentKind.COURT: OPINION,
    DocumentKind.CONTRACT: (
        CLAUSES[0],
        replace(CLAUSES[1], count=2),
        replace(CLAUSES[-1], count=1),
    ),
    DocumentKind.PAPER: (replace(PAPERS[0], count=1), replace(PAPERS[2], count=1)),
}
"""What comes first in a summary of a kind of document."""
WEIGHTY = {DocumentKind.COURT: OPINION, DocumentKind.CONTRACT: CLAUSES}
"""Those that speak for their sections; of papers that lost ROUGE."""
