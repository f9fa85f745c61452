"""The documents that answers cite, as BibTeX or RIS, by what their front matter says."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from docqa.app.answer.answer import Answer
from docqa.app.answer.text import one_line
from docqa.ingest.language.dates import dates
from docqa.ingest.types import Document

from .templates import fill_template

FORMS = ("bibtex", "ris")
# characters where nothing ends the front matter; lines of the imprint below
_LONGEST_FRONT = 2_000
_FOOT_LINES = 4
_NAME_WORDS = range(2, 6)
_TITLE_LINES = 3
_YEARS = range(1800, 2100)
_ORGANISATION = (
    "univers",
    "instit",
    "depart",
    "corporation",
    "research",
    "group",
)  # and what goes on so
_ESCAPED = {ord(sign): rf"\{sign}" for sign in "&%$#_{}"} | {ord("\\"): r"\textbackslash{}"}


@dataclass(frozen=True)
class BibliographyEntry:
    """A document by its front matter; what that does not say is empty. `pages` that answers cite,
    as printed.
    """

    path: str
    title: str
    authors: tuple[str, ...] = ()
    year: str = ""
    doi: str = ""
    pages: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Surname, year and first word of the title, in ASCII."""
        surname = self.authors[0].split()[-1] if self.authors else ""
        said = unicodedata.normalize("NFKD", f"{surname}{self.year}{self.title.partition(' ')[0]}")
        return (
            "".join(char for char in said.lower() if char.isascii() and char.isalnum())
            or "document"
        )


@dataclass
class Bibliography:
    """The documents that answers cite, in the order in which they come. Mutable."""

    entries: dict[str, BibliographyEntry] = field(default_factory=dict)
    pages: dict[str, dict[str, None]] = field(default_factory=dict)

    def add(self, documents: Sequence[Document], answer: Answer) -> None:
        known = {document.path: document for document in documents}
        for cite in (cite for quote in answer.quotes for cite in quote.cites):
            if cite.file not in self.entries:
                self.entries[cite.file] = bibliography_entry_of(known[cite.file])
            if cite.page is not None:
                self.pages.setdefault(cite.file, {})[cite.label or str(cite.page)] = None

    def add_failure(self, question: str, reason: str) -> None:
        """Nothing is cited."""

    def text(self, form: str) -> str:
        """In the form "bibtex" or "ris"; empty where nothing is cited."""
        entries = [
            replace(entry, pages=tuple(self.pages.get(path, ())))
            for path, entry in self.entries.items()
        ]
        return fill_template(f"output/{form}.jinja", str, entries=entries, escaped=_ESCAPED)


def bibliography_entry_of(document: Document) -> BibliographyEntry:
    """What the record of a file and its first page say of it: title, names below the title, year
    and DOI.
    """
    text = document.pages[0].text
    lines = list(_join_lines_after_initials(text[: _front_matter_end_offset(document)]))
    names = {number: _person_names_in_line(line) for number, line in enumerate(lines) if number}
    first = next((number for number, found in names.items() if found), 1)
    title = one_line(document.title)
    if title == PurePath(document.path).stem and lines:
        title = " ".join(lines[: first if first <= _TITLE_LINES else 1]).strip(" ∗*†")
    foot = text.splitlines()[-_FOOT_LINES:]
    return BibliographyEntry(
        document.path,
        title,
        tuple(_author_names(lines, names)),
        _publication_year(lines, foot),
        _first_doi(text),
    )


def _front_matter_end_offset(document: Document) -> int:
    """Where the abstract or the first section of the first page begins, in characters."""
    abstract = document.pages[0].text.casefold().find("abstract")
    starts = [
        section.start for section in document.sections if section.page == 1 and section.start > 0
    ]
    return abstract if abstract > 0 else min(starts, default=_LONGEST_FRONT)


def _join_lines_after_initials(text: str) -> Iterator[str]:
    """The lines of a text, one that ends in an initial together with the next."""
    held = ""
    for line in text.splitlines():
        held = one_line(f"{held} {line}")
        if held and not (held[-1] == "." and held[-3:-1].strip().isupper()):
            yield held
            held = ""
    if held:
        yield held


def _author_names(lines: Sequence[str], names: Mapping[int, Sequence[str]]) -> Iterator[str]:
    """The names of the first lines that have nothing else, and of those right below an address of
    e-mail; at last "others", as BibTeX says it, where a line has more than its names."""
    before = found = False
    for number, said in names.items():
        here = bool(said) and (before or not found or "@" in lines[number - 1])
        if here:
            yield from said
        before = here
        found = found or here
    if any(
        len(_split_author_line(line)[1]) > 1
        for number, line in enumerate(lines)
        if number and not names[number]
    ):
        yield "others"


def _person_names_in_line(line: str) -> Sequence[str]:
    """The names of persons that make up a line; none where it has other words."""
    pieces, names = _split_author_line(line)
    return names if len(pieces) == len(names) else []


def _split_author_line(line: str) -> tuple[list[str], list[str]]:
    """What stands between commas, marks and "and" in a line, without accents apart from letters;
    which are names.
    """
    kept = (char for char in line.replace(" and ", ", ") if unicodedata.category(char) != "Sk")
    marked = "".join(char if char.isalpha() or char in " .-'’" else "," for char in kept)
    pieces = [one_line(piece) for piece in marked.split(",") if piece.strip(" .-'’")]
    return pieces, [piece for piece in pieces if _is_person_name(piece)]


def _is_person_name(text: str) -> bool:
    words = text.split()
    capital = [word for word in words if word[0].isupper()]
    return (
        len(words) in _NAME_WORDS
        and len(capital) >= 2
        and words[-1] in capital
        and all(len(word) <= 3 for word in words if word not in capital)
        and not any(word.casefold().startswith(_ORGANISATION) for word in words)
    )


def _publication_year(front: Sequence[str], foot: Sequence[str]) -> str:
    """Of the first date there, else the first number of the front matter that may be one."""
    dated = (
        text[date.start : date.end]
        for text in (*front, *foot)
        for date in dates(text)
        if date.iso[:4].isdigit()
    )
    numbers = (word.strip("(),.;©") for line in (*dated, *front) for word in line.split())
    return next((n for n in numbers if n.isdigit() and len(n) == 4 and int(n) in _YEARS), "")


def _first_doi(text: str) -> str:
    """The first DOI that a text names as one."""
    words = text.casefold().replace("doi.org/", "doi: ").replace("doi:", "doi: ").split()
    behind = (
        word.rstrip(".,;)") for before, word in zip(words, words[1:]) if before.endswith("doi:")
    )
    return next(
        (
            word
            for word in behind
            if word[:3] == "10." and word[3:7].isdigit() and word[-1:].isdigit()
        ),
        "",
    )
