"""Thought and answer in a text that comes piece by piece. Imports no torch."""

OPENING = "<think>"
CLOSING = "</think>"


class ThoughtSplitter:
    """Splits text at `<think>` and `</think>`; a mark may arrive in several pieces. Mutable. A
    closing mark that nothing opened ends a thought too, and sets `late`: what came as answer before
    it was thought."""

    def __init__(self) -> None:
        self.thinking = False
        self.late = False
        self._buffer = ""

    def add(self, text: str) -> list[tuple[str, bool]]:
        """The parts that are certain by now, in order: (text, whether it is thought)."""
        self._buffer += text
        parts: list[tuple[str, bool]] = []
        while True:
            found = [
                (at, mark) for mark in (OPENING, CLOSING) if (at := self._buffer.find(mark)) >= 0
            ]
            if not found:
                break
            at, mark = min(found)
            parts.append((self._buffer[:at], self.thinking))
            if mark == CLOSING and not self.thinking:
                self.late = True
                parts = [(part, True) for part, _ in parts]
            self.thinking = mark == OPENING
            self._buffer = self._buffer[at + len(mark) :]
        begun = (
            n
            for mark in (OPENING, CLOSING)
            for n in range(1, len(mark))
            if self._buffer.endswith(mark[:n])
        )
        keep = max(begun, default=0)  # characters at the end that may be the beginning of a mark
        parts.append((self._buffer[: len(self._buffer) - keep], self.thinking))
        self._buffer = self._buffer[len(self._buffer) - keep :]
        return [part for part in parts if part[0]]

    def remaining_parts(self) -> list[tuple[str, bool]]:
        """What was held back, when the text is over."""
        rest = self._buffer
        self._buffer = ""
        return [(rest, self.thinking)] if rest else []
