"""The markup of LaTeX: what its macros and environments are for, and its source as nodes."""

import logging
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from pylatexenc.latex2text import LatexNodes2Text
from pylatexenc.latexwalker import LatexWalker, LatexWalkerError, get_default_latex_context_db
from pylatexenc.macrospec import EnvironmentSpec, MacroSpec

from docqa.ingest.language.words import word_set

from .numbers import LEVELS

_MAX_LINES = 20
_MAX_EXPANDED = 2_000_000  # characters that short names stand for
# Macros that print one of their arguments: the last; besides `\textbf` and its like.
UNWRAPPED = word_set(
    "emph textnormal uline mbox hbox fbox makebox framebox parbox uppercase MakeUppercase lowercase href enquote title "
    "author date so hl underline centerline url nolinkurl path texorpdfstring"
)
DROPPED = word_set(
    "includegraphics bigskip medskip smallskip noindent indent centering raggedright raggedleft cleardoublepage "
    "pagebreak linebreak nopagebreak maketitle tableofcontents listoffigures listoftables bibliographystyle pagestyle "
    "thispagestyle setlength addtolength hline toprule midrule bottomrule cline cmidrule captionsetup linespread index "
    "nocite usepackage documentclass newcommand renewcommand providecommand def newtheorem newsavebox theoremstyle "
    "hypersetup graphicspath LARGE huge Huge tiny scriptsize footnotesize bf it rm sf tt sc sl em bfseries itshape "
    "scshape ttfamily sffamily rmfamily mdseries upshape normalfont selectfont onecolumn twocolumn long global protect "
    "relax noalign endhead endfirsthead endfoot endlastfoot balance addcontentsline markboth qedhere hfill vfill hrule "
    "rule null strut numberwithin"
)
# Macros that may print nothing, or what cannot be seen.
MAY_HIDE = word_set(
    "else special pdfliteral textpdfrender only visible uncover onslide clipbox adjustbox put opacity textblock "
    "typeout pgfsetfillopacity excludecomment NewEnviron NewDocumentCommand pdfinfo message write BeginAccSupp "
    "pdftooltip"
)
REFERENCES = word_set("ref pageref autoref cref Cref nameref eqref vref")
INPUTS = word_set(
    "input include subfile import subimport bibliography addbibresource lstinputlisting"
)
TABLES = ("tabular", "longtable", "supertabular")  # and what begins so
VERBATIM = word_set("verbatim lstlisting minted Verbatim alltt")
_MATH = ("displaymath", "math", "dmath")  # besides those that the parser knows
_THEOREMS = word_set(
    "theorem lemma proposition corollary proof definition remark example conjecture claim"
)
_NEW_THEOREM = re.compile(
    r"\\newtheorem\*?\s*+\{(\w{1,40})\}\s*+(?:\[\w{0,40}\]\s*+)?\{([^{}\\]{1,60})\}"
)
_SHORT_NAME = re.compile(
    r"\\(?:(?:re)?newcommand\*?|providecommand\*?|def)\s{0,20}\{?\s{0,20}\\([A-Za-z]{1,40})\s{0,20}\}?\s{0,20}"
    r"((?:\[\d\](?:\[[^\]\n]{0,60}\])?|(?:#\d){1,9})?)\s{0,20}\{((?:[^{}]|\{(?:[^{}]|\{[^{}]{0,500}\}){0,500}\}){0,500})\}"
)


class UnreadMarkup:
    """Files that were not opened, and unknown macros."""

    def __init__(self) -> None:
        self.inputs: list[str] = []
        self.macros: Counter[str] = Counter()

    def warnings(self, refused: Mapping[str, str]) -> list[str]:
        """A line for each file that was not taken in, with the reason where it was `refused`, and
        one for unknown macros.
        """
        reasons = {**dict.fromkeys(self.inputs, "other files are not read"), **refused}
        lines = [f"{text}: {reason}" for text, reason in reasons.items()]
        if len(lines) > _MAX_LINES:
            lines = [*lines[:_MAX_LINES], f"{len(lines) - _MAX_LINES} more files are not read"]
        doubts = [
            f"\\{name}"
            for name in self.macros
            if name.startswith("if") or name.rstrip("*") in MAY_HIDE
        ]
        if doubts:
            lines.append(
                f"what stands behind {', '.join(doubts[:5])} is read, whether it is printed or hidden"
            )
        if self.macros:
            names = ", ".join(f"\\{name}" for name, _ in self.macros.most_common(5))
            many = f"{len(self.macros)} unknown macro{'s' if len(self.macros) > 1 else ''}"
            lines.append(f"{many}: arguments read, a name alone left as it is ({names})")
        return lines


class DefinedNames:
    """What names stand for by the preamble: theorems, macros without arguments, and macros `taking`
    some.
    """

    def __init__(self, preamble: str, body: str) -> None:
        self.theorems = {name: name.capitalize() for name in _THEOREMS} | dict(
            _NEW_THEOREM.findall(preamble)
        )
        found = _SHORT_NAME.findall(preamble)
        self._short = {
            name: meaning
            for name, given, meaning in found
            if not given and "#" not in meaning and name not in DROPPED
        }
        # An argument with a default is in brackets.
        self.taking = {
            name: (range(1 + given.count("]["), 1 + int(given[1 if given[0] == "[" else -1])), body)
            for name, given, body in [*found, *_SHORT_NAME.findall(body)]
            if given
        }
        self._nodes: dict[str, Sequence[Any]] = {}
        self._expanded = 0

    def nodes_of_macro(self, name: str) -> Sequence[Any] | None:
        """The nodes that the macro `name` stands for, None where unknown, or once such macros stood
        for too much.
        """
        meaning = self._short.get(name)
        if meaning is None or self._expanded > _MAX_EXPANDED:
            return None
        self._expanded += len(meaning)
        if name not in self._nodes:
            self._nodes[name] = parse_latex(meaning)
        return self._nodes[name]


def parse_latex(source: str, closing_brace: str | None = None) -> Sequence[Any]:
    """The nodes of `source`, up to a `closing_brace` of what began before it. Raises ValueError."""
    walker = LatexWalker(source, latex_context=_parsing_context(), tolerant_parsing=True)
    try:
        nodes: Sequence[Any] = walker.get_latex_nodes(stop_upon_closing_brace=closing_brace)[0]
    except (
        LatexWalkerError,
        IndexError,
        AttributeError,
        TypeError,
    ) as error:  # the last three: on cut-off markup
        raise ValueError(str(error).splitlines()[0][:200]) from error
    return nodes


# What the parser's own tables do not know, or do not print so.
SIGNS = {
    **dict.fromkeys(("\\", "newline", "tabularnewline"), "\n"),
    **dict.fromkeys((" ", ",", ";", ":", "quad", "qquad"), " "),
    **dict.fromkeys(("!", "/", "-", "@", "xspace"), ""),
    "S": "§",
    "P": "¶",
    "ddag": "‡",
    "pounds": "£",
    "copyright": "©",
    "euro": "€",
    "LaTeX": "LaTeX",
    "TeX": "TeX",
    "slash": "/",
    "textbar": "|",
    "checkmark": "✓",
    "degree": "°",
    "BibTeX": "BibTeX",
}
# The arguments of macros that the parser does not know, or not all.
_ARGUMENTS = {
    "{": "noalign textsuperscript textsubscript thanks phantom note invisible transparent "
    "enquote uline hl so subfile addbibresource bibliographystyle pagestyle thispagestyle "
    "index graphicspath theoremstyle nolinkurl linespread centerline",
    "{{": "sbox texttransparent href addtocounter addtolength markboth numberwithin fontsize "
    "import subimport",
    "{{{": "multicolumn multirow addcontentsline",
    "[{": "bibitem captionsetup rowcolor cellcolor lstinputlisting",
    "[{{": "rule",
    "{[{": "scalebox",
    "*{{{": "resizebox",
    "{[[{": "savebox raisebox",
    "*{": " ".join(REFERENCES),
    "*[{": " ".join(("caption", *LEVELS)),
    "*[[{": "citeyear parencite textcite autocite footcite",
}
_ARGUMENTS_OF_ENVIRONMENTS = {
    "{": "thebibliography",
    "{{": "tabularx",
    "[": "figure figure* table table*",
    "[{": "longtable",
    "[[[{": "minipage",
}


@cache
def _parsing_context() -> Any:
    # Its remarks about markup that is wrong would go to standard error.
    logging.getLogger("pylatexenc").setLevel(logging.CRITICAL + 1)
    context = get_default_latex_context_db()
    macros = [
        MacroSpec(name, arguments)
        for arguments, names in _ARGUMENTS.items()
        for name in names.split()
    ]
    environments = [
        EnvironmentSpec(name, arguments)
        for arguments, names in _ARGUMENTS_OF_ENVIRONMENTS.items()
        for name in names.split()
    ]
    context.add_context_category("docqa", macros=macros, environments=environments, prepend=True)
    return context


def arguments_of(node: Any) -> list[Any]:
    found = getattr(node.nodeargd, "argnlist", None) or []
    return [argument for argument in found if argument is not None]


def is_group(node: Any) -> bool:
    return type(node).__name__ == "LatexGroupNode"


def name_of_macro(node: Any) -> str:
    """Empty where `node` is no macro."""
    return str(getattr(node, "macroname", ""))


def is_index(node: Any) -> bool:
    """Whether `node` is a macro that puts its argument into an index, not on the page."""
    return name_of_macro(node).startswith("index")


class TabularRow(NamedTuple):
    """The nodes of each cell of a row, and whether a rule is above it."""

    cells: list[list[Any]]
    rule: bool


def rows_of(node: Any) -> list[TabularRow]:
    rows = [TabularRow([[]], False)]
    for inner in node.nodelist:
        name = name_of_macro(inner)
        cells = rows[-1].cells
        if name in ("\\", "tabularnewline"):
            rows.append(TabularRow([[]], False))
        elif name in ("hline", "midrule"):
            rows[-1] = TabularRow(cells, True)
        elif getattr(inner, "specials_chars", "") == "&":
            cells.append([])
        else:
            cells[-1].append(inner)
    return rows


def is_math(node: Any) -> bool:
    spec = _parsing_context().get_environment_spec(node.environmentname)
    return bool(getattr(spec, "is_math_mode", False)) or node.environmentname.rstrip("*") in _MATH


def verbatim_text_of(node: Any) -> str:
    r"""What is between `\begin` with its options and `\end`."""
    delimiters = r"\A\\begin\{[^}]*\}(?:\[[^\]]*\])?|\\end\{[^}]*\}\Z"
    return re.sub(delimiters, "", node.latex_verbatim()).strip("\n")


_CONVERTER = LatexNodes2Text(math_mode="verbatim", strict_latex_spaces=False)


def plain_text(node: Any) -> str:
    """What an accent, a letter or a sign prints; empty for others."""
    try:
        return str(_CONVERTER.nodelist_to_text([node]))
    except (LookupError, TypeError, ValueError, AttributeError):  # an argument that was cut off
        return ""
