"""Places that a text names: a table of named cases."""

import pytest

from docqa.app.places.cites import find_cites

CITES = [
    ("page", "see p. 12", [("page", ("12",))]),
    ("range", "see pp. 3-4", [("page", ("3", "4"))]),
    ("range with a dash", "see pp. 3–5", [("page", ("3", "4", "5"))]),
    ("shortened range", "see pp. 123-25", [("page", ("123", "124", "125"))]),
    ("list", "see pp. 3, 7 and 9", [("page", ("3", "7", "9"))]),
    ("roman", "see page xii.", [("page", ("xii",))]),
    ("a word is no roman number", "on this page mildew grew", []),
    ("appendix page", "at p. A-3", [("page", ("A-3",))]),
    ("physical page", "see PDF 14", [("pdf", ("14",))]),
    ("at, behind a source", "Id. at 14.", [("page", ("14",))]),
    ("at, but a temperature", "kept at 14 degrees, he said", []),
    ("section with subsections", "Section 4.2(b) says", [("section", ("4.2(b)",))]),
    ("section sign", "under § 5", [("section", ("5",))]),
    ("several sections", "§§ 5 and 7(a)", [("section", ("5", "7(a)"))]),
    ("section in the singular takes one", "Section 5 and 7 days", [("section", ("5",))]),
    ("clause and page", "clause 14.6, p. 5", [("section", ("14.6",)), ("page", ("5",))]),
    ("page and line of a transcript", "(Smith Dep. 12:5–13:2)", [("line", ("12:5", "13:2"))]),
    ("lines of one page", "[12:5-9]", [("line", ("12:5", "12:9"))]),
    (
        "several lines",
        "Tr. at 12:5-9, 14:2.",
        [("line", ("12:5", "12:9")), ("line", ("14:2", "14:2"))],
    ),
    (
        "one line in brackets behind a quotation",
        'He said "A b" (12:5).',
        [("line", ("12:5", "12:5"))],
    ),
    ("lines in words", "see p. 12, lines 5-9", [("line", ("12:5", "12:9"))]),
    ("a time", "The train of 12:05, open from 9:10-10:20, left (10:30 a.m.).", []),
    ("a vote and a verse", "By vote (5:4) they read John 3:16-17.", []),
    ("article in roman", "Article IV", [("section", ("IV",))]),
    ("page behind the name of a file", "(x.pdf p. 6)", [("page", ("6",))]),
    ("section with a letter", "Section 8.D applies", [("section", ("8.D",))]),
    ("section with letter and number", "Section 5.A.8.", [("section", ("5.A.8",))]),
    ("a sentence behind a section", "as in Section 8. A party", [("section", ("8",))]),
]


@pytest.mark.parametrize(
    ("text", "wanted"), [case[1:] for case in CITES], ids=[case[0] for case in CITES]
)
def test_cites_of(text, wanted):
    assert [(cite.kind, cite.numbers) for cite in find_cites(text)] == wanted


@pytest.mark.parametrize(
    ("text", "work"),
    [
        ("42 U.S.C. § 1983", "42 U.S.C."),
        ("section 5 of the Companies Act 2006", "Companies Act 2006"),
        ("347 U.S., at 495.", "347 U.S."),
        ("(Smith and Jones 2020, p. 12)", "Smith and Jones 2020"),
        ("section 5 of the Agreement", None),
        ("In May, p. 12", None),
    ],
)
def test_a_cite_that_names_another_work_says_which(text, work):
    (cite,) = find_cites(text)
    assert cite.work == work
