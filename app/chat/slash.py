"""The slash commands of a conversation: looking back at pages and quotes, and saving it. They
return what to print.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path, PurePath

from docqa.app.errors import InputError, UsageError
from docqa.app.history.export import unused_file_name
from docqa.app.history.rendering import write_export
from docqa.app.output.render import cite_text, location_text, page_text, printable
from docqa.app.places.named import find_page_number, find_section_region
from docqa.app.storage.atomic import check_output
from docqa.ingest.types import Document

from .conversation import ChatConversation


def pages(conversation: ChatConversation, label: str) -> str:
    """The pages cited so far with the numbers of their quotes, or the text of the page `label`."""
    return (
        _page_text(conversation, label)
        if label
        else "\n".join(_lines_of_cited_places(conversation)) or "No page is cited yet."
    )


def quote(conversation: ChatConversation, number: str) -> str:
    """`“words” (place)` of quote `number`, or of the first of the last answer. Raises
    UsageError.
    """
    quotes = [item.quote for item in conversation.quotes()]
    if not quotes:
        return "No quote yet."
    if not number:
        answers = (turn.answer for turn in reversed(conversation.turns))
        chosen = next(answer.quotes[0] for answer in answers if answer and answer.quotes)
    elif number.isdecimal() and 1 <= int(number) <= len(quotes):
        chosen = quotes[int(number) - 1]
    else:
        raise UsageError(
            f"there is no quote {number}", hint=f"they are numbered 1 to {len(quotes)}"
        )
    named = [replace(cite, file=_file_name(cite.file)) for cite in chosen.cites]
    return f"“{printable(chosen.text)}” ({cite_text(named, with_file=True)})"


def save(conversation: ChatConversation, path: str) -> str:
    """Write the conversation to a new file; returns its path. Raises UsageError, and OSError where
    the disk refuses.
    """
    if not conversation.turns:
        raise UsageError("there is no question to save yet", where="/save")
    target = os.path.expanduser(path) or unused_file_name(
        conversation.session.documents[0].path, "chat.md"
    )
    check_output(target)
    try:
        return write_export(target, conversation.record(), conversation.turns)
    except FileExistsError as error:
        raise UsageError(
            "this file exists already", where=target, hint="choose another name"
        ) from error


def _lines_of_cited_places(conversation: ChatConversation) -> Iterator[str]:
    """A line for every place that was cited, in the order of the documents."""
    order = [document.path for document in conversation.session.documents]
    numbers: dict[tuple[str, int, str], list[int]] = {}
    for item in conversation.quotes():
        for cite in item.quote.cites:
            place = location_text(cite.page, cite.label)
            numbers.setdefault((cite.file, cite.page or 0, place), []).append(item.number)
    for file, page, place in sorted(
        numbers, key=lambda key: (_index_or_length(order, key[0]), key[1])
    ):
        quotes = dict.fromkeys(numbers[(file, page, place)])
        name = f"{_file_name(file)}, " if len(order) > 1 else ""
        yield f"{name}{place}: quote{'s' if len(quotes) > 1 else ''} {', '.join(map(str, quotes))}"


def _index_or_length(paths: list[str], path: str) -> int:
    """Where `path` is in `paths`, else their number."""
    return paths.index(path) if path in paths else len(paths)


def _page_text(conversation: ChatConversation, label: str) -> str:
    """The text of a page of the document that was cited last, or of the first other one that has
    it.
    """
    cited = [cite.file for item in reversed(conversation.quotes()) for cite in item.quote.cites]
    documents = conversation.session.documents
    for document in sorted(documents, key=lambda document: _index_or_length(cited, document.path)):
        number = find_page_number(document, label)
        if number is not None:
            page = document.pages[number - 1]
            return _with_heading(document, f"p. {page_text(number, page.label)}", page.text)
    for document in documents:
        region = find_section_region(document, label)
        if region:
            page, span = next(region.parts(document))  # the rest is on other pages
            section = document.section_of(page.page, span.start)
            headed = section is not None and (section.page, section.start) == region.start
            title = section.title if section and headed else ""
            name = title or document.locator_of(page.page, span.start) or label
            return _with_heading(document, printable(name), span.of(page.text))
    raise InputError(
        f"no document has a page or section {label}",
        where="/pages",
        hint="/pages lists those cited",
    )


def _with_heading(document: Document, place: str, text: str) -> str:
    """`text` below the name of its document and its place there."""
    lines = "\n".join(printable(line) for line in text.splitlines()).strip("\n")
    return f"{_file_name(document.path)}, {place}\n\n{lines or 'This page has no text.'}"


def _file_name(path: str) -> str:
    return printable(PurePath(path).name) or printable(path)


def _help_text(_conversation: ChatConversation, _argument: str) -> str:
    return Path(__file__).with_name("help.txt").read_text(encoding="utf-8").rstrip()


PRINTED: dict[str, Callable[[ChatConversation, str], str]] = {
    "/pages": pages,
    "/quote": quote,
    "/help": _help_text,
}
"""Commands whose result is printed."""
NAMES = (*PRINTED, "/retry", "/save", "/quit")
