"""The slash commands of a conversation: looking back at pages and quotes, and saving it. They
return what to print.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePath

from docqa.app.chat.conversation import ChatConversation
from docqa.app.errors import InputError, UsageError
from docqa.app.history.export import free_name
from docqa.app.history.markdown import write_export
from docqa.app.output.render import cite_text, location_text, page_text, printable
from docqa.app.places.named import page_named, region_named
from docqa.app.storage.atomic import check_output
from docqa.ingest.types import Document

HELP = Path(__file__).with_name("help.txt").read_text(encoding="utf-8").rstrip()
NAMES = ("/pages", "/quote", "/retry", "/save", "/help", "/quit")


def pages(conversation: ChatConversation, label: str) -> str:
    """The pages cited so far with the numbers of their quotes, or the text of the page `label`."""
    return (
        _page(conversation, label)
        if label
        else "\n".join(_cited(conversation)) or "No page is cited yet."
    )


def quote(conversation: ChatConversation, number: str) -> str:
    """`“words” (place)` of quote `number`, or of the first of the last answer. Raises
    UsageError.
    """
    found = conversation.quotes()
    if not found:
        return "No quote yet."
    if number:
        if not number.isdecimal() or not 1 <= int(number) <= len(found):
            raise UsageError(
                f"there is no quote {number}", hint=f"they are numbered 1 to {len(found)}"
            )
        chosen = found[int(number) - 1].quote
    else:
        last = next(
            turn.answer
            for turn in reversed(conversation.turns)
            if turn.answer and turn.answer.quotes
        )
        chosen = last.quotes[0]
    named = [replace(cite, file=_name(cite.file)) for cite in chosen.cites]
    return f"“{printable(chosen.text)}” ({cite_text(named, with_file=True)})"


def save(conversation: ChatConversation, path: str) -> str:
    """Write the conversation to a new file; returns its path. Raises UsageError, and OSError where
    the disk refuses.
    """
    if not conversation.turns:
        raise UsageError("there is no question to save yet", where="/save")
    target = os.path.expanduser(path) or free_name(
        conversation.session.documents[0].path, "chat.md"
    )
    check_output(target)
    try:
        return write_export(target, conversation.record(), conversation.turns)
    except FileExistsError as error:
        raise UsageError(
            "this file exists already", where=target, hint="choose another name"
        ) from error


def _cited(conversation: ChatConversation) -> Iterator[str]:
    """A line for every place that was cited, in the order of the documents."""
    numbers: dict[tuple[str, int, str], list[int]] = {}
    for item in conversation.quotes():
        for cite in item.quote.cites:
            place = location_text(cite.page, cite.label)
            numbers.setdefault((cite.file, cite.page or 0, place), []).append(item.number)
    several = len(conversation.session.documents) > 1
    order = {document.path: at for at, document in enumerate(conversation.session.documents)}
    for file, page, place in sorted(
        numbers, key=lambda key: (order.get(key[0], len(order)), key[1])
    ):
        quotes = dict.fromkeys(numbers[(file, page, place)])
        name = f"{_name(file)}, " if several else ""
        yield f"{name}{place}: quote{'s' if len(quotes) > 1 else ''} {', '.join(map(str, quotes))}"


def _page(conversation: ChatConversation, label: str) -> str:
    """The text of a page of the document that was cited last, or of the first other one that has
    it.
    """
    cited = [cite.file for item in reversed(conversation.quotes()) for cite in item.quote.cites]
    documents = sorted(
        conversation.session.documents,
        key=lambda document: cited.index(document.path) if document.path in cited else len(cited),
    )
    for document in documents:
        number = page_named(document, label)
        if number is not None:
            page = document.pages[number - 1]
            heading = f"{_name(document.path)}, p. {page_text(number, page.label)}"
            return f"{heading}\n\n{_lines(page.text) or 'This page has no text.'}"
    for document in documents:
        text = _by_section(document, label)
        if text is not None:
            return text
    raise InputError(
        f"no document has a page or section {label}",
        where="/pages",
        hint="/pages lists those cited",
    )


def _by_section(document: Document, label: str) -> str | None:
    """The text of the section called `label`, as far as it stands on its first page."""
    region = region_named(document, label)
    if region is None:
        return None
    page, start = region.start
    text = document.pages[page - 1].text
    section = document.section_of(page, start)
    headed = section is not None and (section.page, section.start) == region.start
    title = section.title if section is not None and headed else ""
    name = title or document.locator_of(page, start) or label
    heading = f"{_name(document.path)}, {printable(name)}"
    return f"{heading}\n\n{_lines(text[start : region.end[1] if region.end[0] == page else len(text)])}"


def _lines(text: str) -> str:
    return "\n".join(printable(line) for line in text.splitlines()).strip("\n")


def _name(path: str) -> str:
    return printable(PurePath(path).name) or printable(path)
