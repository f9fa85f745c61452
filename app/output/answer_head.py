"""What is shown of an answer first: its kind, and how sure docqa is of it, in words and as a
bar.
"""

from dataclasses import dataclass

from docqa.app.answer.answer import Answer
from docqa.app.answer.grades import Status

from .progress import filled_bar
from .render import was_searched

BAR_CELLS = 8
_SURE = (
    (0.9, "very likely right"),
    (0.75, "likely right"),
    (0.5, "more likely right than not"),
    (0.0, "uncertain"),
)
_MAY_ANSWER = ((0.5, "may well answer"), (0.25, "may answer"), (0.0, "hardly answers"))


@dataclass(frozen=True)
class AnswerHead:
    """`kind` is answer, possible, not_found or none; `mark` tells them apart without colour. `sure`
    says what `share`, 0 to 1, is the chance of. `support` counts the statements borne out, of
    several."""

    kind: str
    mark: str
    title: str
    sure: str = ""
    share: float | None = None
    support: str = ""

    @property
    def chance_bar(self) -> str:
        """The chance as a small bar and a number; "" where nothing was judged."""
        return (
            ""
            if self.share is None
            else f"{filled_bar(self.share, BAR_CELLS)} {self.share:.0%}".replace("%", " %")
        )

    @property
    def head_line(self) -> str:
        """`● Answer · ███████░ 90 % very likely right · quotes for 3 of 8 statements`."""
        judged = " ".join(part for part in (self.chance_bar, self.sure) if part)
        return " · ".join(
            part for part in (f"{self.mark} {self.title}", judged, self.support) if part
        )


def head_of(answer: Answer) -> AnswerHead:
    if answer.status == Status.POSSIBLE:
        sure = _confidence_in_words(answer.confidence, _MAY_ANSWER)
        return AnswerHead(
            "possible", "◐", "Possible, not stated as an answer", sure, answer.confidence
        )
    if was_searched(answer):
        return AnswerHead("not_found", "○", "Not found")
    if answer.answer is None:
        return AnswerHead("none", "○", "No answer")
    if "summary" in answer.provenance:
        return AnswerHead("answer", "●", "Summary")
    title = "Partial answer" if answer.status == Status.PARTIAL else "Answer"
    sure = _confidence_in_words(answer.confidence, _SURE)
    supported = sum(not statement.remark for statement in answer.statements)
    count = len(answer.statements)
    support = (
        "" if count == supported and count < 2 else f"quotes for {supported} of {count} statements"
    )
    return AnswerHead("answer", "●", title, sure, answer.confidence, support)


def _confidence_in_words(confidence: float, words: tuple[tuple[float, str], ...]) -> str:
    return next(said for least, said in words if confidence >= least)
