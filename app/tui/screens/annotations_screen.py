"""The list of what a reader has highlighted and noted, over its screen."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from docqa.app.history.records import KeptAnnotation
from docqa.app.output.render import excerpt, printable
from docqa.app.tui.screens.annotations import Annotations
from docqa.app.tui.screens.choice_screen import ChoiceScreen, Row

_WORDS_SHOWN = 160


class AnnotationsScreen(ChoiceScreen):
    """Lists `annotations`: Enter or a click goes to one, F2 changes its note, Delete deletes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
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
        wanted = words.casefold().split()
        found = [
            each
            for each in self._annotations.made
            if all(word in f"{each.text} {each.note}".casefold() for word in wanted)
        ]
        return [(_line(each), each) for each in found]

    async def chosen(self, choice: KeptAnnotation) -> None:
        self._annotations.go(choice)

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


def _line(annotation: KeptAnnotation) -> Content:
    words = f"  “{excerpt(annotation.text, _WORDS_SHOWN)}”"
    note = [(f"\n✎ {printable(annotation.note)}", "italic")] if annotation.note else []
    return Content.assemble((printable(annotation.place), "bold"), words, *note)
