"""What a reader highlighted: kept, forgotten with its document, never pruned, exported with the
answers.
"""

from collections.abc import Callable

import pytest

from docqa.app.history.history import History, stored_documents
from docqa.app.history.records import StoredAnnotation, StoredSession
from docqa.app.history.rendering import HTML, MARKDOWN, rendered
from docqa.ingest.types import Document

HOSTILE = "<script>alert(1)</script> *bold*"
RENT = StoredAnnotation(2, 4, 2, 20, "the rent is 1,200", "4.2 Rent · p. 2", "ask Ada", 5.0)


@pytest.fixture
def lease(document: Callable[..., Document]) -> Document:
    """Two pages."""
    return document("The lease begins.", "And the rent is 1,200 dollars.", path="folder/lease.pdf")


def test_an_annotation_comes_back_changed_and_is_deleted(store, lease):
    with History(store) as history:
        session = history.start("tui", stored_documents([lease]), lease.title)
        number = history.annotate(session, RENT)
        history.annotate(session, StoredAnnotation(1, 0, 1, 9, "The lease", "p. 1"))
        history.annotate(
            session, StoredAnnotation(2, 4, 2, 20, RENT.text, RENT.place, "ask Bob", 6.0, number)
        )
    with History(store) as history:
        found = history.annotations(session)
        shown = [(each.page, each.text, each.note) for each in found]
        assert shown == [(1, "The lease", ""), (2, RENT.text, "ask Bob")]
        history.delete_annotation(found[1].id)
        assert [each.text for each in history.annotations(session)] == ["The lease"]
        assert history.annotate(session + 1, RENT) == 0


def test_annotations_are_forgotten_with_their_document_and_never_pruned(store, lease):
    with History(store) as history:
        session = history.start("tui", stored_documents([lease]), lease.title)
        history.annotate(
            session, StoredAnnotation(1, 0, 1, 9, "The lease", "p. 1", "of Quetzalcoatl")
        )
        assert history.prune(0) == []
        assert len(history.annotations(session)) == 1
        history.forget([lease.id], lease.path)
        assert history.annotations(session) == []
        assert b"Quetzalcoatl" not in history.path.read_bytes()


@pytest.mark.parametrize("form", [HTML, MARKDOWN])
def test_annotations_are_exported_as_text(form, lease):
    session = StoredSession(1, "tui", "lease", 0.0, 0.0, stored_documents([lease]))
    hostile = StoredAnnotation(1, 0, 1, 9, f"The lease {HOSTILE}", "p. 1", f"note {HOSTILE}")
    text = rendered(form, session, [], 1, [hostile, RENT])
    assert (
        text.index("Notes and highlights")
        < text.index("The lease")
        < text.index("the rent is 1,200")
    )
    assert "4.2 Rent · p. 2" in text
    assert "ask Ada" in text
    assert "<script>" not in text
    assert "*bold*" not in text.replace("\\*", "") or form == HTML
    assert "Notes and highlights" not in rendered(form, session, [], 1)
