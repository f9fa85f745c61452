"""From a span to the sentence around it, and its cite."""

import json
from dataclasses import replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from docqa.app.answer.answer import Cite, record_from_json
from docqa.app.quotes.quoting import cut_quote, make_quote, span_to_quote
from docqa.app.quotes.verifier import Located
from docqa.ingest.structure.clean import paragraph_block_per_line
from docqa.ingest.types import NumberedLine, Section

TEXT = "The lease begins in May. The keeper returns the deposit within nine days. It is so. Notice is sent in writing."


def at(words: str, text: str = TEXT) -> tuple[int, int]:
    start = text.index(words)
    return start, start + len(words)


def test_the_quote_is_the_whole_sentence():
    span = span_to_quote(TEXT, *at("nine days"))
    assert TEXT[span.start : span.end] == "The keeper returns the deposit within nine days."


def test_a_short_sentence_grows_by_its_neighbour():
    span = span_to_quote(TEXT, *at("so"))
    assert TEXT[span.start : span.end] == "It is so. Notice is sent in writing."


def test_a_very_long_sentence_is_cut_to_its_clause():
    long = (
        "The buyer pays the price; "
        + "and the seller "
        + "keeps the goods dry " * 30
        + "; the keeper opens the gate at dawn."
    )
    span = span_to_quote(long, *at("opens the gate", long))
    assert long[span.start : span.end] == "the keeper opens the gate at dawn."


@settings(max_examples=60, deadline=None)
@example("1111111111111111111bb1 ", None)
@given(st.text(alphabet="abc de.;,\n12", min_size=1, max_size=120), st.data())
def test_the_answer_is_always_inside_its_quote(text, data):
    start = data.draw(st.integers(0, len(text) - 1)) if data else 0
    end = data.draw(st.integers(start + 1, len(text))) if data else len(text)
    if text[start:end].strip():
        span = span_to_quote(text, start, end)
        assert 0 <= span.start <= start < end <= span.end <= len(text)


def test_a_quote_cites_label_section_and_place(document):
    section = Section("s4.2", "4.2", "Deposit", 2, 2, 0, "numbering", 1.0, None, "ii")
    made = document("Front matter.", TEXT, labels=("i", "ii"), sections=(section,))
    quote = make_quote((made,), Located(0, 2, *at("nine days")))
    (cite,) = quote.cites
    assert (cite.file, cite.page, cite.label, cite.section) == ("a.pdf", 2, "ii", "4.2")
    assert TEXT[cite.start : cite.end] == quote.text
    assert quote.text[quote.answer_start : quote.answer_end] == "nine days"
    assert (quote.grade, quote.place) == ("exact", "as_cited")


def test_the_cite_of_a_quote_leaves_out_the_space_around_it(document):
    made = document("One.  The toll is nine marks. \n")
    quote = cut_quote((made,), Located(0, 1, 4, 30))
    (cite,) = quote.cites
    assert (quote.text, quote.grade, cite.start, cite.end) == (
        "  The toll is nine marks. ",
        "exact",
        6,
        29,
    )


def test_a_document_without_pages_is_cited_by_its_section(document):
    section = Section("s1", None, "Deposit", 1, 1, 0, "markup", 1.0, None, "§ 1")
    made = document(TEXT, paged=False, sections=(section,))
    (cite,) = make_quote((made,), Located(0, 1, *at("nine days"))).cites
    assert (cite.page, cite.label) == (None, "§ 1")


def test_only_quotes_from_pages_with_line_numbers_cite_lines(document):
    made = document(TEXT, TEXT)
    lines = (
        NumberedLine(0, 12),
        NumberedLine(TEXT.index("keeper"), 13),
        NumberedLine(TEXT.index("within"), 14),
    )
    made = replace(made, pages=(replace(made.pages[0], lines=lines), made.pages[1]))
    (numbered,) = make_quote((made,), Located(0, 1, *at("nine days"))).cites
    (plain,) = make_quote((made,), Located(0, 2, *at("nine days"))).cites
    assert numbered.to_json_object()["lines"] == (12, 14) and "lines" not in plain.to_json_object()
    read_back = [
        record_from_json(Cite, json.loads(json.dumps(cite.to_json_object())))
        for cite in (numbered, plain)
    ]
    assert read_back == [numbered, plain]


def test_a_sentence_over_a_page_break_is_one_quote_with_two_cites(document):
    texts = (
        "The gate is old. The states may draw no more than 310,000",
        "acre feet of water each year. The rest is theirs.",
    )
    made = document(*texts)
    made = replace(
        made,
        pages=tuple(
            replace(page, blocks=paragraph_block_per_line(page.text)) for page in made.pages
        ),
    )
    for page, words in ((1, "310,000"), (2, "acre feet of water")):
        quote = make_quote((made,), Located(0, page, *at(words, texts[page - 1])))
        assert (
            quote.text == "The states may draw no more than 310,000 acre feet of water each year."
        )
        assert quote.text[quote.answer_start : quote.answer_end] == words
        found = [texts[(cite.page or 1) - 1][cite.start : cite.end] for cite in quote.cites]
        assert found == [
            "The states may draw no more than 310,000",
            "acre feet of water each year.",
        ]


def test_a_quote_from_an_opinion_names_its_speaker(document):
    part = Section("1", None, "Gray, dissenting", 1, 1, 0, "opinion", 0.95, None, "1")
    made = document(
        "JUSTICE GRAY, dissenting. The toll is a tax in a thin disguise.", sections=(part,)
    )
    start = made.pages[0].text.index("a tax")
    assert make_quote((made,), Located(0, 1, start, start + 5)).speaker == "Gray, dissenting"
