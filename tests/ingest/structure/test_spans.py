"""Sentences and passages: what must hold for every text, and the abbreviations of legal and
academic prose.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docqa.ingest.language.sentences import is_opener, sentences
from docqa.ingest.structure.passages import MAX_WORDS, MIN_WORDS, count_words, cut_passages

PIECES = [
    "The court held otherwise.",
    "See Smith v. Jones, No. 12-345.",
    "(a) pay the fee;",
    "(b) return it; and",
    "12.",
    "Fig. 3 shows it",
    "e.g. a pond",
    "et al. (2019)",
    "42 U.S.C. § 1983",
    "\n",
    "\n\n",
    "  ",
    "\t",
    "“Quoted.”",
    "Dr. No",
    "海岸の池。",
    "word " * 90,
    "x" * 700,
    "a, b; c: d — e",
    "?",
    "!",
    ".",
    "...",
    "1.2.3 Title",
    "• item",
    "é́",
    "\u2028",
]
texts = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join), st.text(max_size=400)
)


def cut(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentences(text)]


@settings(max_examples=100, deadline=None)
@given(texts)
def test_sentences_are_in_order_without_overlap_and_leave_out_only_white_space(text):
    position = 0
    for span in sentences(text):
        assert position <= span.start < span.end <= len(text)
        assert not text[position : span.start].strip()
        assert text[span.start : span.end] == text[span.start : span.end].strip()
        position = span.end
    assert not text[position:].strip()


@settings(max_examples=100, deadline=None)
@given(texts, st.lists(st.integers(0, 400), max_size=6))
def test_passages_cover_the_page_in_order_and_hold_at_most_200_words(text, headings):
    position = 0
    for span in cut_passages(text, headings):
        assert position <= span.start < span.end
        assert not text[position : span.start].strip()
        assert (
            len(text[span.start : span.end].split())
            <= count_words(text[span.start : span.end])
            <= MAX_WORDS
        )
        position = span.end
    assert not text[position:].strip()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(5, 60), min_size=8, max_size=60))
def test_passages_of_ordinary_prose_hold_at_least_80_words(lengths):
    text = " ".join("Word " + "word " * (n - 2) + "end." for n in lengths)
    words = [count_words(text[span.start : span.end]) for span in cut_passages(text)]
    if len(words) > 1:
        assert min(words[:-2], default=MIN_WORDS) >= MIN_WORDS
        # The last two share what is left, as evenly as sentences of up to 60 words allow.
        assert min(words[-2:]) >= (MAX_WORDS + 1 - 60) // 2


def test_a_passage_of_enough_words_ends_at_the_next_heading():
    before = "One two three four five six seven eight nine ten. " * 9
    text = (
        before.strip()
        + "\n4 Results\n"
        + "The pond was calm at dawn on every day of the week. " * 10
    )
    starts = [span.start for span in cut_passages(text, [text.index("4 Results")])]
    assert text.index("4 Results") in starts


@pytest.mark.parametrize(
    "sentence",
    [
        "See Smith v. Jones, No. 12-345, at p. 7.",
        "Under 42 U.S.C. § 1983 the claim fails.",
        "Haldorsen et al. (2019) found it in Fig. 3 and Eq. (2).",
        "Many ponds, e.g. Widgeon Pond, were closed.",
        "It was signed by Dr. A. B. Marrand on Jan. 4, 2021.",
        "Sec. 12 and Art. 4 of Vol. 2 apply.",
        "The value is 3.14 at most, i.e. small.",
        "Calder Marine Ltd. was served.",
        "§ 204. Anchoring is forbidden.",
        "Section 4. Notices are in writing.",
        "It lies in Roe v. Wade, Fed. R. Civ. P. 12(b)(6), as the W. Va. court said.",
        "An appeal from . . . final decisions is allowed.",
    ],
)
def test_abbreviations_do_not_end_a_sentence(sentence):
    assert cut(f"Before it.\n{sentence} After it.") == ["Before it.", sentence, "After it."]


def test_a_sentence_ends_at_quotes_brackets_and_marks():
    found = cut('He said "no." She left. (It rained.) Why? Nobody knew!')
    assert found == ['He said "no."', "She left.", "(It rained.)", "Why?", "Nobody knew!"]


def test_numbered_clauses_and_list_items_begin_sentences():
    text = "The tenant shall:\n(a) pay the rent;\n(b) keep the\nfence; and\n2. Repairs are due.\n• one item\n• another"
    assert cut(text) == [
        "The tenant shall:",
        "(a) pay the rent;",
        "(b) keep the\nfence; and",
        "2. Repairs are due.",
        "• one item",
        "• another",
    ]


def test_a_clause_number_is_no_sentence_of_its_own():
    found = cut("12. The tenant pays. 13.2 Notices are in writing.")
    assert found == ["12. The tenant pays.", "13.2 Notices are in writing."]


def test_a_long_enumeration_is_cut_into_clauses():
    clause = "the holder of the licence shall keep a book of every arrival and departure in the harbour of that year"
    text = f"In this title: (a) {clause}; (b) {clause}; and (c) {clause}."
    assert [piece[:3] for piece in cut(text)] == ["In ", "(a)", "(b)", "(c)"]


@pytest.mark.parametrize(
    "line", ["(a) pay", "12. Notices", "• item", "Article 4", "§ 12", "(iv) x", "1.2.3 Title"]
)
def test_openers_are_known(line):
    assert is_opener(line)


@pytest.mark.parametrize("line", ["The tenant", "article of faith", "2021 was dry"])
def test_ordinary_lines_are_no_openers(line):
    assert not is_opener(line)


def test_the_row_of_a_table_is_one_sentence():
    rows = [
        "M1 | A report. With pictures. | 1 May",
        "m2 | a second one | 2 May",
        "total | 2 reports",
    ]
    assert cut("\n".join(["It is paid by the table.", *rows])) == [
        "It is paid by the table.",
        *rows,
    ]
