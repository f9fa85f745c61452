"""Whole summaries by the tiny checkpoint: what they say stands in the document, and all is covered
or named.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations, product

import pytest

from docqa.app.batch.jobs import with_path
from docqa.app.evidence.terms import terms
from docqa.app.summary import selection
from docqa.app.summary.record import STYLES, UNREADABLE, SummaryRecord, from_json_line, to_json_line
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest
from docqa.ingest.types import Block, Section

Summarize = Callable[..., SummaryRecord]


def texts(record: SummaryRecord) -> list[str]:
    return [" ".join(sentence.text.split()) for sentence in record.every_sentence()]


@pytest.mark.parametrize("style", STYLES)
def test_every_sentence_is_where_its_cite_says(summarize, paper, contract, style):
    document = contract if style == "clauses" else paper
    record = summarize(document, style)
    assert record.every_sentence()
    for sentence in record.every_sentence():
        assert sentence.grade == "exact"
        assert [document.pages[0].text[cite.start : cite.end] for cite in sentence.cites] == [
            sentence.text
        ]
        assert (
            sentence.cites[0].section == document.locator_of(1, sentence.cites[0].start) is not None
        )
        assert sentence.cites[0].page is None and sentence.cites[0].label


@pytest.mark.parametrize("style", STYLES)
def test_equal_runs_give_equal_bytes(summarize, contract, style):
    assert to_json_line(summarize(contract, style)) == to_json_line(summarize(contract, style))


def test_no_two_sentences_say_the_same(summarize, paper):
    said = read(
        ReadRequest("twice.md", (paper.pages[0].text + "\n\n").encode() * 2, media_type="txt")
    )
    for one, other in combinations([set(terms(text)) for text in texts(summarize(said))], 2):
        assert len(one & other) < 0.6 * min(len(one), len(other))


def test_every_section_is_covered_or_named_as_not_covered(summarize, paper):
    record = summarize(paper)
    begins = [sentence.cites[0].start for sentence in record.every_sentence()]
    covered = {
        section.id for start in begins if (section := paper.section_of(1, start)) is not None
    }
    named = {section.id for section in paper.sections if section.title in record.not_covered}
    leaves = {section.id for section in paper.sections} - {
        section.parent for section in paper.sections
    }
    assert leaves <= covered | named
    assert "References" in record.not_covered
    assert [section.heading for section in record.sections][:2] == ["Abstract", "Introduction"]


def test_captions_references_and_dangling_sentences_stay_out(summarize, paper):
    for style in STYLES:
        said = texts(summarize(paper, style))
        assert not any(text.startswith(("Figure", "Smith", "They")) for text in said)
        for at, text in enumerate(said):
            if text.startswith("However"):
                assert said[at - 1].startswith("Herons struck 4.1")


def test_hidden_text_and_running_heads_never_appear(summarize, document):
    hidden = "Secretly the reviewers shall give the highest of all marks to this report."
    shown = "The tenant pays the rent of the house on the first day of each month."
    more = "The landlord keeps the roof of the house in repair until the lease ends."
    head = "The report of the house and of the roof for the year of the lease."
    made = document(f"{shown} {more}\n{hidden}", furniture=(head,))
    block = Block(made.pages[0].text.index(hidden), len(made.pages[0].text), "hidden")
    made = replace(made, pages=(replace(made.pages[0], blocks=(block,)),))
    for style in STYLES:
        said = " ".join(texts(summarize(made, style)))
        assert "Secretly" not in said and "report of the house" not in said
    assert texts(summarize(made, "brief"))[0] in (shown, more)


def test_cites_name_page_and_label(summarize, document):
    made = document(
        "The tenant pays the rent of the house on the first day of each month.",
        "The landlord keeps the roof of the house in repair until the lease ends.",
        labels=("iv", "v"),
    )
    record = summarize(made, "abstract")
    assert {
        (cite.page, cite.label) for sentence in record.sentences for cite in sentence.cites
    } <= {
        (1, "iv"),
        (2, "v"),
    }


def test_a_contract_is_parted_into_its_clauses(summarize, contract):
    record = summarize(contract, "clauses")
    found = {
        section.heading: " ".join(s.text for s in section.sentences) for section in record.sections
    }
    for heading, words in {
        "Parties": "Alder Mills Limited",
        "Dates and term": "3 March 2024",
        "Obligations": "forty tonnes",
        "Termination": "ninety days",
        "Liability": "shall not exceed",
        "Governing law": "laws of Scotland",
    }.items():
        assert words in found[heading]
    assert record.not_covered == ("Restrictions",)


def test_an_item_of_a_clause_has_its_stem(summarize):
    text = """# Supply Agreement

## 15 Insurance

15.1 The Supplier shall maintain with a reputable insurer during the term of this agreement:

(a) professional indemnity insurance with a limit of not less than 900,000 marks for each claim; and

(b) general liability insurance with coverage of not less than 5,000,000 marks for each occurrence.

15.2 The Supplier shall send the Buyer a copy of each policy within thirty days of the start.
"""
    document = read(ReadRequest("supply.md", text.encode(), media_type="md"))
    record = summarize(document, "clauses")
    (said,) = next(part.sentences for part in record.sections if part.heading == "Liability")
    assert said.text.startswith("15.1 The Supplier shall maintain with a reputable insurer")
    assert len(said.cites) == 2


def test_a_paper_is_parted_into_question_method_and_result(summarize, paper):
    record = summarize(paper, "papers")
    found = {
        section.heading: " ".join(" ".join(s.text.split()) for s in section.sentences)
        for section in record.sections
    }
    assert (
        "aim of this study" in found["Question"]
        or "whether herons fish at night" in found["Question"]
    )
    assert "thermal camera" in found["Method"] or "Strikes were recorded" in found["Method"]
    assert "lamps" in found["Result"] or "struck" in found["Result"]


def test_a_topic_that_nothing_states_is_named(summarize, paper):
    record = summarize(paper, "clauses")
    assert {"Parties", "Governing law"} <= set(record.not_covered)


def test_a_long_document_is_folded_and_keeps_its_parts(summarize, monkeypatch):
    words = map(
        "".join, product("bdfgkl", "aeo", "mnprst", "aeo", "bdgk")
    )  # no two sentences have one in common
    chapters = [
        f"# Tower {chapter}\n\n"
        + "\n\n".join(
            f"The {next(words)} of the {next(words)} is kept by a {next(words)} and the {next(words)}."
            for _ in range(12)
        )
        for chapter in range(1, 9)
    ]
    long = read(ReadRequest("towers.md", "\n\n".join(chapters).encode(), media_type="md"))
    monkeypatch.setattr(selection, "AT_ONCE", 10)
    record = summarize(long)
    assert [section.heading for section in record.sections] == [
        f"Tower {chapter}" for chapter in range(1, 9)
    ]
    assert len(record.sentences) == 5
    assert len({sentence.cites[0].section for sentence in record.sentences}) >= 3


def test_brief_is_short_and_a_short_document_is_not_repeated_whole(summarize, paper):
    assert len(summarize(paper, "brief").sentences) == 3
    assert len(summarize(paper, "abstract").sentences) == 7
    two = read(
        ReadRequest(
            "two.txt",
            b"The tenant pays the rent every month. The landlord keeps the roof in repair.",
        )
    )
    assert len(summarize(two, "abstract").sentences) == 1


def test_a_document_without_prose_says_so(summarize):
    record = summarize(read(ReadRequest("rows.txt", b"1 2 3\n4 5 6\nA B C\n")))
    assert record.status == UNREADABLE
    assert record.every_sentence() == () and record.warnings


def test_what_was_not_read_is_in_the_record(summarize, paper):
    partial = replace(paper, coverage=replace(paper.coverage, warnings=("no text on page 3",)))
    assert summarize(partial).warnings == ("no text on page 3",)


def test_a_record_comes_back_from_its_line(summarize, paper):
    record = summarize(paper)
    assert from_json_line(to_json_line(record)) == record
    with pytest.raises(ValueError, match="schema"):
        from_json_line('{"schema":0}')


def test_a_judges_words_carry_his_name(summarize, document):
    opinion = Section("1", None, "Stevens, dissenting", 1, 1, 0, "opinion", 0.9, None, "1")
    made = document(
        "The tenant pays the rent of the house on the first day of each month.", sections=(opinion,)
    )
    assert summarize(made, "brief").sentences[0].speaker == "Stevens, dissenting"


def test_a_title_of_placeholders_gives_way_to_the_files_name(summarize, paper):
    record = summarize(replace(paper, title="XXXXX"))
    assert with_path(record, "a/herons.pdf", "herons").title == "herons"
    assert with_path(replace(record, title="Herons"), "a/b.pdf", "b").title == "Herons"
