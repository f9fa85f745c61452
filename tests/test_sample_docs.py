"""The sample documents are what their README says, and every question's answer stands on the pages
it names.
"""

import importlib
import json
import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest

SAMPLES = Path(__file__).resolve().parents[1] / "sample_docs"
PDFS = ("tidal_ponds_paper.pdf", "services_agreement.pdf", "harbour_act.pdf", "handbook.pdf")


def fold(text: str) -> str:
    return " ".join(text.split())


@cache
def pages_of(name: str) -> tuple[str, ...]:
    path = SAMPLES / name
    if path.suffix == ".xml":
        return (fold(" ".join(ET.parse(path).getroot().itertext())),)
    return tuple(fold(page.extract_text()) for page in PdfReader(path).pages)


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


QUESTIONS = records(SAMPLES / "questions.jsonl")
SOURCE = records(SAMPLES / "sources" / "questions_source.jsonl")
ANSWERABLE = [record for record in SOURCE if not record["unanswerable"]]


def test_every_document_has_a_question():
    assert {record["file"] for record in QUESTIONS} == {*PDFS, "harbour_act.xml"}


def test_questions_have_the_contract_keys_and_match_their_source():
    keys = ("file", "question", "answer", "pages", "unanswerable")
    assert all(tuple(record) == keys for record in QUESTIONS)
    assert [{key: record[key] for key in keys} for record in SOURCE] == QUESTIONS


def test_an_unanswerable_question_has_no_answer_and_no_pages():
    assert all(
        not record["answer"] and not record["pages"]
        for record in QUESTIONS
        if record["unanswerable"]
    )


@pytest.mark.parametrize(
    "record", ANSWERABLE, ids=lambda record: f"{record['file']}: {record['question']}"
)
def test_each_answer_is_word_for_word_in_sentence_and_pages(record):
    pages = pages_of(record["file"])
    assert record["answer"] in record["quote"]
    assert record["pages"] and all(1 <= number <= len(pages) for number in record["pages"])
    if all(record["answer"] in pages[number - 1] for number in record["pages"]):
        return
    assert record["answer"] in " ".join(pages[number - 1] for number in record["pages"])


def test_the_last_column_of_a_table_stays_with_its_rows():
    page = read(ReadRequest(SAMPLES / PDFS[1])).pages[11].text
    assert "Platform reachable 99.8 % 3 % for each" in page.replace(" | ", " ")


@pytest.mark.parametrize("name", PDFS)
def test_building_from_the_sources_gives_the_same_text(name, tmp_path, monkeypatch):
    pytest.importorskip("reportlab")
    monkeypatch.syspath_prepend(str(SAMPLES / "sources"))
    target = tmp_path / name
    if name == "harbour_act.pdf":
        importlib.import_module("act").build(tmp_path / "harbour_act.xml", target)
        assert (tmp_path / "harbour_act.xml").read_bytes() == (
            SAMPLES / "harbour_act.xml"
        ).read_bytes()
    else:
        builder = name.removesuffix(".pdf").split("_")[-1]
        importlib.import_module(builder).build(target)
    assert tuple(fold(page.extract_text()) for page in PdfReader(target).pages) == pages_of(name)


def test_a_quote_missing_from_the_document_stops_the_build(monkeypatch):
    monkeypatch.syspath_prepend(str(SAMPLES / "sources"))
    pytest.importorskip("reportlab")
    questions = importlib.import_module("questions")
    with pytest.raises(ValueError, match="no page holds"):
        questions.find_pages(("one page", "another page"), "words that are nowhere", "nowhere")
    assert questions.find_pages(
        ("he left in", "the spring rain"), "he left in the spring rain", "the spring"
    ) == [2]
