"""Lines that are joined, in time that grows with the text and not with its square."""

import time
from collections.abc import Callable

import pytest

from docqa.ingest.structure.clean import Hyphens, unwrap

NONE = Hyphens([])
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
        lambda count: Hyphens(["x" * count * 20]),
        lambda count: Hyphens(["QUJD" * count * 5] * 2),
        lambda count: NONE.join("x" * count * 20 + " y-", "abc"),
        lambda count: NONE.join("x " * count * 10 + "y-", "abc"),
        lambda count: NONE.mend("ab- cd " * count),
        lambda count: NONE.mend("ab- " * count),
        lambda count: unwrap([WRAPPED] * count, NONE),
        lambda count: unwrap([f"{WRAPPED} in-"] * count, NONE),
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
    assert NONE.join("for 4th-", "grade pupils") == "for 4th-grade pupils"
    assert NONE.join("an inter-", "national rule") == "an international rule"


def test_a_word_of_several_parts_keeps_all_its_hyphens():
    assert NONE.join("the state-", "of-the-art results") == "the state-of-the-art results"
    assert NONE.join("a right-of-", "way for carts") == "a right-of-way for carts"
    assert (
        Hyphens(["our industry"]).join("the indus-", "try-level view") == "the industry-level view"
    )
