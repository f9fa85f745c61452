"""The loop of a conversation: lines in, answers out. A person types them, or they come from a
pipe.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from difflib import get_close_matches

from docqa.app import report
from docqa.app.answer import events
from docqa.app.answer.answer import Answer
from docqa.app.answer.text import one_line
from docqa.app.history.records import NEXT_BEST
from docqa.app.output import render
from docqa.app.output.console import LiveDraft, Screen
from docqa.app.output.interrupts import stopping_on_interrupt

from . import slash
from .conversation import ChatConversation
from .terminal import TerminalText

PROMPT = "> "
_WORKING = "looking for the answer … (Ctrl+C stops)"


def typed_lines() -> Iterator[str]:
    """Lines typed at a terminal until Ctrl+D; Ctrl+C drops the line that is being typed."""
    with suppress(ImportError):
        import readline  # noqa: F401 - gives input() its line editing

    while True:
        try:
            if sys.stdout.isatty():
                line = input(PROMPT)
            else:  # results go elsewhere; the prompt must not go with them
                sys.stderr.write(PROMPT)
                sys.stderr.flush()
                line = input()
        except EOFError:
            report.note("")
            return
        except KeyboardInterrupt:
            report.note("\n(Ctrl+D quits)")
            continue
        yield line


def piped_lines() -> Iterator[str]:
    """The lines of standard input; none where the process was started without one."""
    for line in sys.stdin.buffer if sys.stdin is not None else ():
        yield line.decode("utf-8", "replace").rstrip("\r\n")


@dataclass
class ChatLoop:
    """Answers lines over a conversation. `typed`: by a person, so that Ctrl+C stops only the
    answer. `thoughts`: those of the model are shown.
    Mutable."""

    conversation: ChatConversation
    typed: bool
    thoughts: bool

    def __post_init__(self) -> None:
        self._screen = Screen(thoughts=self.thoughts)
        self._text = TerminalText()
        self._waiting = LiveDraft()
        self._files = len(self.conversation.session.documents)
        self._codes: list[int] = []
        self._stopped: Callable[[], bool] = bool

    def run(self, lines: Iterable[str]) -> int:
        """Answer until the lines end or one is /quit; returns the worst status of the answers, 0
        for a person.
        """
        try:
            for line in filter(None, joined(lines)):
                name = line.partition(" ")[0].lower()
                if name == "/quit":
                    break
                with _stopping_by_key(self.typed) as self._stopped:
                    if name.startswith("/"):
                        self._run_command(name, line[len(name) :].strip())
                    else:
                        self._ask(line)
        finally:
            self._screen.close()
        return report.ANSWERED if self.typed else report.worst_exit_code(self._codes)

    # Questions

    def _ask(self, question: str) -> None:
        understood = self.conversation.understood(question)
        remark = f"understood as: {render.printable(understood)}" if understood != question else ""
        self._show(self.conversation.ask(question, understood), question, understood, remark)

    def _ask_again(self) -> None:
        if not self.conversation.turns:
            report.note("docqa: there is no question to ask again yet")
            return
        last = self.conversation.turns[-1]
        understood = last.understood or last.question
        remark = self.conversation.note_on_retry()
        self._show(self.conversation.ask_again(), last.question, understood, remark)

    def _show(
        self, stream: Iterator[events.Event], question: str, understood: str, remark: str
    ) -> None:
        """Print the answer of `stream`, and `remark` before it in brackets."""
        if not self.typed:
            report.result(f"> {render.printable(question)}")
        if remark:
            report.result(f"({remark})")
        self._show_waiting_line()
        try:
            self._show_events(stream)
        except Exception as error:
            self._waiting.end(erase=True)
            if not (isinstance(error, report.expected_errors()) or report.is_out_of_memory(error)):
                raise
            self._screen.close()
            self._codes.append(report.report_failure(error))
            self.conversation.add(question, understood, None, "failed", report.error_message(error))

    def _show_events(self, stream: Iterator[events.Event]) -> None:
        ending = False  # what is being written ends at its next token, and is shown
        for event in stream:
            self._waiting.end(erase=True)
            if isinstance(event, events.Finished):
                self._screen.close(answered=True)
                self._show_finished_answer(event.answer)
                continue
            if self._stopped() and not ending:
                ending = self.conversation.session.stop_writing()
                if not ending:
                    stream.close()  # type: ignore[attr-defined]
                    self._screen.close()
                    report.note("stopped; what was read is stored, and /retry continues")
                    self._codes.append(report.INTERRUPTED)
                    return
            if isinstance(event, events.Preview):
                self._screen.close()
                self._print(render.preview_text(event.answer, self._files))
            else:
                self._screen.progress(event)
                if isinstance(event, events.ReadProgress) and event.done >= event.total:
                    self._show_waiting_line()

    def _show_waiting_line(self) -> None:
        """Say what goes on while there is nothing else to see yet."""
        if self.typed:
            self._waiting.show(_WORKING)

    def _print(self, text: str) -> None:
        report.result(self._text.laid_out(text) + "\n")

    def _show_finished_answer(self, answer: Answer) -> None:
        self._codes.append(answer.exit_code)
        if self.conversation.turns[-1].note == NEXT_BEST and answer.refused:
            self._print(render.nearest_text(answer, self._files))
        else:
            first = len(self.conversation.quotes()) - len(answer.quotes) + 1
            text = render.answer_text(answer, files=self._files, first_quote=first, judged=False)
            report.result(self._text.answer(text, answer) + "\n")

    # Commands

    def _run_command(self, name: str, argument: str) -> None:
        try:
            if name in slash.PRINTED:
                report.result(slash.PRINTED[name](self.conversation, argument) + "\n")
            elif name == "/retry":
                self._ask_again()
            elif name == "/save":
                written = slash.save(self.conversation, argument)
                report.note(f"docqa: wrote {render.printable(written)}")
            else:
                near = get_close_matches(name, slash.NAMES, n=1)
                hint = f"did you mean {near[0]}?" if near else "/help lists them"
                report.report_usage_error(f"there is no command {render.printable(name)}", hint)
        except report.expected_errors() as error:
            report.report_failure(error)


def joined(lines: Iterable[str]) -> Iterator[str]:
    """Lines without the space around them; one that ends in a backslash goes on in the next."""
    kept = ""
    for line in lines:
        text = kept + line
        if text.endswith("\\"):
            kept = text[:-1] + " "
            continue
        kept = ""
        yield one_line(text)
    if kept.strip():
        yield one_line(kept)


@contextmanager
def _stopping_by_key(typed: bool) -> Iterator[Callable[[], bool]]:
    """Inside, the first Ctrl+C is only remembered; the second one ends the conversation."""
    left = [b"\nstopping (Ctrl+C again quits) ...\n"]

    def press() -> bool:
        return bool(left and os.write(2, left.pop()))

    with stopping_on_interrupt(press) if typed else nullcontext(bool) as pressed:
        yield pressed
