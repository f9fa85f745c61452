"""Open documents: keys, messages and the prompt, each handed to the part that knows what to do:
Panes (the widgets), Navigation, Questions (reading and answering), Annotations."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from textual.binding import Binding
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Footer

from docqa.app.batch.items import containing_file
from docqa.app.history.export import unused_file_name
from docqa.app.storage.store import Store
from docqa.app.tui import bridge, keymap, stored_turns
from docqa.app.tui.library.recents import PastQuestion, count_text, recent_documents
from docqa.app.tui.page.image import PageImages
from docqa.app.tui.page.view import TextPane
from docqa.app.tui.settings import key
from docqa.ingest.assemble import page_list
from docqa.ingest.pdf import ocr
from docqa.ingest.types import Document

from .annotations import Annotations, AnnotationsScreen
from .choice_screen import PlaceScreen
from .navigation import Navigation
from .panes import Panes, title_text
from .prompt_screen import PromptScreen
from .questions import Questions

_SEARCHED_AT_ONCE = 500_000  # characters
_PAUSE_S = 0.15
# What needs a document on the screen.
_OVER_A_DOCUMENT = (
    "line",
    "call",
    "export",
    "read",
    "image",
    "notes",
    "summarize",
    "back",
    "grid",
    "files",
    "hits",
    "viewer",
)


class DocumentScreen(PromptScreen):
    """Opens `path` through the bridge, at the question `past` if given, or the documents at the
    paths `together`, named `path`; a `question` is asked at once. `store` None keeps nothing."""

    BINDINGS = [
        *keymap.bindings(keymap.DOCUMENT),
        Binding("shift+enter", "call('navigation', 'next_hit', -1)", show=False),
    ]
    EXPORTED = (".md", ".html", ".htm")

    def __init__(
        self,
        path: str,
        session: bridge.SessionBridge,
        store: Store | None,
        images: PageImages | None = None,
        past: PastQuestion | None = None,
        together: Sequence[str] = (),
        question: str = "",
    ) -> None:
        super().__init__("document")
        self.panes = Panes(path, images, self.prompt)
        self.navigation = Navigation(self.panes)
        jobs = bridge.DocumentJobs(session, self.post_message)
        self.questions = Questions(self.navigation, jobs, store)
        self.annotations = Annotations(self.navigation, store)
        self.panes.switched = self.annotations.load
        self.path = path
        self.together = together
        self._store = store
        self._images = images
        self._past = past
        self._waiting = [question] if question else []  # asked before the document was open
        self._parsed = (0, 0)
        self._search_timer = Timer(self, 0, pause=True)

    def compose(self) -> Iterator[Widget]:
        yield self.panes
        yield Footer(compact=True, show_command_palette=False)

    async def on_mount(self) -> None:
        self._open()  # what is typed meanwhile is a question

    def _open(self, password: str | None = None) -> None:
        self.panes.show_parsed(0, 0, len(self._waiting))
        self.questions.jobs.open(self.together or self.path, password)

    @property
    def document(self) -> Document | None:
        return self.panes.document

    def on_document_opened(self, message: bridge.DocumentOpened) -> None:
        stored = stored_turns.load(self._store, message.documents)
        first_pages = self.panes.page.place  # which were shown alone
        self.panes.documents = self.panes.answers.documents = message.documents
        place = first_pages if first_pages != (1, 0) else stored.place
        self.panes.show(message.documents[0], place)
        self.panes.show_pane("page")
        for turn in stored.turns:
            self.panes.answers.add(turn)
        self.navigation.refresh_marks()
        for warning in (*message.warnings, *stored.notices):
            self.panes.message(warning, "warning")
        if interrupted := sum(turn.state == "stopped" for turn in stored.turns):
            self.panes.show_status(f"{key(self, 'read')} goes on with {interrupted} unanswered")
        self.come_back(self._past)
        while self._waiting:
            self.questions.ask(self._waiting.pop(0))
        self.refresh_bindings()

    def on_unmount(self) -> None:
        self.questions.jobs.leave()

    def come_back(self, past: PastQuestion | None) -> None:
        """Somebody who left while work went on is here again, at the question `past` if given."""
        self._past = past
        if past and self.document:
            turn = stored_turns.shown_turn(past.turn)
            self.questions.show_past(turn, at_cite=past.at_cite)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Before the document is open one can ask and go back; where it cannot be opened, go back
        or try again.
        """
        if self.document or action not in _OVER_A_DOCUMENT:
            return True
        failed = self.panes.has_class("failed")
        return (action == "read") if failed else (action == "line" and parameters == ("ask",))

    def on_first_pages(self, message: bridge.FirstPages) -> None:
        if not self.document:
            self.panes.show_first(message.document)

    def on_pages_parsed(self, message: bridge.PagesParsed) -> None:
        self._parsed = (message.page, message.pages)
        self.panes.show_parsed(*self._parsed, len(self._waiting))

    def on_session_event(self, message: bridge.SessionEvent) -> None:
        self.questions.take(message)

    def on_job_ended(self, message: bridge.JobEnded) -> None:
        if message.kind != "open":
            self.questions.on_end(message)
            if not self.questions.jobs.busy:
                self.app.work_done(self)  # type: ignore[attr-defined]
        elif message.outcome == "failed":
            tried = f"{key(self, 'read')} tries again"
            if message.locked:
                tried = "Type its password below"
                self.prompt.enter("password")
            back = f"{key(self, 'library')} goes back to the documents."
            self.panes.show_problem(f"{message.reason}\n\n{tried}, {back}")
            self.refresh_bindings()

    def on_text_pane_chosen(self, message: TextPane.Chosen) -> None:
        if message.link:
            self.navigation.follow_link(message.link)
        elif not message.place:
            h, w, y = (key(self, name) for name in ("highlight", "note", "copy"))
            self.panes.show_status(f"selected: {h} highlights, {w} writes a note, {y} copies")
        else:
            annotation = self.annotations.annotation_at(*message.place)
            if annotation:
                self.annotations.go_to_annotation(annotation)

    async def line_entered(self, mode: str, text: str) -> None:
        """A question may come before the document is open."""
        if mode == "password":
            self._try_again(text)
        elif not self.document:
            if text:
                self._waiting.append(text)
                self.prompt.reset()
                if self.panes.has_class("failed"):
                    self.panes.message("it will be asked when the document can be opened")
                else:
                    self.panes.show_parsed(*self._parsed, len(self._waiting))
        elif mode == "ask" and not text and self.navigation.selected:
            self.navigation.follow_selected_link()
        elif mode == "ask" and not text and self.navigation.is_searching:
            self.navigation.next_hit(1)
        elif mode != "ask" or not self.offers(text):
            modes: dict[str, Callable[[str], object]] = {
                "ask": self.questions.ask,
                "find": self.navigation.find,
                "goto": self.navigation.go_to,
                "note": self.annotations.write,
                "extract": self.action_grid,
            }
            modes.get(mode, self.export)(text)

    async def run_command(self, command: keymap.Key, argument: str) -> None:
        if command.name == "summarize":
            await self.line_entered("ask", f"{bridge.SUMMARIZE} {argument}".strip())
        else:
            await super().run_command(command, argument)

    def action_summarize(self) -> None:
        self.questions.ask(bridge.SUMMARIZE)

    def prompt_changed(self, mode: str, text: str) -> None:
        self._search_timer.stop()
        if mode == "find" and self.document:
            show = partial(self.navigation.find_typed, text)
            if sum(len(page.text) for page in self.document.pages) <= _SEARCHED_AT_ONCE:
                show()
            else:
                self._search_timer = self.set_timer(_PAUSE_S, show)

    def prompt_moved(self, mode: str, key: str) -> None:
        step = {"up": -1, "down": 1}.get(key)
        if step is not None and mode == "ask":
            self.prompt.recall([turn.question for turn in self.questions.turns], step)
        elif step is not None and mode == "find":
            self.navigation.next_hit(step)
        else:
            self.panes.scroll_shown(key)

    def on_screen_suspend(self) -> None:
        self.panes.image.erase()

    def action_line(self, mode: str) -> None:
        if mode == "find":
            self.navigation.begin_search()
        super().action_line(mode)

    def action_card(self, number: int, cite: int | None = None) -> None:
        card = self.panes.answers.cards[number]
        if cite is None:
            self.navigation.choose(card)
        else:
            self.navigation.follow(card, cite)

    def action_call(self, part: str, method: str, *argument: Any) -> None:
        """Call a method of `part`: panes, navigation, questions or annotations. Textual hands on
        one argument.
        """
        getattr(getattr(self, part), method)(*argument)

    def action_read(self) -> None:
        if not self.document:
            self._try_again()
        else:
            self.questions.read()

    def _try_again(self, password: str | None = None) -> None:
        self.panes.remove_class("failed")
        self.prompt.close()
        self._open(password)
        self.refresh_bindings()

    def action_hidden(self) -> None:
        if self.questions.jobs.busy:
            self.panes.message("questions are being answered; Esc stops them")
        else:
            self.questions.keep()
            self.app.open_hidden(self)  # type: ignore[attr-defined]

    def action_scans(self) -> None:
        recognised = self.document.coverage.ocr_pages if self.document else ()
        said = "no page had to be recognised"
        if recognised:
            said = f"text was recognised on {page_list(recognised)}"
        if not ocr.is_ocr_available():
            said = f"{ocr.INSTALL} lets docqa read scans; then open it again"
        self.panes.message(said)

    def action_stop_job(self) -> None:
        """One step out: of what the prompt asks for, of what runs, of a search, of a pane."""
        left = self.prompt.leave()
        if left == "find":
            self.navigation.give_up_search()
        if not left and (not self.document or not self.questions.stop()):
            self.navigation.unselect_link()
            if self.navigation.is_searching:
                self.navigation.give_up_search()
            self.set_focus(self.line)

    def action_image(self, show: str = "show") -> None:
        if not self._images:
            self.panes.message(
                f"this terminal cannot show images, or they are off ({key(self, 'settings')})"
            )
        else:
            getattr(self.panes, f"{show}_image")()

    def action_viewer(self) -> None:
        """Show the page that the reader is on in the system's viewer."""
        import webbrowser

        path = containing_file(self.panes.opened.path) or self.panes.opened.path
        page = f"{Path(path).absolute().as_uri()}#page={self.panes.where[0]}"
        # Without a display a browser for terminals would draw over this one.
        shown = not sys.platform.startswith("linux") or {"DISPLAY", "WAYLAND_DISPLAY"} & set(
            os.environ
        )
        if not shown or not webbrowser.open(page):
            self.panes.message("this system has no viewer to show the page in")

    def action_back(self) -> None:
        """To where the reader was before or, from where it was opened at a cite, out of it."""
        if self._past and self._past.at_cite and self.navigation.is_at_first_place:
            self.action_library()
        else:
            self.navigation.back()

    def action_notes(self) -> None:
        if self.annotations.made:
            self.app.push_screen(AnnotationsScreen(self.annotations))
        else:
            self.panes.message(
                f"no notes yet; {key(self, 'select')} selects, {key(self, 'highlight')} highlights"
            )

    def action_hits(self) -> None:
        hits = self.navigation.hit_lines()
        if hits:
            self.app.push_screen(PlaceScreen("Hits", hits, self.navigation.go_to_hit))
        else:
            self.navigation.next_hit(0)  # which says how to search

    def action_files(self) -> None:
        """The open documents, with what is read of each and how many answers quote it."""
        known = recent_documents(self._store) if self._store else []
        kept = {row.path: row.kept for row in known}
        files = []
        for document in self.panes.documents:
            answers = count_text(self.panes.answers.count_about(document), "answer")
            read = kept.get(os.path.abspath(document.path)) or "not read"
            files.append((f"{title_text(document)} · {read} · {answers}", document))
        self.app.push_screen(PlaceScreen("Open documents", files, self.navigation.go_to_file))

    def action_grid(self, fields: str = "") -> None:
        self.show_grid(self.together or [self.path], fields)

    def action_export(self) -> None:
        if self.document:
            path = self.together[0] if self.together else self.path
            self.begin_export(unused_file_name(path, "docqa.md"))

    def action_library(self) -> None:
        self.questions.keep()
        self.app.leave_document(self)  # type: ignore[attr-defined]

    def write_export(self, path: str) -> None:
        documents = self.panes.documents
        stored_turns.export(path, documents, self.questions.turns, self.annotations.made)
