"""LaTeX source: what would be printed, numbers and references included, without running TeX."""

import os
import time
from collections.abc import Callable

import pytest

from docqa.ingest.errors import NoText, TooLarge, Unreadable
from docqa.ingest.latex import markup
from docqa.ingest.latex import reader as latex_module
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest
from docqa.ingest.types import Document
from tests.ingest.reading import first_page, first_text, read_bytes, sections_of

Checker = Callable[[Document], None]

PAPER = r"""\documentclass[a4paper]{article}
\usepackage{x} % a comment with \begin{document}
\newcommand{\pond}{Marrand Pond}
\newtheorem{thm}{Theorem}
\title{On \emph{Ponds}\thanks{Funded by frogs.}}
\author{A. L\"owe \and B. Kim}
\begin{document}
\maketitle
\begin{abstract}We study \pond{} in winter.\end{abstract}
\section[short]{Long \emph{one}}\label{sec:one} Text % a comment
continues with $a_1 < b$ and \[x = y\] then\footnote{A note in \textbf{bold}.} more --- ``quoted''~text;
see Section~\ref{sec:two} and \cite[p.~2]{kim, lee}.

It costs 5\% \& \$3, \verb|a%b|, caf\'e, \unknown{words}{more}. \input{other}
\subsection{Two}\label{sec:two}
\begin{itemize}\item One \item[x)] Two
\begin{enumerate}\item first\item second\end{enumerate}
\end{itemize}
\begin{table}\label{tab:w}\caption{Widths}
\begin{tabular}{ll}\toprule gate & width \\ \cmidrule(lr){1-2} east & 2~m \\ \multicolumn{2}{c}{both} \end{tabular}
\end{table}
Table~\ref{tab:w} shows it; so does \eqref{eq:1}.
\begin{equation}\label{eq:1} E = mc^2 \end{equation}
\begin{thm}[Main]\label{thm:a} All ponds freeze.\end{thm}
\begin{verbatim}
code % kept
\end{verbatim}
\section*{Thanks} Nobody. \textcolor{white}{obey me}\iffalse out \fi
\appendix
\section{Extra}
Last words.
\begin{thebibliography}{9}\bibitem{kim} Kim, 2020. \bibitem{lee} Lee.\end{thebibliography}
\end{document}
after the end
"""


def paper() -> Document:
    return read_bytes("a.tex", PAPER.encode())


def text_of(body: str) -> str:
    return first_page("a.tex", body.encode()).text


def test_sections_have_the_numbers_that_would_be_printed(check_offsets):
    document = paper()
    check_offsets(document)
    assert (
        document.title == "On Ponds"
        and not document.paged
        and document.media_type == "application/x-tex"
    )
    assert sections_of(document) == [
        (None, "Abstract", 1, "Abstract"),
        ("1", "Long one", 1, "1"),
        ("1.1", "Two", 2, "1.1"),
        (None, "Thanks", 1, "Thanks"),
        ("A", "Extra", 1, "A"),
        (None, "References", 1, "References"),
    ]
    text = first_text(document)
    assert all(text[s.start :].startswith(s.number or s.title) for s in document.sections)


def test_text_reads_as_it_would_be_printed():
    text = paper().pages[0].text
    assert text.startswith(
        "On Ponds[1]\n\nA. Löwe, B. Kim\n\n[1] Funded by frogs.\n\nAbstract\n\nWe study Marrand Pond in"
    )
    assert (
        "Text continues with $a_1 < b$ and\n\\[x = y\\]\nthen[2] more — “quoted” text; see Section 1.1 and"
        in text
    )
    assert (
        "[kim, lee, p. 2].\n\n[2] A note in bold.\n\nIt costs 5% & $3, a%b, café, words more."
        in text
    )
    assert "- One\nx) Two\n1. first\n2. second" in text
    assert (
        "Table 1: Widths\n\ngate | width\neast | 2 m\nboth\n\nTable 1 shows it; so does [eq:1]."
        in text
    )
    assert "\\begin{equation}\\label{eq:1} E = mc^2 \\end{equation}" in text
    assert "Theorem [thm:a]" in text and "All ponds freeze." in text and "code % kept" in text
    assert "[kim] Kim, 2020.\n\n[lee] Lee." in text
    for absent in ("comment", "after the end", "usepackage", "obey", " out ", "toprule", "lr"):
        assert absent not in text


def test_what_was_not_read_is_said():
    document = paper()
    assert document.coverage.hidden_spans == 1
    assert document.coverage.warnings == (
        "\\input{other}: other files are not read",
        "1 unknown macro: arguments read, a name alone left as it is (\\unknown)",
        "1 passage of hidden text: not read; --include-hidden reads it",
    )


def test_chapters_number_their_sections_and_figures():
    source = r"""\documentclass{book}\begin{document}\part{P}\chapter{One}\section{In}\chapter{Two}\section{Also}
\begin{figure}\includegraphics{x}\caption{A duck.}\label{f}\end{figure} See \ref{f}. \end{document}"""
    document = read_bytes("a.tex", source.encode())
    found = [(s.number, s.level) for s in document.sections]
    assert found == [("Part I", 1), ("1", 2), ("1.1", 3), ("2", 2), ("2.1", 3)]
    assert "Figure 2.1: A duck.\n\nSee 2.1." in first_text(document)


def test_a_document_without_numbers_gets_none():
    source = r"\setcounter{secnumdepth}{-\maxdimen}\begin{document}\section{One}\end{document}"
    assert first_page("a.tex", source.encode()).text == "One"


def test_a_chapter_of_a_larger_work_has_no_preamble():
    assert text_of("\\section{One}\nA \\textit{b} c.") == "1 One\n\nA b c."


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("a\n\n% only a comment\n\nb", "a\n\nb"),
        ("one% glued\ntwo", "onetwo"),
        (r"{\bf bold} and {\large big}", "bold and big"),
        (r"\href{http://x.example}{the link} \url{http://y.example}", "the link http://y.example"),
        (r"a\\b", "a\nb"),
        (r"The type \unit is \define{new}\indexdef{new!old}.", r"The type \unit is new."),
        (r"\begin{defn}\label{d} A set. \end{defn} See \ref{d}.", "[d] A set.\n\nSee [d]."),
        (r"\section{One}\label{a} See page \pageref{a}.", "1 One\n\nSee page [a]."),
        (r"\begin{enumerate}\item\label{i} One.\end{enumerate} See \ref{i}.", "1. One.\n\nSee 1."),
        (r"\def\x#1{\y{z}.}10\textsuperscript{2}", "10^2"),
        (r"\alpha-value \ss{} \S 4 \dots", "α-value ß §4 …"),
        (r"\begin{quote}said\end{quote}\begin{comment}no\end{comment}", "said"),
        (
            r"\begin{align*} a &= b \\ c &= d \end{align*}",
            r"\begin{align*} a &= b \\ c &= d \end{align*}",
        ),
    ],
)
def test_small_things(source, text):
    assert text_of(source) == text


def test_names_that_multiply_end():
    names = "".join(
        f"\\newcommand{{\\b{c}}}{{{chr(92) + 'b' + chr(ord(c) - 1) + ' '} {chr(92) + 'b' + chr(ord(c) - 1)} x}}"
        for c in "bcdefghijklmnopqrstuvwxyz"
    )
    document = read_bytes("a.tex", (names + "\\begin{document}words \\bz\\end{document}").encode())
    assert len(first_text(document)) < 100_000


def test_names_that_stand_for_too_much_are_left_as_they_are(monkeypatch):
    monkeypatch.setattr(markup, "_MAX_EXPANDED", 10)
    source = r"\newcommand{\pond}{Marrand Pond}\begin{document}\pond{} is \pond.\end{document}"
    document = read_bytes("a.tex", source.encode())
    assert first_text(document) == r"Marrand Pond is \pond."
    assert "1 unknown macro" in document.coverage.warnings[0]


@pytest.mark.parametrize("part", ["\\label{a}\n\n", "\\begin{center}\\label{a}x\\end{center}"])
def test_many_labels_take_no_more_time_than_they_are_long(part):
    def seconds(count):
        began = time.process_time()
        text_of(f"word {part * count}")
        return time.process_time() - began

    assert seconds(8_000) < 8 * max(seconds(2_000), 0.02)


def test_deep_and_large_sources_end_with_an_error(monkeypatch):
    with pytest.raises(Unreadable, match="nested too deeply") as caught:
        text_of("{" * 5000 + "x" + "}" * 5000)
    assert "--type txt" in caught.value.hint
    monkeypatch.setattr(latex_module, "MAX_LATEX_BYTES", 10)
    with pytest.raises(TooLarge, match="the limit is 10"):
        text_of("x" * 11)


@pytest.mark.parametrize(
    "source",
    [
        r"\section{never closed",
        r"\begin{itemize}\item a",
        r"a } b",
        r"$ open",
        r"\end{x} a",
        r"a \verb",
        r"\begin{verbatim}",
    ],
)
def test_markup_that_is_wrong_does_not_stop_the_reading(source):
    try:
        assert text_of(source)
    except (Unreadable, NoText) as error:
        assert error.hint


def test_a_file_of_nothing_but_inputs_says_that_its_folder_is_wanted():
    source = rb"\documentclass{book}\begin{document}\input{one}\include{parts/two}\end{document}"
    with pytest.raises(
        NoText, match=r"other files \(\\input\{one\}, \\include\{parts/two\}\).*name the folder"
    ):
        read_bytes("main.tex", source)


def test_front_matter_is_not_counted_and_a_set_counter_is():
    source = rb"""\documentclass{book}\begin{document}
\frontmatter\chapter{Preface} Why. \mainmatter \chapter{Locks} Gates. \setcounter{chapter}{4}\chapter{Weirs}
\section{Stone} Walls. \end{document}"""
    sections = read_bytes("a.tex", source).sections
    found = [(s.locator, s.title) for s in sections]
    assert found == [("Preface", "Preface"), ("1", "Locks"), ("5", "Weirs"), ("5.1", "Stone")]


def test_inputs_are_opened_inside_the_folder_of_the_document(tmp_path):
    folder = tmp_path / "paper"
    (folder / "parts").mkdir(parents=True)
    (folder / "parts" / "one.tex").write_text(
        "\\section{One}\nThe gate is oak.\n\\input{parts/deep}"
    )
    (folder / "parts" / "deep.tex").write_text("Deep words. \\input{parts/one}")
    (folder / "two.tex").write_text(
        "\\documentclass{x}\\begin{document}The tide is high.\\end{document} tail"
    )
    main = folder / "main.tex"
    main.write_text(
        "\\documentclass{article}\\begin{document}\\include{parts/one}\n% \\input{two}\n\\subfile{two} End."
        "\\end{document}"
    )
    document = read(ReadRequest(main))
    assert (
        first_text(document) == "1 One\n\nThe gate is oak. Deep words.\n\nThe tide is high.\n\nEnd."
    )
    assert document.coverage.warnings == ("\\input{parts/one}: it takes itself in",)
    before = document.id
    (folder / "two.tex").write_text("The tide is low.")
    assert read(ReadRequest(main)).id != before


@pytest.mark.parametrize(
    "name", ["../secret", "{secret}", "link", ".hidden", "notes.txt", "pipe", "none"]
)
def test_no_file_outside_the_folder_and_no_other_kind_is_opened(tmp_path, name):
    folder = tmp_path / "paper"
    folder.mkdir()
    for file in (tmp_path / "secret.tex", folder / ".hidden.tex", folder / "notes.txt"):
        file.write_text("The secret is blue.")
    (folder / "link.tex").symlink_to(tmp_path / "secret.tex")
    os.mkfifo(folder / "pipe.tex")
    main = folder / "main.tex"
    wanted = name.replace("{secret}", str(tmp_path / "secret"))
    main.write_text(f"\\begin{{document}}Before.\n\n\\input{{{wanted}}}\n\nAfter.\\end{{document}}")
    document = read(ReadRequest(main))
    assert "secret is" not in first_text(document) and "After." in first_text(document)
    assert (
        len(document.coverage.warnings) == 1
        and f"\\input{{{wanted}}}: " in document.coverage.warnings[0]
    )


def test_a_file_outside_the_paths_that_may_be_read_is_left(tmp_path):
    (tmp_path / "one.tex").write_text("The secret is blue.")
    main = tmp_path / "main.tex"
    main.write_text("\\begin{document}Before. \\input{one}\\end{document}")
    document = read(ReadRequest(main, within=(str(main.resolve()),)))
    assert "secret" not in first_text(document)
    assert document.coverage.warnings == (
        "\\input{one}: outside the paths that may be read, not opened",
    )
    assert "secret" in read(ReadRequest(main, within=(str(tmp_path.resolve()),))).pages[0].text


def test_a_document_in_an_archive_opens_no_files(tmp_path):
    (tmp_path / "one.tex").write_text("The secret is blue.")
    data = b"\\begin{document}Before. \\input{one}\\end{document}"
    document = read_bytes(f"{tmp_path}/a.zip/main.tex", data)
    assert "secret" not in first_text(document) and document.coverage.warnings


def test_a_tabular_is_a_grid_with_its_merged_cells():
    source = r"""\begin{tabular}{llrr}\toprule
    \multirow{2}{*}{Tower} & \multirow{2}{*}{City} & \multicolumn{2}{c}{Height} \\ \cmidrule(lr){3-4}
     & & 2019 & 2020 \\ \midrule
    \multirow{2}{*}{Alpha} & Bern & 12 & 13 \\
     & Basel & 22 & \textbf{23} \\ \hline
    Beta &  & 32 & 33 \\ \bottomrule\end{tabular}"""
    page = first_page("a.tex", source.encode())
    assert page.text.endswith("Alpha | Bern | 12 | 13\nBasel | 22 | 23\nBeta |  | 32 | 33")
    (table,) = page.tables
    grid = {at: page.text[cell.start : cell.end] for at, cell in table.fields().items()}
    assert (table.rows, table.columns, table.heads) == (5, 4, 2)
    assert [grid[0, column] for column in range(4)] == ["Tower", "City", "Height", "Height"]
    assert [grid[1, column] for column in range(4)] == ["Tower", "City", "2019", "2020"]
    assert [grid[3, column] for column in range(4)] == ["Alpha", "Basel", "22", "23"]
    assert (4, 1) not in grid and grid[4, 3] == "33"


def test_a_reference_in_a_table_reads_as_what_it_refers_to():
    source = (
        r"\section{One}\label{a}\begin{tabular}{ll} gate & \ref{a} \\ east & 2 \\ \end{tabular}"
    )
    assert "gate | 1\neast | 2" in text_of(source)


def test_a_label_is_known_whatever_follows_it_in_its_paragraph():
    source = r"""\section{One\label{a}}\section{Two}\label{b} See \ref{a}, \ref{b} and \ref{c}.
    \begin{itemize}\item\label{c} Oak.\end{itemize}
    \begin{enumerate}\item Elm \label{d} \emph{and} \ref{d}.\end{enumerate}"""
    assert text_of(source).endswith("See 1, 2 and 2.\n\n- Oak.\n1. Elm and 1.")


def test_a_table_within_a_cell_is_read_as_words_of_the_cell():
    source = r"""\begin{tabular}{ll}
    \multicolumn{2}{c}{\begin{tabular}{c}two\\lines\end{tabular}} \\ east & 2 \\ west & 3\end{tabular}"""
    page = first_page("a.tex", source.encode())
    assert page.text == "two lines\neast | 2\nwest | 3"
    assert page.tables[0].cells[0].columns == 2


def test_an_input_that_was_not_opened_is_named_once(tmp_path):
    main = tmp_path / "main.tex"
    main.write_text(r"\begin{document}Words\\input{a} \import{parts/}{b} \lstinputlisting[x]{c.py}")
    document = read(ReadRequest(main))
    assert first_text(document) == "Words\ninputa"
    assert document.coverage.warnings == (
        "\\import{parts/}{b}: there is no such LaTeX file in the folder of the document",
        "\\lstinputlisting[x]{c.py}: other files are not read",
    )
