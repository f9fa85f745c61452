"""Grades and places of quotes: a table of named traps, and properties that hold for any page."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docqa.app.quotes.verifier import CitedPlace, Verifier, is_too_short_quote
from docqa.ingest.types import Section

PAGE = (
    "The Tenant shall not assign this lease without the written con-\nsent of the “Landlord”. The fee is 21,000 "
    "dollars and the ﬁrst payment of 5.2 million falls due on 1 March 2021. Either party may end this lease unless "
    "notice was given in the well-\nknown form."
)
TRAPS = [
    ("exact", "The Tenant shall not assign this lease", "exact"),
    ("line break inside", "assign this lease without the written", "exact"),
    ("hyphen at the end of a line", "the written consent of the", "normalised"),
    ("hyphen that belongs to the word", "given in the well-known form", "normalised"),
    ("quotation marks of another shape", 'consent of the "Landlord"', "normalised"),
    ("ligature", "the first payment of 5.2 million", "normalised"),
    ("case", "the tenant SHALL not assign", "normalised"),
    ("a not was lost", "The Tenant shall assign this lease without the written consent", "near"),
    ("a not was added", "Either party may not end this lease unless notice was given", "near"),
    (
        "shall became may",
        "The Tenant may not assign this lease without the written consent",
        "near",
    ),
    ("a figure changed", "The fee is 27,000 dollars and the first payment", "near"),
    ("a figure cut short", "The fee is 21,000 dollars and the first payment of 5", "near"),
    ("a figure begun late", "000 dollars and the first payment of 5.2 million", "near"),
    ("a date changed", "falls due on 1 March 2022. Either party may end", "near"),
    ("unless became if", "Either party may end this lease if notice was given", "near"),
    ("invented", "The Landlord lives in a yellow submarine with friends", "absent"),
    ("empty", "  ", "absent"),
]


@pytest.mark.parametrize(
    ("quote", "grade"), [trap[1:] for trap in TRAPS], ids=[trap[0] for trap in TRAPS]
)
def test_grade_of_a_quote_with(document, quote, grade):
    assert Verifier([document(PAGE)]).verify(quote, CitedPlace(0, 1)).grade == grade


@pytest.mark.parametrize(
    ("name", "text", "furniture", "grade"),
    [
        (
            "line numbers",
            "The buyer shall deliver 12 the goods to the 13 northern warehouse",
            ("12", "13"),
            "damaged",
        ),
        (
            "a footnote mark",
            "The buyer shall deliver the goods [4] to the northern warehouse",
            (),
            "damaged",
        ),
        (
            "a column bleed",
            "The buyer shall deliver left column words the goods to the northern warehouse",
            (),
            "damaged",
        ),
        ("lost spaces", "The buyer shalldeliver thegoods to the northern warehouse", (), "damaged"),
        (
            "a figure that is no furniture",
            "The buyer shall deliver 12 the goods to the northern warehouse",
            (),
            "near",
        ),
        (
            "an inserted not",
            "The buyer shall not deliver the goods to the northern warehouse",
            (),
            "near",
        ),
    ],
)
def test_debris_between_words_is_damage_a_protected_word_an_edit(
    document, name, text, furniture, grade
):
    verifier = Verifier([document(text, furniture=furniture)])
    assert (
        verifier.verify("The buyer shall deliver the goods to the northern warehouse").grade
        == grade
    ), name


def test_a_quote_on_another_page_has_moved(document):
    pages = "Nothing is here.", "", "The lease ends in June next year."
    verdict = Verifier([document(*pages)]).verify("The lease ends in June", CitedPlace(0, 1))
    assert (verdict.grade, verdict.place, verdict.spans[0].page) == ("exact", "moved", 3)


def test_a_quote_of_another_document_says_so(document):
    verifier = Verifier(
        [document("Nothing here."), document("The lease ends in June.", path="b.pdf")]
    )
    verdict = verifier.verify("The lease ends in June", CitedPlace(0, 1))
    assert (verdict.place, verdict.spans[0].document) == ("other_document", 1)


def test_verbatim_words_on_the_cited_page_beat_an_exact_copy_elsewhere(document):
    pages = "The lease ends\nin June of the year.", "The lease ends in June of the year."
    verdict = Verifier([document(*pages)]).verify("The lease ends in June", CitedPlace(0, 1))
    assert (verdict.grade, verdict.place) == ("normalised", "as_cited")


def test_a_quote_over_two_pages_has_two_places(document):
    pages = "It begins here. The keeper returns the depo-", "sit within nine days of the end. More."
    verdict = Verifier([document(*pages)]).verify(
        "The keeper returns the deposit within nine days", CitedPlace(0, 1)
    )
    assert verdict.grade == "normalised"
    found = [pages[s.page - 1][s.start : s.end] for s in verdict.spans]
    assert found == ["The keeper returns the depo-", "sit within nine days"]


def test_a_cited_page_without_text_is_uncheckable_not_absent(document):
    verifier = Verifier([document("", "Some text stands here.")])
    verdict = verifier.verify("words of a scanned page only", CitedPlace(0, 1))
    assert (verdict.grade, verdict.place) == ("uncheckable", "unknown")


def test_of_several_places_the_one_nearest_the_citation_is_chosen_and_counted(document):
    text = "Pay on the first day. " + "filler words stand here. " * 20 + "Pay on the first day. "
    verdict = Verifier([document(text)]).verify(
        "Pay on the first day", CitedPlace(0, 1, start=len(text) - 30)
    )
    assert verdict.count == 2
    assert verdict.spans[0].start > 100


def test_the_section_is_searched_before_the_rest(document):
    section = Section("s1", "1", "One", 1, 2, 0, "markup", 1.0, None, None)
    later = Section("s2", "2", "Two", 1, 5, 0, "markup", 1.0, None, None)
    same = "The deposit is returned in nine days."
    pages = same, "Section one begins.", "More of it.", same, "Section two begins."
    # Page 4 is in the cited section but two pages away; page 1 is nearer to nothing but the
    # beginning.
    verdict = Verifier([document(*pages, sections=(section, later))]).verify(
        same, CitedPlace(0, 2, 0)
    )
    assert verdict.spans[0].page in {1, 4}
    far = Verifier([document(*pages, sections=(section, later))]).verify(same, CitedPlace(0, 3, 0))
    assert far.spans[0].page == 4


@pytest.mark.parametrize(
    ("quote", "short"),
    [
        ("nine days", True),
        ("in the end of it", True),
        ("The deposit", True),
        ("The keeper returns deposits", False),
    ],
)
def test_short_quotes_never_stand_as_evidence(quote, short):
    assert is_too_short_quote(quote) is short


WORDS = st.lists(
    st.sampled_from(
        [
            "tenant",
            "pays",
            "rent",
            "until",
            "June",
            "office",
            "notice",
            "keeper",
            "door",
            "lock",
            "12",
            "7.5",
            "not",
        ]
    ),
    min_size=6,
)


@settings(max_examples=40, deadline=None)
@given(WORDS, st.data())
def test_any_run_of_whole_words_verifies_at_its_own_place(document, words, data):
    text = " ".join(words)
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first + 1, len(words)))
    quote = " ".join(words[first:last])
    verdict = Verifier([document(text)]).verify(quote, CitedPlace(0, 1))
    assert verdict.grade == "exact"
    span = verdict.spans[0]
    assert text[span.start : span.end] == quote


@settings(max_examples=40, deadline=None)
@given(WORDS, st.data())
def test_a_changed_figure_never_verifies(document, words, data):
    text = " ".join(words)
    at = data.draw(st.integers(0, len(words) - 1))
    changed = [*words[:at], "9431", *words[at + 1 :]]
    assert not Verifier([document(text)]).verify(" ".join(changed), CitedPlace(0, 1)).verified
