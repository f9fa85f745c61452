"""Lines that are joined, in time that grows with the text and not with its square."""

import time
from collections.abc import Callable

import pytest

from docqa.ingest.structure.clean import Dehyphenator, join_hard_wrapped_lines

NONE = Dehyphenator([])
WRAPPED = ("word " * 14).strip()


def seconds(work: Callable[[], object]) -> float:
    """The least processor time of three trials: a busy machine changes nothing."""
    taken = []
    for _ in range(3):
        started = time.thread_time()
        work()
        taken.append(time.thread_time() - started)
    return min(taken)


@pytest.mark.parametrize(
    "work",
    [
        lambda count: Dehyphenator(["x" * count * 20]),
        lambda count: Dehyphenator(["QUJD" * count * 5] * 2),
        lambda count: NONE.join_at_line_end("x" * count * 20 + " y-", "abc"),
        lambda count: NONE.join_at_line_end("x " * count * 10 + "y-", "abc"),
        lambda count: NONE.join_broken_words("ab- cd " * count),
        lambda count: NONE.join_broken_words("ab- " * count),
        lambda count: join_hard_wrapped_lines([WRAPPED] * count, NONE),
        lambda count: join_hard_wrapped_lines([f"{WRAPPED} in-"] * count, NONE),
    ],
    ids=[
        "one word",
        "base64",
        "long word",
        "many words",
        "broken words",
        "word of parts",
        "lines",
        "broken lines",
    ],
)
def test_joining_lines_takes_linear_time(work):
    assert seconds(lambda: work(16_000)) < 10 * max(seconds(lambda: work(4_000)), 0.002)


def test_a_number_with_letters_keeps_its_hyphen():
    assert NONE.join_at_line_end("for 4th-", "grade pupils") == "for 4th-grade pupils"
    assert NONE.join_at_line_end("an inter-", "national rule") == "an international rule"


def test_a_word_of_several_parts_keeps_all_its_hyphens():
    assert (
        NONE.join_at_line_end("the state-", "of-the-art results") == "the state-of-the-art results"
    )
    assert NONE.join_at_line_end("a right-of-", "way for carts") == "a right-of-way for carts"
    assert (
        Dehyphenator(["our industry"]).join_at_line_end("the indus-", "try-level view")
        == "the industry-level view"
    )
