"""What an exported conversation shows in any form: names of files, numbers of quotes, places."""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from docqa.app.answer.answer import Cite, EvidenceItem, Quote
from docqa.app.answer.grades import Status
from docqa.app.output import render
from docqa.app.output.render import cite_text, location_text, printable

from .records import NEXT_BEST, StoredSession, StoredTurn

ANNOTATIONS = "Notes and highlights"


@dataclass(frozen=True)
class NumberedQuote:
    number: int
    quote: Quote


def numbered(
    turns: Sequence[StoredTurn], first: int = 1
) -> Iterator[tuple[StoredTurn, list[NumberedQuote]]]:
    """Every turn with its quotes, numbered from `first` through the whole conversation."""
    number = first - 1
    for turn in turns:
        quotes = turn.answer.quotes if turn.answer else ()
        yield (
            turn,
            [NumberedQuote(number + offset, quote) for offset, quote in enumerate(quotes, start=1)],
        )
        number += len(quotes)


def file_names_to_show(paths: Sequence[str]) -> dict[str, str]:
    """File names without their folders, which are nobody else's business; two of one name keep
    their paths.
    """
    names = {
        path: printable(PurePath(path).name) or printable(path) for path in dict.fromkeys(paths)
    }
    taken = list(names.values())
    return {
        path: name if taken.count(name) == 1 else printable(path) for path, name in names.items()
    }


def paths_of(session: StoredSession, turns: Sequence[StoredTurn]) -> list[str]:
    """Those of the documents, and those that answers cite."""
    cited = [
        cite.file
        for turn in turns
        if turn.answer
        for quote in turn.answer.quotes
        for cite in quote.cites
    ]
    evidence = [item.file for turn in turns if turn.answer for item in turn.answer.evidence]
    return [*(document.path for document in session.documents), *cited, *evidence]


def place_text(cites: Sequence[Cite], names: dict[str, str]) -> str:
    """`lease.pdf, p. 12` or, of the only document, `p. 12`."""
    shown = [replace(cite, file=names.get(cite.file, cite.file)) for cite in cites]
    return cite_text(shown, with_file=_has_several_files(names))


def evidence_place(item: EvidenceItem, names: dict[str, str]) -> str:
    place = location_text(item.page, item.label)
    return f"{names.get(item.file, item.file)}, {place}" if _has_several_files(names) else place


def headline(turn: StoredTurn, names: dict[str, str]) -> str:
    """The words that answer, or where they may be, or why there are none."""
    answer = turn.answer
    if not answer:
        return turn.note or "Not answered."
    if answer.status == Status.NOT_FOUND and turn.note == NEXT_BEST:
        return "Nothing else was found."
    if answer.status == Status.POSSIBLE and answer.evidence:
        first = answer.evidence[0]
        return render.possible_line(
            first, names.get(first.file, first.file) if _has_several_files(names) else None
        )
    return render.headline(answer)


def statement_lines(turn: StoredTurn, quotes: Sequence[NumberedQuote]) -> list[str]:
    """The statements that are shown one by one, each with the numbers of its `quotes`."""
    if not turn.answer:
        return []
    return render.statement_texts(
        turn.answer, lambda each: [f"quote {quotes[at].number}" for at in each.quotes]
    )


def _has_several_files(names: dict[str, str]) -> bool:
    return len(set(names.values())) > 1


def split_at_answer(quote: Quote) -> tuple[str, str, str]:
    """The text of a quote before the answer, the answer, and what follows; all in the first without
    one.
    """
    start = quote.answer_start
    end = quote.answer_end
    if start is None or end is None:
        return quote.text, "", ""
    return quote.text[:start], quote.text[start:end], quote.text[end:]


def remarks(turn: StoredTurn, files: int, *, judged: bool = True) -> list[str]:
    """The remarks next to the answer about `files` documents: how it was understood, what was
    searched, that it is partial, warnings, and with `judged` the confidence."""
    answer = turn.answer
    if not answer:
        return []
    remarks_shown = [turn.note] if turn.note else []
    if answer.status == Status.POSSIBLE:
        remarks_shown.append(render.NOT_STATED)
    if render.was_searched(answer):
        remarks_shown.append(render.searched_line(answer.coverage, files))
    elif answer.status == Status.PARTIAL:
        remarks_shown.append(render.partial_remark(answer))
    if answer.answer is not None and judged:
        remarks_shown.append(f"confidence {answer.confidence:.2f}")
    return [*remarks_shown, *(printable(warning) for warning in answer.coverage.warnings)]


def unused_file_name(path: str, ending: str) -> str:
    """A new file for `path`: `report.chat.md` in the current folder, numbered; `ending`:
    chat.md.
    """
    stem, (kind, suffix) = PurePath(path).stem or "document", ending.split(".")
    name = f"{stem}.{ending}"
    number = 2
    while os.path.exists(name):
        name = f"{stem}.{kind}-{number}.{suffix}"
        number = number + 1
    return name


def day(seconds: float) -> str:
    """`2026-11-25`, in local time."""
    return time.strftime("%Y-%m-%d", time.localtime(seconds))
