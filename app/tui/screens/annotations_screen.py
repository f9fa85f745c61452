"""The list of what the reader of a document has highlighted and noted, over its screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from docqa.app.output.render import excerpt, printable
from docqa.app.tui.typing_screen import TypingScreen

if TYPE_CHECKING:
    from docqa.app.history.records import Annotation
    from docqa.app.tui.screens.annotations import Annotations

_WORDS_SHOWN = 160


class AnnotationsScreen(ModalScreen[None], TypingScreen):
    """Lists `annotations`: Enter or a click goes to one, F2 changes its note, Delete deletes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", show=False),
        Binding("f2", "write", "Note", show=False),
        Binding("delete", "delete", "Delete", show=False),
    ]

    def __init__(self, annotations: Annotations) -> None:
        super().__init__()
        self._annotations = annotations

    def compose(self) -> Iterator[Widget]:
        shown = OptionList(id="annotations", markup=False)
        shown.border_title = "Your notes and highlights"
        shown.border_subtitle = "Enter · F2 note · Delete · Esc"
        yield shown

    async def on_mount(self) -> None:
        self._list()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        annotation = self._annotations.made[event.option_index]
        self.dismiss()
        self._annotations.go(annotation)

    def action_write(self) -> None:
        annotation = self._current
        if annotation is not None:
            self.dismiss()
            self._annotations.edit(annotation)

    def action_delete(self) -> None:
        annotation = self._current
        if annotation is None:
            return
        at = self._annotations.made.index(annotation)
        self._annotations.delete(annotation)
        if self._annotations.made:
            self._list(min(at, len(self._annotations.made) - 1))
        else:
            self.dismiss()

    @property
    def _current(self) -> Annotation | None:
        at = self.query_one(OptionList).highlighted
        return self._annotations.made[at] if at is not None else None

    def _list(self, at: int = 0) -> None:
        shown = self.query_one(OptionList)
        shown.clear_options()
        shown.add_options([Option(_line(each)) for each in self._annotations.made])
        shown.highlighted = at


def _line(annotation: Annotation) -> Content:
    words = f"  “{excerpt(annotation.text, _WORDS_SHOWN)}”"
    note = [(f"\n✎ {printable(annotation.note)}", "italic")] if annotation.note else []
    return Content.assemble((printable(annotation.place), "bold"), words, *note)
