"""Conversations as Markdown and as one HTML page: complete, escaped, inert, and a cite leads to its
words.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docqa.app.answer.answer import (
    Statement,
)
from docqa.app.answer.grades import Status, Support
from docqa.app.history.export import file_names_to_show
from docqa.app.history.history import stored_documents
from docqa.app.history.marked_pages import MarkedSpan, marked
from docqa.app.history.recorder import make_turn
from docqa.app.history.records import StoredSession, StoredTurn
from docqa.app.history.rendering import HTML, MARKDOWN, rendered
from docqa.app.output.answer_head import head_of
from docqa.app.output.templates import escape_markup
from docqa.ingest.types import Document

from .answers import answer_of, quote_of

html_page = partial(rendered, HTML)
markdown = partial(rendered, MARKDOWN)

HOSTILE = '</div><script>alert(1)</script> "&amp;" *bold* [x](http://evil) `code` \u202e<img src=http://evil/x>'
PAGES = (
    "The lease begins on 1 April 2021.\nThe rent is 1,200 dollars, and it is paid on the first day of each month.",
    f"Nobody may enter. {HOSTILE} The keeper of the door is Alder, who sleeps.",
)


@pytest.fixture
def lease(document: Callable[..., Document]) -> Document:
    """Two pages, labelled i and 1, of which the second is hostile."""
    return document(*PAGES, path="folder/lease.pdf", labels=("i", "1"))


@pytest.fixture
def conversation(lease: Document) -> tuple[StoredSession, list[StoredTurn]]:
    """Three questions: one with overlapping quotes, one about the hostile page, and one that is
    refused.
    """
    rent = "The rent is 1,200 dollars, and it is paid on the first day of each month."
    whole = quote_of(lease, rent, "1,200 dollars")
    paid = quote_of(lease, "it is paid on the first day of each month.", "first day", "near")
    begins = quote_of(lease, "2021.\nThe rent is 1,200 dollars", "2021")
    door = f"{HOSTILE} The keeper of the door is Alder"
    turns = [
        make_turn([lease], "How much?", answer_of(lease, "How much?", whole, paid, begins)),
        replace(
            make_turn(
                [lease], f"Who {HOSTILE}?", answer_of(lease, "Who?", quote_of(lease, door, HOSTILE))
            ),
            understood=f"Who is {HOSTILE}?",
        ),
        make_turn([lease], "Why?", answer_of(lease, "Why?")),
        StoredTurn("When?", 3.0, state="stopped", note=f"stopped {HOSTILE}"),
    ]
    return StoredSession(
        7, "chat", "How much?", 0.0, 1.0, stored_documents([lease]), len(turns)
    ), turns


class Page(HTMLParser):
    """Tags of a page with their attributes, the text of each mark, and whether tags close in their
    order.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.marks: dict[str, str] = {}
        self.unbalanced: list[str] = []
        self._open: list[str] = []
        self._marks: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self._open.append(tag)
        if tag == "mark":
            self._marks.append(dict(attrs).get("id") or "")

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.unbalanced.append(tag)
        if tag == "mark":
            self._marks.pop()

    def handle_data(self, data: str) -> None:
        self.text += data
        for name in self._marks:
            if self._open[-1] != "a":  # the number that leads back is none of the page's words
                self.marks[name] = self.marks.get(name, "") + data


def test_the_page_is_balanced_inert_and_shows_hostile_text_as_text(conversation):
    text = html_page(*conversation)
    page = Page(text)
    assert page.unbalanced == []
    names = {tag for tag, _ in page.tags}
    assert names.isdisjoint({"script", "img", "iframe", "object", "link", "form", "base", "svg"})
    links = [given["href"] for tag, given in page.tags if tag == "a"]
    assert links and all(link and link.startswith("#") for link in links)
    attributes = [name for _, given in page.tags for name in given]
    assert not any(name.startswith("on") or name in ("src", "style") for name in attributes)
    assert "</div><script>alert(1)</script>" in page.text
    assert "\u202e" not in text
    policy = next(a["content"] for tag, a in page.tags if tag == "meta" and "http-equiv" in a)
    assert policy is not None and policy.startswith("default-src 'none'")
    assert "url(" not in text and "@import" not in text


def test_every_cite_leads_to_the_very_words_and_they_lead_back(conversation):
    page = Page(html_page(*conversation))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    assert {str(target)[1:] for target in targets} <= set(map(str, ids))
    rent = "The rent is 1,200 dollars, and it is paid on the first day of each month."
    assert page.marks["c1"].startswith("The rent is 1,200 dollars")
    assert page.marks["c2"] == "it is paid on the first day of each month."
    assert page.marks["c3"] == "2021.\nThe rent is 1,200 dollars"
    assert rent in page.text.replace("1,200 dollars3,", "1,200 dollars,").replace(
        "month.21", "month."
    )
    twice = [MarkedSpan(0, 3, "<mark>", f"</mark>{number}") for number in (1, 2)]
    assert Page(marked("one two", twice)).text == "one12 two"
    assert page.marks["c4"].endswith("The keeper of the door is Alder")


def test_the_page_tells_what_was_not_found_stopped_and_understood(conversation):
    text = Page(html_page(*conversation)).text
    for said in (
        "Not found.",
        "Searched: 2 pages.",
        "Nearest, not an answer:",
        "stopped",
        "understood as: Who is",
    ):
        assert said in text
    assert "not verified: near" in text
    assert "lease.pdf · p. i (PDF 1)" in text
    assert "folder" not in text  # where a file lies is nobody else's business


@pytest.mark.parametrize("form", [html_page, markdown])
def test_what_is_possible_is_said_first_with_the_name_of_its_file(lease, document, form):
    other = document("Nothing of note.", path="folder/other.pdf")
    answer = replace(answer_of(lease, "Why?"), status=Status.POSSIBLE)
    turns = [make_turn([lease, other], "Why?", answer)]
    text = form(
        StoredSession(1, "ask", "Why?", 0.0, 1.0, stored_documents([lease, other]), 1), turns
    )
    said = text.index("Possibly in lease.pdf, p. 1 (PDF 2): Nobody may enter.")
    assert said < text.index("Not certain enough") < text.index("Searched: 2 files, 2 pages.")
    assert "Nearest" not in text


def test_an_answer_has_the_head_of_the_terminal_above_it(conversation):
    session, turns = conversation
    page = html_page(session, turns)
    answered = next(
        turn for turn in turns if turn.answer is not None and turn.answer.answer is not None
    )
    head = head_of(answered.answer)
    assert f'<meter value="{head.share:.2f}"' in page
    assert f"{head.share:.0%}".replace("%", "&nbsp;%") + f" {head.sure}" in page
    assert page.index(head.sure) < page.index(
        escape_markup(answered.answer.answer), page.index("<article")
    )
    assert "confidence 0." not in page


@pytest.mark.parametrize("form", [html_page, markdown])
def test_the_statements_of_a_list_name_their_quotes(lease, form):
    quotes = quote_of(lease, PAGES[0], "1 April 2021"), quote_of(lease, PAGES[1], "Alder")
    statements = (
        Statement("1 April 2021", Support.QUOTED, (0,)),
        Statement("<Alder>", Support.PARTLY, (1,)),
    )
    answer = answer_of(lease, "Who and when?", *quotes, statements=statements)
    session = StoredSession(1, "ask", "?", 0.0, 1.0, stored_documents([lease]), 1)
    text = form(session, [make_turn([lease], "Who and when?", answer)], 4)
    assert "1 April 2021 (quote 4)" in text
    assert "Alder" in text and "<Alder>" not in text.replace("\\<", "")
    assert "partly supported" in text


def test_markdown_numbers_its_quotes_and_keeps_text_text(conversation):
    text = markdown(*conversation)
    assert text.startswith("# How much?\n")
    assert "> “The rent is **1,200 dollars**, and it is paid" in text
    assert "> \\[1\\] p. i (PDF 1) (quote found)" in text
    assert "> \\[4\\] p. 1 (PDF 2) (quote found)" in text
    assert "<script>" not in text.replace("\\<", "")
    assert "\\[x\\](http://evil)" in text
    assert "*understood as: Who is" in text


def test_a_long_question_is_short_only_in_the_list(lease):
    question = "Why " * 400 + "?"
    turns = [StoredTurn(question, 1.0, state="failed"), StoredTurn("How?", 2.0, state="failed")]
    session = StoredSession(1, "chat", "How?", 0.0, 1.0, stored_documents([lease]), 2)
    assert html_page(session, turns).count("Why ") < 500


def test_a_part_of_a_conversation_keeps_the_numbers_of_its_quotes(conversation):
    session, turns = conversation
    assert "\\[4\\] p. 1" in markdown(session, turns[1:], 4)
    assert 'id="c4"' in html_page(session, turns[1:], 4)


def test_files_of_one_name_keep_their_paths():
    names = file_names_to_show(["a/x.pdf", "b/x.pdf", "c/y.pdf"])
    assert names == {"a/x.pdf": "a/x.pdf", "b/x.pdf": "b/x.pdf", "c/y.pdf": "y.pdf"}


def test_an_answer_without_a_kept_page_has_no_dead_link(conversation):
    session, turns = conversation
    page = Page(html_page(session, [replace(turns[0], pages=())]))
    assert [tag for tag, _ in page.tags if tag == "a"] == []
    assert "No page is cited." in page.text


@settings(max_examples=200, deadline=None)
@given(
    st.text(min_size=1, max_size=30),
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=6),
)
def test_marks_of_any_overlap_are_balanced_and_hold_their_words(text, spans):
    marks = [MarkedSpan(a, b, f'<mark id="m{n}">', "</mark>") for n, (a, b) in enumerate(spans)]
    page = Page(marked(text, marks))
    shown = escape_markup(text)
    assert page.unbalanced == []
    assert Page(shown).text == page.text
    for number, (start, end) in enumerate(spans):
        if 0 <= start < end <= len(text):
            assert Page(escape_markup(text[start:end])).text.startswith(
                page.marks.get(f"m{number}", "")
            )


# In a browser


@pytest.fixture
def browser() -> Iterator[Any]:
    """A headless Chromium: one that the machine has, or Playwright's own."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    with sync_api.sync_playwright() as playwright:
        try:
            opened = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        except sync_api.Error as error:
            pytest.skip(f"no Chromium: {str(error).splitlines()[0]}")
        yield opened
        opened.close()


@pytest.mark.parametrize("width", [1280, 420])
def test_a_click_on_a_cite_highlights_its_words(browser, conversation, write_file, width):
    session, turns = conversation
    long = [
        replace(
            turn, pages=tuple(replace(page, text=page.text + "\nline" * 200) for page in turn.pages)
        )
        for turn in turns
    ]
    long.append(StoredTurn("unbroken" * 200, 4.0, state="failed"))
    file = write_file("answers.html", html_page(session, long))
    page = browser.new_page(viewport={"width": width, "height": 700}, reduced_motion="reduce")
    asked = []
    problems = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: problems.append(message.text))
    page.goto(file.as_uri())
    words = page.locator("#c4")
    plain = words.evaluate("mark => getComputedStyle(mark).backgroundColor")
    page.locator("a.cite[href='#c4']").click()
    assert words.evaluate("mark => mark.matches(':target')")
    assert words.evaluate("mark => getComputedStyle(mark).backgroundColor") != plain
    box = words.bounding_box()
    assert box is not None and box["y"] >= 0 and box["y"] + box["height"] <= 700
    assert words.inner_text().endswith("The keeper of the door is Alder")
    page.locator("#c4 + a.back").click()
    assert page.locator("#n4").evaluate("quote => quote.matches(':target')")
    assert asked == [file.as_uri()]
    assert problems == []
    for part in ("documentElement", "querySelector('.answers')"):
        assert page.evaluate(f"document.{part}.scrollWidth <= document.{part}.clientWidth"), part
