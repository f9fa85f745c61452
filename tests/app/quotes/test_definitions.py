"""A quote that uses a defined term brings its definition along, checked and cited like any quote."""

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from docqa.app.answer.answer import Quote
from docqa.app.answerers.compose import _quotes
from docqa.app.context.context import Context
from docqa.app.output.render import _quote_lines
from docqa.app.quotes.definitions import definitions_in_force
from docqa.app.quotes.quoting import make_definition_quote, make_quote
from docqa.app.quotes.verifier import Located
from docqa.app.reading.candidates import Candidate
from docqa.ingest.types import Definition, Document, Section, Span

TERMS = 'An "Alarm" means a message from a probe. A "Critical Alarm" means an Alarm from a cold room with vaccines.'
RULE = "The Supplier answers every Critical Alarm within ten minutes by day and by night."
OTHER = "Elsewhere it says that a call is answered within ten minutes in every season."
LATER = 'In this part "Alarm" means a bell that rings on the roof of the mill.'


def define(term: str, page: int, text: str, words: str, scope: str | None = None) -> Definition:
    start = text.index(words)
    return Definition(term, page, start, start + len(words), scope, "means")


@pytest.fixture
def agreement(document: Any) -> Document:
    first, second = TERMS.split(". ", 1)
    sections = (
        Section("1", "1", "Main", 1, 1, 0, "numbering", 0.9, None, "1"),
        Section("2", "2", "Part two", 1, 4, 0, "numbering", 0.9, None, "4"),
    )
    made = document(TERMS, RULE, OTHER, LATER + " A man hears the Alarm at noon.", sections=sections)
    definitions = (
        define("Alarm", 1, TERMS, first + "."), define("Critical Alarm", 1, TERMS, second),
        define("Alarm", 4, LATER, LATER, "2"),
    )  # fmt: skip
    return replace(made, definitions=definitions)


def quotes(made: Document, page: int, words: str, *more: tuple[int, str]) -> list[Quote]:
    found = []
    for number, (at, what) in enumerate([(page, words), *more]):
        start = made.pages[at - 1].text.index(what)
        found.append(candidate(number, at, start, start + len(what)))
    context = Context((made,), None, (), None, None)  # type: ignore[arg-type]
    return _quotes("How soon is it answered?", tuple(found), context)


def candidate(excerpt: int, page: int, start: int, end: int) -> Candidate:
    return Candidate(excerpt, 0, page, start, end, logprob=-1.0, token_count=3, score=0.0)


def test_the_definition_is_the_second_quote_and_support_comes_behind_it(agreement):
    first, second, third = quotes(agreement, 2, "within ten minutes", (3, "within ten minutes"))
    assert (first.text, first.defines) == (RULE, None)
    assert second.text == 'A "Critical Alarm" means an Alarm from a cold room with vaccines.'
    assert (second.defines, second.answer_start, second.answer_end) == ("Critical Alarm", None, None)
    assert (second.grade, second.place, second.cites[0].page) == ("exact", "as_cited", 1)
    assert agreement.pages[0].text[second.cites[0].start : second.cites[0].end] == second.text
    assert third.text == OTHER


def test_a_term_inside_a_longer_one_is_not_used(agreement):
    whole = Span(0, len(RULE))
    assert [d.term for d in definitions_in_force(agreement, 2, whole, Span(4, 12), "")] == ["Critical Alarm"]


def test_the_definition_whose_scope_holds_the_quote_counts(agreement):
    text = agreement.pages[3].text
    start = text.index("A man hears")
    (found,) = definitions_in_force(agreement, 4, Span(start, len(text)), Span(start, len(text)), "")
    assert (found.page, found.scope) == (4, "2")
    assert quotes(agreement, 4, "the Alarm")[1].text == LATER


def test_a_quote_that_is_the_definition_brings_none(agreement):
    assert [quote.defines for quote in quotes(agreement, 4, "a bell")] == [None]


def test_terms_of_the_answer_come_first_and_at_most_two(document):
    text = "The Buyer pays the Price to the Seller on the Day of the sale."
    words = '"Buyer" means Ann Alder. "Price" means nine pounds in coins. "Seller" means Bo Birch. "Day" means noon.'
    spans = {"Buyer": "Ann Alder", "Price": "nine pounds", "Seller": "Bo Birch", "Day": "noon"}
    made = document(text, words)
    made = replace(made, definitions=tuple(define(term, 2, words, f'"{term}" means') for term in spans))
    at = text.index("Seller")
    found = definitions_in_force(made, 1, Span(0, len(text)), Span(at, at + 6), "When is the Day?")
    assert [d.term for d in found] == ["Seller", "Day"]


def test_a_term_that_neither_answer_nor_question_uses_is_not_explained(document):
    text = "A person who keeps the lock opens it at noon on every working day."
    words = '"person" means a body too. "lock" means a gate of the canal.'
    made = document(text, words)
    terms = {"person": '"person" means', "lock": '"lock" means'}
    made = replace(made, definitions=tuple(define(term, 2, words, start) for term, start in terms.items()))
    at = text.index("noon")
    assert definitions_in_force(made, 1, Span(0, len(text)), Span(at, at + 4), "When is the lock open?") == []
    (found,) = definitions_in_force(made, 1, Span(0, len(text)), Span(0, 22), "Who opens it?")
    assert found.term == "person"


def test_small_and_capital_letters_of_a_term_count(document):
    text = "Pilots and masters watch the Career Center; a shipmaster does not."
    words = '"master" means the head. "pilot" means a guide. CAREER CENTER means a room. "Ship" means a hull.'
    made = document(text, words)
    terms = {"master": '"master" means', "pilot": '"pilot" means', "CAREER CENTER": "CAREER", "Ship": '"Ship" means'}
    made = replace(made, definitions=tuple(define(term, 2, words, start) for term, start in terms.items()))
    found = definitions_in_force(made, 1, Span(0, len(text)), Span(0, 18), "")
    assert [d.term for d in found] == ["pilot", "master"]
    found = definitions_in_force(made, 1, Span(20, len(text)), Span(20, len(text)), "")
    assert [d.term for d in found] == ["CAREER CENTER"]


def test_a_person_reads_what_the_definition_is_there_for(agreement):
    quote = make_definition_quote((agreement,), 0, agreement.definitions[1])
    lines = _quote_lines(quote, False)
    assert lines[1].strip().startswith("p. 1, what Critical Alarm means")


def test_a_quote_from_an_opinion_names_its_speaker(document):
    part = Section("1", None, "Gray, dissenting", 1, 1, 0, "opinion", 0.95, None, "1")
    made = document("JUSTICE GRAY, dissenting. The toll is a tax in a thin disguise.", sections=(part,))
    start = made.pages[0].text.index("a tax")
    quote = make_quote((made,), Located(0, 1, start, start + 5))
    assert quote.speaker == "Gray, dissenting"


def test_an_answer_with_a_definition_keeps_to_the_contract(agreement, repository):
    from docqa.app.answer.answer import _quote_object

    schema = json.loads((repository / "app/output/schemas/answer.schema.json").read_text(encoding="utf-8"))
    for quote in quotes(agreement, 2, "within ten minutes"):
        jsonschema.validate(
            json.loads(json.dumps(_quote_object(quote))), {**schema["$defs"]["quote"], **schema_defs(schema)}
        )


def schema_defs(schema: dict[str, Any]) -> dict[str, Any]:
    return {"$defs": schema["$defs"]}
