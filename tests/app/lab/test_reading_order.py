"""The tally of neighbours out of order, on sources and pages of a few words."""

from pathlib import Path

from docqa.app.lab.order_sources import places
from docqa.app.lab.reading_order import FileTally, PageTally, figures, tally_pages

SOURCE = r"""
\documentclass{article}
\begin{document}
The warden opens the upper gate at dawn and closes it again at dusk.\footnote{Unless the water
stands higher than two feet above the mark of last year.} He notes each level in a book.
\end{document}
"""


def written(folder: Path) -> dict[str, tuple[int, int]]:
    source = folder / "a.tex"
    source.write_text(SOURCE)
    return places(source)


def test_a_footnote_may_stand_anywhere(tmp_path):
    text = "Unless the water stands higher than two feet. The warden opens the upper gate at dawn"
    (page,) = tally_pages([text], written(tmp_path))
    assert page.neighbours > 8 and page.displaced == 0


def test_interleaved_halves_are_displaced(tmp_path):
    text = "The warden opens the again at dusk. He upper gate at dawn notes each level in and closes it again"
    (page,) = tally_pages([text], written(tmp_path), ["B"])
    assert page.displaced >= 2 and page.out_of_order and page.grade == "B"


def test_what_every_reader_has_out_of_order_counts_apart():
    both, own = PageTally(1, 100, 5, "A"), PageTally(2, 100, 5, "B")
    found = figures([FileTally("a.pdf", {"docqa": [both, own], "pypdf": [both, PageTally(2, 100, 0)]})])
    assert found["pages_out_of_order"] == 2
    assert (found["pages_out_of_order_alone"], found["of_these_alone_not_graded_a"]) == (1, 1)
