"""What a reader makes of a document: words highlighted, notes on them, and the screen that lists
them. Each is stored at once.
"""

import time
from collections.abc import Sequence
from dataclasses import replace

from textual.binding import Binding
from textual.content import Content

from docqa.app.errors import ResourceError
from docqa.app.history.records import StoredAnnotation
from docqa.app.output.render import one_line_excerpt, printable
from docqa.app.storage.store import Store
from docqa.app.tui import stored_turns
from docqa.app.tui.page.spans import PageSpan, sentence_at, spans_between
from docqa.app.tui.page.stops import place_of, standing, words_at
from docqa.app.tui.page.view import highlights
from docqa.app.tui.settings import key
from docqa.ingest.types import Document

from .choice_screen import ChoiceScreen, Row, has_words
from .navigation import Navigation

_NOTE_CHARACTERS = 120
_WORDS_CHARACTERS = 160


class Annotations:
    """Those of the document in the panes of `navigation`, in its order. `store` None keeps
    nothing.
    """

    def __init__(self, navigation: Navigation, store: Store | None) -> None:
        self.panes = navigation.panes
        self._say = self.panes.message
        self.made: list[StoredAnnotation] = []
        self._navigation = navigation
        self._store = store
        self._last: PageSpan | None = None  # selected last
        self._noted: StoredAnnotation | None = None  # whose note is being written

    def load(self) -> None:
        try:
            self.made = stored_turns.annotations_of(self._store, self.panes.opened)
        except (ResourceError, OSError) as error:
            self._say(f"your notes cannot be read: {error}", "warning")
        self._show_highlights()

    def select(self, extend: bool = False) -> None:
        """Select a sentence: the first in view, or the one after the selection, which `extend`
        makes longer by it.
        """
        page = self.panes.page
        document = self.panes.opened
        self.panes.show_pane("page")
        chosen = page.selected
        last = chosen[-1] if chosen else self._last
        goes_on = last is not None and page.in_view(last)
        found = sentence_at(
            document, *((last.page, last.end) if last and goes_on else self.panes.where)
        )
        if not found:
            self._say("the document ends here")
            return
        page.select(chosen[0] if extend and chosen else found, found)
        self._last = found

    def highlight(self) -> None:
        """Highlight the selected words, or what is followed; what is highlighted without a note is
        so no more.
        """
        pointed = self._annotation_pointed_at()
        if not pointed:
            return
        if pointed not in self.made:
            self._store_annotation(pointed)
            self.panes.show_status("highlighted")
        elif pointed.note:
            self._say(
                f"it has a note; {key(self.panes, 'notes')} lists your notes and deletes them"
            )
        else:
            self.delete(pointed)

    def begin_note(self) -> None:
        pointed = self._annotation_pointed_at()
        if pointed:
            self.edit(pointed)

    def edit(self, annotation: StoredAnnotation) -> None:
        self._noted = annotation
        self.panes.prompt.enter("note", annotation.note)

    def write(self, note: str) -> None:
        """An empty one leaves a highlight."""
        noted = self._noted
        self._noted = None
        self.panes.prompt.close()
        if noted:
            self._store_annotation(replace(noted, note=note))
            self.panes.show_status("note stored" if note else "highlighted")

    def delete(self, annotation: StoredAnnotation) -> None:
        try:
            stored_turns.delete_annotation(self._store, self.panes.opened, annotation)
        except OSError as error:
            self._say(f"it cannot be deleted: {error}", "warning")
            return
        self.made = [each for each in self.made if each is not annotation]
        self._show_highlights()
        self.panes.show_status("deleted")

    def go_to_annotation(self, annotation: StoredAnnotation) -> None:
        spans = _spans_of_annotation(annotation, self.panes.opened)
        if spans:
            self._navigation.jump(spans[0].place)
        number = self.made.index(annotation) + 1
        note = (
            one_line_excerpt(annotation.note, _NOTE_CHARACTERS) if annotation.note else "highlight"
        )
        gone = "" if spans else ": its words are no longer in this document"
        self.panes.show_status(f"{number} of {len(self.made)}: {note}{gone}")

    def annotation_at(self, page: int, offset: int) -> StoredAnnotation | None:
        """The annotation with character `offset` of `page`; of several the last one made."""
        there = []
        for annotation in self.made:
            for span in _spans_of_annotation(annotation, self.panes.opened):
                if span.page == page and span.start <= offset < span.end:
                    there.append(annotation)
        return max(there, key=lambda annotation: annotation.made, default=None)

    def _annotation_pointed_at(self) -> StoredAnnotation | None:
        """The annotation pointed at, a new one on the words that are; without any None, which is
        said.
        """
        document = self.panes.opened
        spans = self.panes.page.selected or self._navigation.followed
        there = spans[0].place if spans else self.panes.pointed_at
        known = self.annotation_at(*there) if there else None
        if known:
            return known
        if not spans:
            select = key(self.panes, "select")
            self._say(f"select words first: with the mouse, or {select} selects a sentence")
            return None
        place = place_of(document, spans)
        text = words_at(document, spans)
        end = spans[-1]
        return StoredAnnotation(*spans[0].place, end.page, end.end, text, place, made=time.time())

    def _store_annotation(self, annotation: StoredAnnotation) -> None:
        try:
            stored = stored_turns.store_annotation(self._store, self.panes.opened, annotation)
        except OSError as error:
            self._say(f"it cannot be stored: {error}", "warning")
            stored = annotation
        others = [each for each in self.made if each.made != stored.made]
        self.made = sorted([*others, stored], key=lambda each: (each.page, each.start, each.made))
        self.panes.page.unselect()
        self._navigation.end_search()
        self._show_highlights()

    def _show_highlights(self) -> None:
        marks = []
        for annotation in self.made:
            kind = "note" if annotation.note else "highlight"
            marks += highlights(_spans_of_annotation(annotation, self.panes.opened), kind)
        self.panes.page.mark(marks, own=True)


def _spans_of_annotation(annotation: StoredAnnotation, document: Document) -> Sequence[PageSpan]:
    first = (annotation.page, annotation.start)
    last = (annotation.end_page, annotation.end)
    return standing(spans_between(document, first, last), annotation.text, document)


class AnnotationsScreen(ChoiceScreen):
    """Lists `annotations`: Enter or a click goes to one, F2 changes its note, Delete deletes it."""

    BINDINGS = [
        Binding("f2", "write", "Note", show=False),
        Binding("delete", "delete", "Delete", show=False, priority=True),
    ]

    def __init__(self, annotations: Annotations) -> None:
        super().__init__(
            "Your notes and highlights",
            "words of one; Enter goes there, F2 its note, Delete deletes",
        )
        self._annotations = annotations

    def rows(self, words: str) -> list[Row]:
        return [
            (_annotation_line(each), each)
            for each in self._annotations.made
            if has_words(f"{each.text} {each.note}", words)
        ]

    async def chosen(self, choice: StoredAnnotation) -> None:
        self._annotations.go_to_annotation(choice)

    def action_write(self) -> None:
        if self.choice is not None:
            self.dismiss()
            self._annotations.edit(self.choice)

    def action_delete(self) -> None:
        if self.choice is not None:
            self._annotations.delete(self.choice)
            self.fill(self._words.value)
        if not self._annotations.made:
            self.dismiss()


def _annotation_line(annotation: StoredAnnotation) -> Content:
    words = f"  “{one_line_excerpt(annotation.text, _WORDS_CHARACTERS)}”"
    note = [(f"\n✎ {printable(annotation.note)}", "italic")] if annotation.note else []
    return Content.assemble((printable(annotation.place), "bold"), words, *note)
