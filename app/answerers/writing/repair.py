"""One round in which a model is shown what no quote bears out in its reply, to cite or to withdraw it."""

from __future__ import annotations

from docqa.app.answerers.writing.checking import CheckedText


def needs_repair(checked: CheckedText) -> bool:
    """Whether there is something that the model should cite, correct or withdraw."""
    return bool(checked.weak)


def weak_words(checked: CheckedText) -> list[str]:
    """The words of the statements that nothing bears out."""
    return [item.written.plain for item in checked.weak]


def better(second: CheckedText | None, first: CheckedText) -> bool:
    """Whether the second reply is to be taken: it states something that is borne out where the first does not, or no
    less than the first and less that is not.

    None means that the model withdrew all of it, which counts where nothing of the first was borne out.
    """
    if second is None:
        return not first.good
    if not first.good:
        return bool(second.good)
    return len(second.good) >= len(first.good) and len(second.weak) < len(first.weak)
