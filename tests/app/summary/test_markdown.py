"""Markdown of records: a document's words never become markup, and every document is named with its
pages.
"""

import re

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from docqa.app.output.render import printable
from docqa.app.summary.markdown import digest_markdown, escaped, render_markdown
from docqa.app.summary.record import (
    EXTRACTED,
    STYLES,
    SUMMARIZED,
    SentenceCite,
    SummaryRecord,
    SummarySection,
    SummarySentence,
)

HOSTILE = (
    "<script>alert(1)</script> The [rent](javascript:alert(1)) of `rm -rf` is **due** on ![x](http://a.example/p.png) "
    "www.example.com &lt;b&gt; | 1 | ~~no~~ <!-- and --> $x$ [^1] https://example.org today."
)


def record_of(
    text: str, heading: str = "Rent", title: str = "A lease", path: str = "a/lease.pdf"
) -> SummaryRecord:
    sentence = SummarySentence(text, "exact", (SentenceCite(3, "iii", "1", 0, len(text)),))
    sections = (SummarySection("1", heading, 1, (sentence,)),)
    return SummaryRecord(
        path,
        "0" * 64,
        title,
        "key-points",
        EXTRACTED,
        SUMMARIZED,
        (sentence,),
        sections,
        (heading,),
        (text,),
    )


def inline(markdown: str) -> tuple[set[str], str]:
    """(types of the tokens, all text as it is shown)."""
    parser = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable(
        ["table", "strikethrough"]
    )
    types = set()
    shown = []
    for token in parser.parse(markdown):
        types.add(token.type)
        for child in token.children or ():
            types.add(child.type)
            shown.append(child.content)
    return types, "".join(shown)


def test_a_hostile_document_is_shown_and_not_obeyed():
    record = record_of(
        HOSTILE, heading="# <b>x</b> [y](z)", title="<i>t</i>\n# more", path="a/*b*_c_.pdf"
    )
    for markdown in (render_markdown(record), digest_markdown([record])):
        types, shown = inline(markdown)
        assert not types & {
            "html_inline",
            "html_block",
            "link_open",
            "image",
            "code_inline",
            "fence",
            "table_open",
            "s_open",
        }
        assert HOSTILE in shown and "a/*b*_c_.pdf" in shown
        assert not re.search(r"(?<!\\)://|(?<!\\)<", markdown)


@given(st.text(max_size=80))
def test_escaped_text_is_shown_with_exactly_its_characters(text):
    types, shown = inline(f"- x {escaped(text)}")
    assert shown == f"x {printable(text)}".rstrip()
    assert "html_inline" not in types and "link_open" not in types


@given(st.text(alphabet="#>-+*=1.)`~ a|\t", max_size=12))
def test_words_at_the_start_of_an_item_make_no_block(text):
    types, _ = inline(f"- {escaped(text)}")
    assert types <= {
        "bullet_list_open",
        "bullet_list_close",
        "list_item_open",
        "list_item_close",
        "paragraph_open",
        "paragraph_close",
        "inline",
        "text",
        "text_special",
    }


def test_the_digest_names_every_document_and_its_pages_hold_the_words(summarize, paper, contract):
    for style in STYLES:
        records = [summarize(paper, style), summarize(contract, style)]
        digest = digest_markdown(records)
        for record, document in zip(records, (paper, contract), strict=True):
            assert escaped(record.path) in digest
            cited = [s for s in record.every_sentence() if escaped(s.text) in digest]
            assert cited or not record.every_sentence()
            for sentence in cited:
                for cite in sentence.cites:
                    assert (
                        document.pages[(cite.page or 1) - 1].text[cite.start : cite.end]
                        == sentence.text
                    )
                    assert escaped(cite.label or "") in digest


def test_the_digest_puts_the_whole_before_its_sections(summarize, paper):
    record = summarize(paper)
    digest = digest_markdown([record])
    first = digest.index(escaped(record.sentences[0].text))
    assert 0 < first < digest.index("By section:") < digest.index("**Abstract**")
    assert "Not covered: References." in digest


def test_a_printed_label_is_shown_with_the_physical_page():
    assert "(p. iii (PDF 3))" in render_markdown(record_of("The rent is due on the first."))


def test_what_was_not_covered_and_not_read_is_said():
    shown = render_markdown(record_of("The rent is due on the first."))
    assert "## Not covered\n\n- Rent" in shown and "## What was not read" in shown


def test_nothing_to_summarize_is_said():
    empty = SummaryRecord("a.pdf", "0" * 64, "A", "brief", EXTRACTED, "unreadable")
    assert "nothing to summarize" in render_markdown(
        empty
    ) and "nothing to summarize" in digest_markdown([empty])
