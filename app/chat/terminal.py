"""Answers of a conversation as a terminal shows them: broken between words, in colours where it has
some.
"""

import re
import shutil
import sys
import textwrap

from docqa.app.answer.answer import Answer
from docqa.app.output.answer_head import head_of
from docqa.app.output.console import has_colours
from docqa.app.output.progress import is_live

_LEAST_WIDTH = 20
_INDENT = re.compile(r" *(?:- |\d+\. )?")
# Of marks and bars alone: words in a colour are not readable on every background.
_STYLES = {"answer": "\x1b[36m", "possible": "\x1b[33m", "not_found": "\x1b[31m", "none": ""}
_BOLD = "\x1b[1m"
_DIM = "\x1b[2m"
_PLAIN = "\x1b[0m"


class TerminalText:
    """Lays text out for standard output; a file or a pipe gets it as it is."""

    def __init__(self) -> None:
        self._live = is_live(sys.stdout)
        self._colours = has_colours(sys.stdout)

    def answer(self, text: str, answer: Answer) -> str:
        """`text` of `answer`, with what kind of answer it is and how sure docqa is of it before its
        words.
        """
        head = head_of(answer)
        words, *blocks = self.laid_out(text).split("\n\n")
        first, _, more = words.partition("\n")
        if head.kind == "answer":
            words = self._styled(words, _BOLD)
        elif self._live:  # the first line says that there is none
            mark = self._styled(head.mark, _STYLES[head.kind])
            words = "\n".join(filter(None, [f"{mark} {self._styled(first, _BOLD)}", more]))
        line = self.laid_out(head.head_line)
        for part in filter(None, (head.mark, head.chance_bar.partition(" ")[0])):
            line = line.replace(part, self._styled(part, _STYLES[head.kind]), 1)
        shown = [words]
        for block in blocks:  # the place of a quote is less loud than its words
            quoted, _, place = block.rpartition("\n")
            of_quote = block.startswith("  ") and quoted
            shown.append(f"{quoted}\n{self._styled(place, _DIM)}" if of_quote else block)
        return "\n".join([*([line] if head.kind == "answer" else []), "\n\n".join(shown)])

    def laid_out(self, text: str) -> str:
        """`text` with lines that fit the terminal, broken between words, each as far in as the one
        it continues.
        """
        if not self._live:
            return text
        width = max(shutil.get_terminal_size().columns - 1, _LEAST_WIDTH)
        return "\n".join(wrapped(line, width) for line in text.split("\n"))

    def _styled(self, text: str, style: str) -> str:
        return f"{style}{text}{_PLAIN}" if self._colours and text else text


def wrapped(line: str, width: int) -> str:
    """`line` in lines of at most `width` cells, a longer word on a line of its own; they begin
    below its first word.
    """
    found = _INDENT.match(line)
    indent = " " * len(found[0]) if found else ""
    if len(line) <= width or len(indent) >= width:
        return line
    return textwrap.fill(
        line,
        width,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
    )
