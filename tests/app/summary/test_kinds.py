"""Opinions, contracts and papers are told apart, and each begins with what a reader of its kind
wants first.
"""

from docqa.app.reading.document_kind import DocumentKind, likeliest_document_kind
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest
from docqa.ingest.types import Document

OPINION = """IN THE SUPREME COURT OF MERROW

Alder v. Birch Bakeries Limited

Judge Cole delivered the opinion of the court.

Ann Alder argues that the bakery owed her a duty to salt the path in front of its shop in winter. The bakery argues
that the path belongs to the town, and that nobody had asked it to salt the path of another.

On 3 March 2021 Ann Alder slipped on the path in front of the shop and broke her wrist in two places. She sued the
bakery for nine thousand dollars in the district court, which dismissed her claim without a trial.

A shop that invites customers over a path takes the path as its own for the purposes of the duty of care.

We hold that a shop must salt the path over which it invites its customers. The judgment of the district court is
reversed, and the case is remanded for a trial on damages.
"""


def parsed(text: str) -> Document:
    return read(ReadRequest("a.md", text.encode(), media_type="md"))


def test_opinions_contracts_and_papers_are_told_apart(paper, contract):
    found = [likeliest_document_kind(each) for each in (parsed(OPINION), contract, paper)]
    assert found == [DocumentKind.COURT, DocumentKind.CONTRACT, DocumentKind.PAPER]


def test_a_courts_holding_comes_before_its_arguments(summarize):
    said = [
        " ".join(sentence.text.split())
        for sentence in summarize(parsed(OPINION), "abstract").sentences
    ]
    holding = [
        text.startswith(("We hold", "The judgment of the district court is reversed"))
        for text in said
    ]
    assert holding[0] and sorted(holding, reverse=True) == holding


def test_a_contract_begins_with_its_parties(summarize, contract):
    first = summarize(contract).sentences[0].text
    assert "Alder Mills Limited" in first and "Birch Bakeries Limited" in first
