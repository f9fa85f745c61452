"""Where a place is, in words: `Article 70 · p. 13`, `4.2 Payment · p. xii (PDF 14)`."""

from docqa.app.output.render import page_text, printable
from docqa.ingest.types import Document, Section


def section_title(section: Section) -> str:
    """`4.2 Payment`, on one line; a number that the title begins with is said once."""
    number = printable(section.number or "")
    title = printable(section.title)
    if (
        title.casefold().startswith(number.casefold())
        and not title[len(number) : len(number) + 1].isalnum()
    ):
        return title
    return f"{number} {title}"


def location(document: Document, page: int, offset: int) -> str:
    """The heading above a place, or what the document prints there that says more ("4.2(b)"), and
    its page.
    """
    section = document.section_of(page, offset)
    locator = document.locator_of(page, offset)
    named = printable(locator or "")
    if section is not None and locator == document.name_of(section):
        named = section_title(section)
    where = f"p. {page_text(page, document.pages[page - 1].label)}" if document.paged else ""
    return " · ".join(part for part in (named, where) if part)
