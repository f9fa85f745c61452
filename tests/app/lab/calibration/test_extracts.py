"""Texts that are asked about: how they are read, and what of the places of answers stays when they are joined."""

from typing import Any

from docqa.app.lab.calibration.extracts import OTHERS, Extract, Layout, lay_out


def line(name: str, document: str, category: str, answer: str) -> dict[str, Any]:
    """A text with one question that is answered, one that is not, and one without marked words."""
    context = f"The keeper of {name} — the tower — is {answer}.\n\nHe came in spring."
    return {
        "dataset": "natural", "doc": name, "document": document, "category": category, "title": f"Title of {name}",
        "context": context,
        "qas": [
            {"question": "Who keeps it?", "answers": [{"text": answer, "start": context.index(answer)}]},
            {"question": "Who owns it?", "answers": [], "unanswerable": True, "kind": "unanswerable"},
            {"question": "Is it so?", "answers": [{"text": "It is.", "start": -1}]},
        ],
    }  # fmt: skip


def extract(number: int, category: str, document: str | None = None) -> Extract:
    """A text of its own document, unless one is named."""
    record = line(f"doc{number}", document or f"whole{number}", category, f"Marten {number}")
    return Extract(record["doc"], record["document"], category, (record,))


POOL = [extract(number, "statutes" if number % 2 else "contracts") for number in range(14)]


def test_the_places_of_answers_stay_right_when_texts_are_joined():
    places = set()
    for asked in POOL:
        laid = lay_out(asked, Layout.JOINED, POOL, each=9, seed=0)
        assert laid is not None and [question.text for question in laid.questions] == ["Who keeps it?", "Who owns it?"]
        (span,) = laid.questions[0].spans
        assert laid.text[slice(*span)] == asked.records[0]["qas"][0]["answers"][0]["text"]
        assert laid.text.count("The keeper of") == OTHERS + 1
        assert laid.title == f"Title of {asked.name}"
        places.add(laid.line_starts.index(laid.text.index(asked.records[0]["context"])))
    assert len(places) > 2


def test_others_are_of_other_documents_and_rather_of_other_categories():
    asked = extract(0, "contracts", document="whole1")
    laid = lay_out(asked, Layout.JOINED, POOL, each=9, seed=0)
    assert laid is not None and "doc1 " not in laid.text
    assert all(f"doc{number} " not in laid.text for number in range(2, 14, 2))
    few = [each for each in POOL if each.category == "contracts"]
    laid = lay_out(POOL[0], Layout.JOINED, few, each=9, seed=0)
    assert laid is not None and laid.text.count("The keeper of") == OTHERS + 1
