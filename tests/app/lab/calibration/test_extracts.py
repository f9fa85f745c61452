"""Texts that are asked about: how they are read, and what of the places of answers stays when they are joined."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from docqa.app.lab.calibration.extracts import LONGEST, OTHERS, Extract, Layout, lay_out, read_extracts


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


def test_lines_of_one_doc_are_one_text_of_its_document(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl.gz"
    plain = {"dataset": "squad", "doc": "Whales", "context": "Whales sing.", "qas": []}
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(each) + "\n" for each in (line("a", "whole", "opinions", "Hale"), plain, plain))
    first, second = read_extracts(path)
    assert (first.name, first.document, first.category) == ("a", "whole", "opinions")
    assert (second.document, second.category, len(second.records), second.size) == ("Whales", "", 2, 24)


def test_the_places_of_answers_stay_right_when_texts_are_joined() -> None:
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


def test_others_are_of_other_documents_and_rather_of_other_categories() -> None:
    asked = extract(0, "contracts", document="whole1")
    laid = lay_out(asked, Layout.JOINED, POOL, each=9, seed=0)
    assert laid is not None and "doc1 " not in laid.text
    assert all(f"doc{number} " not in laid.text for number in range(2, 14, 2))
    few = [each for each in POOL if each.category == "contracts"]
    laid = lay_out(POOL[0], Layout.JOINED, few, each=9, seed=0)
    assert laid is not None and laid.text.count("The keeper of") == OTHERS + 1


def test_texts_are_alike_by_their_category_or_collection() -> None:
    lease, treaty, other = extract(0, "contracts", "cuad/1"), extract(1, "", "cuad/2"), extract(2, "", "papers/1")
    assert lease.is_like(treaty) and lease.is_like(extract(3, "contracts", "nda/1"))
    assert not lease.is_like(other) and not other.is_like(extract(4, "", "speeches/1"))


def test_only_short_texts_are_joined() -> None:
    assert lay_out(POOL[0], Layout.JOINED, POOL[:OTHERS], each=9, seed=0) is None
    long = Extract("long", "long", "contracts", ({"context": "a" * (LONGEST + 1), "qas": []},))
    assert lay_out(long, Layout.JOINED, POOL, each=9, seed=0) is None
    assert lay_out(long, Layout.ALONE, POOL, each=9, seed=0) is not None


@pytest.mark.parametrize("layout", Layout)
def test_the_same_seed_lays_out_the_same(layout: Layout) -> None:
    first, again, other = (lay_out(POOL[3], layout, POOL, each=1, seed=seed) for seed in (0, 0, 1))
    assert first == again and first is not None and len(first.questions) == 1
    assert layout is Layout.ALONE or first != other
