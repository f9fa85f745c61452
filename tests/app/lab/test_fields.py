"""How the fields of a contract are judged."""

import pytest

from docqa.app.answer.answer import Answer, Cite, CoverageReport, Quote, Statement, Usage
from docqa.app.answer.grades import Grade, Place, Status, Support
from docqa.app.batch.fields import Field
from docqa.app.eval.questions import GoldQuestion
from docqa.app.facts.facts import FactKind
from docqa.app.lab.fields import judged


def _answer(*said: str, start: int = 0) -> Answer:
    cites = (Cite("a.txt", None, None, None, start, start + 10),)
    quotes = (Quote(said[0], 0, 1, Grade.EXACT, Place.AS_CITED, cites),) if said else ()
    return Answer(
        Status.ANSWERED if said else Status.NOT_FOUND, "Q?", "; ".join(said) or None, not said, 0.8, quotes, (),
        CoverageReport(9, 9, 1), Usage(9, 0, 0.1, False),
        statements=tuple(Statement(each, Support.QUOTED, (0,)) for each in said),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("type_", "answer", "golds", "verdict"),
    [
        (FactKind.DATE, _answer("1 May 2020"), ("dated May 1st, 2020",), "right"),
        (FactKind.DATE, _answer("2 May 2020"), ("dated May 1st, 2020",), "wrong"),
        (FactKind.LAW, _answer("New York", start=5), ("the laws of the State of New York",), "right"),
        (FactKind.LAW, _answer("New York", start=90), ("the laws of the State of New York",), "wrong"),
        (FactKind.PARTY, _answer("Acme, Inc", "Tarn Ltd"), ("Acme, Inc.", "Tarn Ltd.", "Tarn"), "right"),
        (FactKind.PARTY, _answer("Acme, Inc"), ("Acme, Inc.", "Tarn Ltd.", "Tarn"), "wrong"),
        (FactKind.PARTY, _answer("Acme, Inc", "Tarn Ltd", "Delaware"), ("Acme, Inc.", "Tarn Ltd."), "wrong"),
        ("text", _answer(), ("It ends.",), "wrongly empty"),
        ("text", _answer(), (), "rightly empty"),
        ("text", _answer("It ends."), (), "wrong"),
    ],
)
def test_a_field_is_judged_by_what_is_marked(type_, answer, golds, verdict):
    gold = GoldQuestion("Q?", golds, unanswerable=not golds)
    assert judged(Field("field", "Q?", type_), answer, gold, [(0, 40)]) == verdict
