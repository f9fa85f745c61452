"""What the styles `clauses` and `papers` look for, and what a summary of a kind of document begins
with.
"""

from dataclasses import dataclass, replace

from docqa.app.answer.confidence import CLAUSE_CHANCE, SUMMARY_CHANCE
from docqa.app.reading.document_kind import DocumentKind


@dataclass(frozen=True)
class Topic:
    """One heading of a style: at most `count` sentences, by the heads `clauses` of
    reading/clauses.py and the reader's answers to `question`; with `each` the likeliest sentence of
    each clause whose chance is at least that. `opening`: how much a place near the beginning counts."""

    heading: str
    clauses: tuple[str, ...]
    question: str
    count: int = 2
    opening: float = 0.0
    each: float = 0.0


PARTIES = Topic(
    "Parties", ("parties",), "Who are the parties to this agreement?", each=CLAUSE_CHANCE
)
DATES = Topic(
    "Dates and term",
    ("term", "effective date", "renewal"),
    "When does this agreement take effect, and when does its term end?",
    each=SUMMARY_CHANCE,
)
TERMINATION = Topic(
    "Termination",
    ("termination for convenience", "termination for cause", "notice to end"),
    "How can this agreement be terminated?",
    each=SUMMARY_CHANCE,
)
LIABILITY = Topic(
    "Liability",
    ("liability cap", "exclusion of damages", "insurance"),
    "What is the limit of liability?",
    each=SUMMARY_CHANCE,
)
LAW = Topic(
    "Governing law",
    ("governing law", "forum"),
    "Which law governs this agreement?",
    each=SUMMARY_CHANCE,
)
CLAUSES = (
    PARTIES,
    DATES,
    Topic("Obligations", (), "What must each party do under this agreement?", 4),
    TERMINATION,
    LIABILITY,
    Topic(
        "Restrictions",
        ("exclusivity", "assignment"),
        "What are the parties not allowed to do?",
        each=SUMMARY_CHANCE,
    ),
    LAW,
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
    DocumentKind.CONTRACT: tuple(
        replace(topic, clauses=topic.clauses[:1], count=1)
        for topic in (PARTIES, DATES, TERMINATION, LIABILITY, LAW)
    ),
    DocumentKind.PAPER: (replace(PAPERS[0], count=1), replace(PAPERS[2], count=1)),
}
"""What comes first in a summary of a kind of document."""
WEIGHTY = {DocumentKind.COURT: OPINION, DocumentKind.CONTRACT: CLAUSES}
"""Those that speak for their sections; of papers that lost ROUGE."""
