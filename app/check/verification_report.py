"""A Verification for a person and for a script. What is between quotation marks is the text's own,
or a page's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace

from docqa.app.answer.answer import Cite
from docqa.app.answer.grades import Grade, Place, Status
from docqa.app.answer.text import JsonObject, clip
from docqa.app.output.render import cite_text, printable
from docqa.app.quotes.difference import Edit, inline_difference

from .verification import CheckedCite, CheckedQuotation, Verification

SCHEMA = 1
_LONGEST = 400
_EQUAL_WORDS = 6
_PLACES = {
    Place.MOVED: "not where it is cited",
    Place.OTHER_DOCUMENT: "in another document than the one cited",
}


def to_json_object(checked: Verification, text: str, warnings: list[str]) -> JsonObject:
    """The object that `verify --json` prints. `text` of a quote are the words as quoted, `reads`
    those of the document; `start`, `end` are characters of the checked text, `line` counts from 1.
    `cites` are those without a quotation."""
    counts = checked.counts()
    return {
        "schema": SCHEMA,
        "text": text,
        "status": Status.NOT_FOUND if checked.has_anything_absent else Status.ANSWERED,
        "quotes": [_quote_json_object(quote) for quote in checked.quotations],
        "cites": [_cite_json_object(cite) for cite in checked.cites],
        "counts": {**counts, "misplaced": sum(q.place in _PLACES for q in checked.quotations)},
        "unmatched_lines": list(checked.unmatched_lines),
        "warnings": warnings,
    }


def _quote_json_object(quote: CheckedQuotation) -> JsonObject:
    return {
        "text": quote.quotation.text,
        "answer_start": None,
        "answer_end": None,
        "grade": quote.grade,
        "place": quote.place,
        "speaker": quote.speaker,
        "leads": [],
        "cites": [cite.to_json_object() for cite in quote.cites],
        "line": quote.quotation.line,
        "start": quote.quotation.start,
        "end": quote.quotation.end,
        "cited": [_cite_json_object(cite) for cite in quote.cited],
        "nearest": quote.nearest.to_json_object() if quote.nearest else None,
        "reads": quote.reads,
        "difference": [asdict(edit) for edit in quote.difference],
        "omitted": list(quote.found.omitted),
        "replaced": [{"quoted": ours, "document": theirs} for ours, theirs in quote.found.replaced],
        "count": quote.found.count,
        "notes": list(quote.notes),
    }


def _cite_json_object(cite: CheckedCite) -> JsonObject:
    return {
        "text": cite.cite.text,
        "grade": cite.grade,
        "place": cite.place,
        "cites": [place.to_json_object() for place in cite.cites],
        "line": cite.line,
        "note": cite.note or None,
    }


def report_text(checked: Verification, text: str, *, several: bool) -> str:
    blocks = ["\n".join(_quotation_lines(quote, text, several)) for quote in checked.quotations]
    blocks += ["\n".join(_cite_lines(cite, text, several)) for cite in checked.cites]
    blocks.append(_summary_line(checked))
    return "\n\n".join(blocks)


def _quotation_lines(quote: CheckedQuotation, text: str, several: bool) -> Iterator[str]:
    yield f'{printable(text)}:{quote.quotation.line}: "{_clip_text(quote.quotation.text)}"'
    misplaced = f"; {_PLACES[quote.place]}" if quote.place in _PLACES else ""
    yield f"  [{quote.grade.explanation}{misplaced}]"
    if quote.cited:
        yield "  cited:  " + ", ".join(printable(cite.cite.text) for cite in quote.cited)
    if quote.cites:
        speaker = (
            f", {printable(quote.speaker)}"
            if quote.speaker and quote.speaker != quote.heading
            else ""
        )
        more = f" ({quote.found.count} times there)" if quote.found.count > 1 else ""
        heading = f", {printable(quote.heading)}" if quote.heading else ""
        yield f"  found:  {_places_text(quote.cites, several)}{heading}{speaker}{more}"
    if quote.nearest:
        yield f"  nearest text: {_places_text([quote.nearest], several)}"
    if quote.reads is not None and (quote.grade in (Grade.NEAR, Grade.DAMAGED) or quote.nearest):
        yield f'  reads:  "{_clip_text(quote.reads)}"'
    if quote.difference:
        edits = _abridge_equal_stretches(quote.difference)
        yield f"  differs, [-quoted-]{{+document+}}: {_clip_text(inline_difference(edits))}"
    for gap in quote.found.omitted:
        if gap:
            yield f'  left out at the ellipsis: "{_clip_text(gap)}"'
    for ours, theirs in quote.found.replaced:
        yield f'  in brackets [{_clip_text(ours)}], the document has "{_clip_text(theirs)}"'
    for note in quote.notes:
        yield f"  note: {printable(note)}"


def _abridge_equal_stretches(edits: Sequence[Edit]) -> list[Edit]:
    """Long equal stretches are cut in their middle, so that what differs is seen."""
    shown = []
    for edit in edits:
        words = edit.document.split()
        if edit.kind == "equal" and len(words) > 2 * _EQUAL_WORDS + 1:
            edit = replace(
                edit, document=" ".join([*words[:_EQUAL_WORDS], "…", *words[-_EQUAL_WORDS:]])
            )
        shown.append(edit)
    return shown


def _places_text(cites: Sequence[Cite], several: bool) -> str:
    """One place, of two pages where it crosses a page, or several where its parts are apart."""
    bare = [replace(cite, section=None) for cite in cites]
    together = all(
        c.page is not None and c.page == (bare[0].page or 0) + n for n, c in enumerate(bare)
    )
    if together or len(bare) == 1:
        return cite_text(bare, with_file=several)
    return "; ".join(cite_text([cite], with_file=several) for cite in bare)


def _cite_lines(cite: CheckedCite, text: str, several: bool) -> Iterator[str]:
    yield f"{printable(text)}:{cite.line}: {printable(cite.cite.text)}, without a quotation"
    if cite.grade == Grade.EXACT:
        yield f"  [there is such a place: {_places_text(cite.cites, several)}]"
    else:
        yield f"  [{cite.grade}: {printable(cite.note)}]"


def _summary_line(checked: Verification) -> str:
    if not checked.quotations and not checked.cites:
        return "No quotation and no cite was found in this text."
    parts = [f"{count} {grade}" for grade, count in checked.counts().items() if count]
    moved = sum(quote.place in _PLACES for quote in checked.quotations)
    parts += [f"{moved} not where cited"] if moved else []
    lines = [
        ": ".join(
            filter(None, (_count_with_noun(len(checked.quotations), "quotation"), ", ".join(parts)))
        )
    ]
    if checked.cites:
        absent = sum(cite.grade == Grade.ABSENT for cite in checked.cites)
        missing = f", {absent} of places that no document has" if absent else ""
        lines.append(f"{_count_with_noun(len(checked.cites), 'cite')} without a quotation{missing}")
    return "\n".join(lines)


def _count_with_noun(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _clip_text(text: str) -> str:
    return clip(printable(text), _LONGEST)
