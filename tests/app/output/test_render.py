"""How an Answer looks in a terminal, and how progress looks on standard error."""

import io
import sys
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import pytest

from docqa.app.answer.answer import (
    Answer,
    Cite,
    CoverageReport,
    EvidenceItem,
    Quote,
    Statement,
    Usage,
)
from docqa.app.answer.events import ReadProgress
from docqa.app.answer.grades import Grade, Place, Status, Support
from docqa.app.output import console, render
from docqa.app.output import progress as progress_module
from docqa.app.output.progress import Progress, duration_text, prefill_progress_line, size_text


def _cite(
    page: int | None = 14,
    label: str | None = "xii",
    section: str | None = None,
    file: str = "a.pdf",
) -> Cite:
    return Cite(file, page, label, section, 0, 9)


def _numbered(page: int, first: int, last: int) -> Cite:
    return Cite("a.pdf", page, None, None, 0, 9, (first, last))


def _quote(
    text: str = "The term ends in May.", grade: str = "exact", cites: tuple[Cite, ...] = ()
) -> Quote:
    return Quote(text, 0, 3, Grade(grade), Place.AS_CITED, cites or (_cite(),))


def _answer(**changes: object) -> Answer:
    values: dict = {
        "status": "answered",
        "question": "When?",
        "answer": "May",
        "refused": False,
        "confidence": 0.8,
        "quotes": (_quote(),),
        "evidence": (),
        "coverage": CoverageReport(tokens=100, tokens_read=100, pages=20),
        "usage": Usage(100, 0, 1.0, False),
    }
    return Answer(**{**values, **changes})


@pytest.mark.parametrize(
    ("cites", "text"),
    [
        ((_cite(14, "xii"),), "p. xii (PDF 14)"),
        ((_cite(12, "12"),), "p. 12"),
        ((_cite(12, None),), "p. 12"),
        ((_cite(12, "12"), _cite(13, "13")), "pp. 12–13"),
        ((_cite(14, "xii"), _cite(15, "xiii")), "pp. xii–xiii (PDF 14–15)"),
        ((_cite(12, "12", "4.2 Payment"),), "p. 12, 4.2 Payment"),
        ((_cite(1, None, "1"),), "p. 1, section 1"),
        ((_cite(12, "12", "4.2(b)"),), "p. 12, section 4.2(b)"),
        ((_numbered(5, 12, 14),), "p. 5, lines 12–14"),
        ((_numbered(5, 7, 7),), "p. 5, line 7"),
        ((_numbered(5, 27, 28), _numbered(6, 1, 2)), "pp. 5–6, line 27 to line 2"),
        ((_cite(None, "§ 1(a)", "§ 1(a)"),), "§ 1(a)"),
        ((_cite(None, None),), "characters 0 to 9"),
        ((), "no place found"),
    ],
)
def test_a_cite_shows_label_and_physical_page_where_they_differ(cites, text):
    assert render.cite_text(cites) == text


@pytest.mark.parametrize("grade", ["damaged", "near", "absent", "uncheckable"])
def test_only_exact_and_normalised_are_called_verified(grade):
    assert f"[not verified: {grade}" in render.answer_text(_answer(quotes=(_quote(grade=grade),)))
    for verified in ("exact", "normalised"):
        assert "[quote found" in render.answer_text(_answer(quotes=(_quote(grade=verified),)))


def test_coverage_below_all_stands_on_its_own_line_before_the_answer():
    coverage = CoverageReport(100, 100, 20, pages_without_text=(3, 7, 8, 9), hidden_spans=2)
    lines = render.answer_text(_answer(coverage=coverage)).splitlines()
    assert (
        lines[0] == "Coverage: 80 % of 20 pages have text; none on PDF 3, 7–9; 2 hidden passages."
    )
    assert lines[2] == "May"


def test_full_coverage_says_nothing_about_coverage():
    assert render.answer_text(_answer()).splitlines()[0] == "May"


def test_a_refusal_shows_what_was_searched_the_words_and_the_nearest_passage():
    evidence = tuple(
        EvidenceItem("a.pdf", page, None, 1.0, f"passage {page}") for page in (1, 2, 3, 4)
    )
    coverage = CoverageReport(100, 100, 20, warnings=('"rent" stands 0 times',))
    text = render.answer_text(
        _answer(
            status="not_found",
            answer=None,
            quotes=(),
            evidence=evidence,
            refused=True,
            coverage=coverage,
        )
    )
    assert text.splitlines() == [
        "Not found.",
        'Searched: 20 pages. "rent" stands 0 times',
        "",
        "Nearest, not an answer:",
        "  p. 1: passage 1",
    ]


def _refusal(status: str = "possible", **changes: object) -> Answer:
    evidence = tuple(
        EvidenceItem("a.pdf", page, str(page), 1.0, f"passage {page}") for page in (19, 2, 3, 4)
    )
    values: dict = {
        "status": Status(status),
        "answer": None,
        "quotes": (),
        "evidence": evidence,
        "refused": True,
    }
    return _answer(**{**values, **changes})


def test_where_an_answer_possibly_stands_comes_before_anything_else():
    coverage = CoverageReport(
        100, 100, 20, pages_without_text=(3,), warnings=('"rent" stands 0 times',)
    )
    lines = render.answer_text(_refusal(coverage=coverage)).splitlines()
    assert lines == [
        "Possibly on p. 19: passage 19",
        "",
        "Coverage: 95 % of 20 pages have text; none on PDF 3.",
        "",
        render.NOT_STATED,
        'Searched: 20 pages. "rent" stands 0 times',
        "",
        "Nearest, not an answer:",
        "  p. 2: passage 2",
    ]


@pytest.mark.parametrize(
    ("page", "label", "file", "place"),
    [
        (19, "xv", None, "Possibly on p. xv (PDF 19)"),
        (19, "19", "b.pdf", "Possibly in b.pdf, p. 19"),
        (None, "§ 3", None, "Possibly in § 3"),
        (None, None, None, "Possibly in the text"),
        (None, None, "b.txt", "Possibly in b.txt"),
    ],
)
def test_a_possible_place_is_said_in_words(page, label, file, place):
    assert render.possible_place(EvidenceItem("b.txt", page, label, 1.0, "words"), file) == place


def test_what_was_not_found_says_what_was_searched():
    lines = render.answer_text(_refusal("not_found"), files=3).splitlines()
    assert lines[:2] == ["Not found.", "Searched: 3 files, 20 pages."]
    assert "  a.pdf, p. 19: passage 19" in lines


def test_a_quick_question_without_an_answer_says_where_it_looked():
    lines = render.answer_text(
        _refusal("partial", coverage=CoverageReport(100, 0, 20))
    ).splitlines()
    assert lines[2:4] == [
        "Not found among the passages that the question's words find.",
        "Searched: 20 pages.",
    ]
    assert "  p. 19: passage 19" in lines
    unreadable = render.answer_text(_refusal("unreadable", evidence=()))
    assert unreadable == "No answer (unreadable)."


@pytest.mark.parametrize("status", ["answered", "possible", "not_found"])
def test_of_several_files_the_only_one_cited_is_named_too(status):
    answer = _answer(quotes=(_quote(), _quote())) if status == "answered" else _refusal(status)
    places = [line for line in render.answer_text(answer, files=2).splitlines() if "p. " in line]
    assert places and all("a.pdf, p. " in line for line in places)
    assert "a.pdf" not in render.answer_text(answer, files=1)


def test_several_statements_are_shown_one_by_one_with_their_places():
    quotes = (_quote(cites=(_cite(1, "1"),)), _quote(cites=(_cite(2, "2", file="b.pdf"),)))
    statements = (
        Statement("rent", Support.QUOTED, (0,)),
        Statement("the\nheating", Support.QUOTED, (1,)),
    )
    text = render.answer_text(
        _answer(answer="rent; the\nheating", quotes=quotes, statements=statements)
    )
    assert text.splitlines()[:2] == ["- rent (a.pdf, p. 1)", "- the heating (b.pdf, p. 2)"]


@pytest.mark.parametrize("support", ["unsupported", "contradicted"])
def test_what_no_quote_bears_out_is_printed_only_where_asked_for(support):
    statements = (
        Statement("It ends.", Support.SUPPORTED, (0,)),
        Statement("It rains.", Support(support), ()),
    )
    answer = _answer(status="partial", answer="It ends. It rains.", statements=statements)
    assert render.answer_text(answer).startswith(
        "- It ends. (p. xii (PDF 14))   [partial: quotes do not bear out"
    )
    assert "It rains." not in render.answer_text(answer) + render.answer_text(
        _refusal(statements=statements[1:])
    )
    for each in (answer, _refusal(statements=statements[1:])):
        apart = render.answer_text(each, unsupported=True).partition(
            "Written, and not borne out by the documents:\n"
        )
        assert apart[2].startswith("- It rains. [")


def test_what_is_borne_out_in_part_has_its_open_words_marked():
    statements = (Statement("The term ends in Zurich.", Support.PARTLY, (0,)),)
    text = render.answer_text(_answer(answer="The term ends in Zurich.", statements=statements))
    assert "[partly supported; not in its quotes: " in text and "Zurich]" in text


def test_a_preview_is_marked_as_one():
    assert render.preview_text(_answer(status="partial"), 1).startswith("Preliminary answer")
    assert "do not answer" in render.preview_text(
        _answer(status="not_found", answer=None, quotes=()), 1
    )


def test_several_files_are_named_at_each_quote():
    quotes = (
        _quote(cites=(_cite(1, "1", file="a.pdf"),)),
        _quote(cites=(_cite(2, "2", file="b.pdf"),)),
    )
    text = render.answer_text(_answer(quotes=quotes))
    assert "a.pdf, p. 1 [" in text
    assert "b.pdf, p. 2 [" in text


@pytest.mark.parametrize(
    "hostile", ["\x1b[31mred", "a\x9b2Jb", "a\u202eb", "line\r\nover", "bell\x07"]
)
def test_nothing_of_a_document_reaches_the_terminal_as_a_command(hostile):
    text = render.answer_text(_answer(answer=hostile, quotes=(_quote(hostile),)))
    assert not {character for character in text if ord(character) < 32 and character != "\n"}
    assert not set(text) & {"\x9b", "\u202e"}


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _at(done: int) -> ReadProgress:
    return ReadProgress(done, 1000, 50.0, (1000 - done) / 50.0, reused=0)


def _set_clock(monkeypatch: pytest.MonkeyPatch, times: Iterator[float]) -> None:
    clock = SimpleNamespace(monotonic=lambda: next(times))
    monkeypatch.setattr(progress_module, "time", clock)


def test_without_a_terminal_progress_is_a_line_every_ten_seconds_at_most(monkeypatch, capsys):
    now = iter([0.0, 1.0, 9.0, 11.0, 15.0, 22.0, 22.5])
    _set_clock(monkeypatch, now)
    progress = Progress()
    for done in (100, 300, 500, 700, 900):
        progress.update(_at(done))
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(",")[0] for line in lines] == ["read 50 %", "read 90 %"]


def test_a_short_read_without_a_terminal_says_nothing(monkeypatch, capsys):
    now = iter([0.0, 1.0, 2.0, 3.0])
    _set_clock(monkeypatch, now)
    progress = Progress()
    progress.update(_at(500))
    progress.update(_at(1000))
    progress.finish()
    assert capsys.readouterr().err == ""


def test_on_a_terminal_a_bar_is_drawn_and_removed(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    now = iter([0.0, 0.0, 1.0, 2.0, 3.0])
    stream = _Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    _set_clock(monkeypatch, now)
    progress = Progress()
    progress.update(_at(500))
    progress.update(_at(1000))
    progress.finish()
    frames = stream.getvalue().split("\r")
    assert frames[1].startswith(
        "[############............] read 50 %, 500 of 1,000 tokens, 50 tokens/s, 10 s left"
    )
    assert frames[-2].strip() == ""
    assert frames[-1] == ""


@pytest.mark.parametrize("kept", [True, False])
def test_a_long_read_promises_instant_questions_only_where_it_is_kept(kept, monkeypatch, capsys):
    now = iter([0.0, 11.0, 22.0, 22.0])
    _set_clock(monkeypatch, now)
    screen = console.Screen()
    screen.progress(_at(500))
    screen.progress(replace(_at(1000), kept=kept))
    assert ("later questions on this document start at once" in capsys.readouterr().err) is kept


def test_reused_tokens_are_named():
    assert (
        prefill_progress_line(ReadProgress(600, 1000, reused=500))
        == "read 60 %, 600 of 1,000 tokens, 500 reused"
    )


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59.4, "59 s"), (185, "3 min 05 s"), (7800, "2 h 10 min")]
)
def test_durations_are_short(seconds, text):
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(812, "812 B"), (1536, "1.5 KiB"), (2 << 30, "2.0 GiB"), (3 << 20, "3.0 MiB")],
)
def test_sizes_carry_their_unit(count, text):
    assert size_text(count) == text


def test_an_excerpt_has_no_leaders_of_a_table_of_contents():
    shown = render.one_line_excerpt(
        "Contents 1. Parties ........................ 1 2. Terms ..... 4"
    )
    assert shown == "Contents 1. Parties … 1 2. Terms … 4"


def test_the_lead_of_a_quote_is_printed_above_it():
    item = replace(_quote("(a) if he moves;"), leads=(1,))
    stem = _quote("The Board may not act—", cites=(_cite(13, "xi"),))
    lines = render.answer_text(_answer(quotes=(item, stem))).splitlines()
    at = lines.index('  "The Board may not act—" … (p. xi (PDF 13))')
    assert lines[at + 1] == '  "(a) if he moves;"'
    assert sum("The Board may not act" in line for line in lines) == 1


def test_names_that_the_document_does_not_have_are_said():
    text = render.answer_text(_answer(missing=("2024", "Sylvania")))
    assert "“2024”, “Sylvania” are nowhere in the document." in text
    assert "nowhere" not in render.answer_text(_answer())
