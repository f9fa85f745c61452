"""What is kept of documents: equal to what is made anew, found again by content, and made again
when damaged.
"""

import hashlib
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from docqa.app.context.cached import DocumentPartsCache
from docqa.app.context.context import Context, lay_out
from docqa.app.context.passage_vectors import text_below_headings
from docqa.app.storage.store import Store
from docqa.ingest.types import Document, Section

_PAGE = st.sampled_from(
    [
        "The keeper returns the deposit within nine days. The lock of the door was broken in March.",
        "",
        " \n",
        "Ünïcode — the tenant’s “notice” is sent to floor 12. 合意書は三月に終わる。",
        "Rent. " * 300,
        "1. Term\nThe term ends in March.\n\n2. Rent\nThe rent is due.",
    ]
)
_TEXTS = st.lists(_PAGE, min_size=1, max_size=4)


def fail() -> Any:
    raise AssertionError("a kept document was laid out again")


def same(one: Context, other: Context) -> bool:
    return all(
        getattr(one, each.name) == getattr(other, each.name)
        for each in fields(Context)
        if each.compare
    )


def numbered(document: Document) -> Document:
    """`document` with a section of its own at the beginning of every page that has text."""
    found = [
        Section(
            f"s{page.page}", f"{page.page}.", "Head", 1, page.page, 0, "numbering", 1.0, None, None
        )
        for page in document.pages
        if page.text.strip()
    ]
    return replace(document, sections=tuple(found))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(_TEXTS, st.booleans()), max_size=3), st.booleans())
def test_a_kept_context_is_the_one_laid_out_anew(document, model, tmp_path_factory, made, writes):
    documents = [
        numbered(document(*(texts if paged else texts[:1]), path=f"{number}.pdf", paged=paged))
        for number, (texts, paged) in enumerate(made)
    ]
    opening = [7, 8, 9] if writes else None
    kept = DocumentPartsCache(Store(tmp_path_factory.mktemp("cache")), "tiny")
    expected = lay_out(documents, model.tokenizer, opening)
    assert same(kept.load_or_lay_out_context(documents, lambda: model.tokenizer, opening), expected)
    again = kept.load_or_lay_out_context(
        documents, fail if documents else lambda: model.tokenizer, opening
    )
    assert same(again, expected) and not kept.notices
    texts = [
        text_below_headings(each.passage.section, expected.text_of(each))
        for each in expected.passages
    ]
    assert (again.passage_keys or []) == [
        hashlib.sha256(text.encode()).digest()[:16] for text in texts
    ]


@pytest.fixture
def kept(tmp_path: Path) -> DocumentPartsCache:
    return DocumentPartsCache(Store(tmp_path / "cache"), "tiny")


def stored_file(kept: DocumentPartsCache) -> Path:
    (file,) = (kept.store.root / "contexts").glob("*/*.safetensors")
    return file


def test_another_text_or_tokenizer_is_another_context(kept, document, model):
    first = document("One page.")
    longer = document("One page.", "And two.")
    for parts, of in ((kept, first), (kept, longer), (replace(kept, tokenizer="other"), first)):
        assert same(
            parts.load_or_lay_out_context([of], lambda: model.tokenizer, None),
            lay_out([of], model.tokenizer),
        )
    assert len(list((kept.store.root / "contexts").iterdir())) == 3


def test_the_same_content_under_another_path_is_found(kept, document, model):
    made = document("One page.")
    kept.load_or_lay_out_context([made], lambda: model.tokenizer, None)
    renamed = replace(made, path="elsewhere.pdf")
    assert kept.load_or_lay_out_context([renamed], fail, None).documents == (renamed,)


@pytest.mark.parametrize("harm", ["flip", "shorten", "remove"])
def test_damaged_tokens_are_made_again(kept, document, model, harm):
    made = document("One page.", "Another page with more words.")
    expected = kept.load_or_lay_out_context([made], lambda: model.tokenizer, None)
    file = stored_file(kept)
    data = file.read_bytes()
    if harm == "remove":
        file.unlink()
    else:
        file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]) if harm == "flip" else data[:-1])
    assert [entry.kind for entry, _ in kept.store.verify()] == ["context"]
    assert same(kept.load_or_lay_out_context([made], lambda: model.tokenizer, None), expected)
    (said,) = kept.notices
    assert "a.pdf: the kept context cannot be used" in said
    assert same(kept.load_or_lay_out_context([made], fail, None), expected)


def test_what_another_process_keeps_meanwhile_stays_as_it_is(kept, document, model):
    made = document("One page.")
    other = replace(kept, notices=[])

    def slow() -> Any:
        other.load_or_lay_out_context([made], lambda: model.tokenizer, None)
        return model.tokenizer

    first = kept.load_or_lay_out_context([made], slow, None)
    node = stored_file(kept).stat().st_ino
    assert same(other.load_or_lay_out_context([made], fail, None), first)
    assert stored_file(kept).stat().st_ino == node and kept.notices == other.notices == []


def test_a_disk_that_refuses_is_said_and_costs_no_answer(kept, document, model, monkeypatch):
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Store, "put", full)
    made = document("One page.")
    assert same(
        kept.load_or_lay_out_context([made], lambda: model.tokenizer, None),
        lay_out([made], model.tokenizer),
    )
    assert "cannot be kept (No space left" in kept.notices[0]


def test_two_files_of_the_same_text_are_forgotten_one_by_one(kept, document, model):
    made = document("One page.")
    twin = replace(made, id="0" * 64)
    for each in (made, twin):
        kept.load_or_lay_out_context([each], lambda: model.tokenizer, None)
    kept.store.forget([twin.id], "twin.pdf")
    assert kept.load_or_lay_out_context([made], fail, None).documents == (made,)


def test_forgetting_a_document_deletes_its_tokens(kept, document, model):
    made = document("One page.")
    kept.load_or_lay_out_context([made], lambda: model.tokenizer, None)
    kept.store.forget([made.id], "gone.pdf")
    assert not list((kept.store.root / "contexts").iterdir())
    kept.load_or_lay_out_context(
        [made], lambda: model.tokenizer, None
    )  # it was opened before it was forgotten
    assert not list((kept.store.root / "contexts").iterdir())
