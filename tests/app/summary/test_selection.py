"""Nothing is said twice, sections take turns, and "However" never stands without what it
answers.
"""

import numpy as np

from docqa.app.summary.selection import Pool, choose
from docqa.app.summary.sentences.candidates import SentenceCandidate
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest

DOCUMENT = read(
    ReadRequest(
        "a.md", b"# One\n\nA word.\n\n# Two\n\nA word.\n\n# Three\n\nA word.\n", media_type="md"
    )
)


def pool(*texts: str, sections: tuple[int, ...] = (), before: dict[int, int] | None = None) -> Pool:
    within = [DOCUMENT.sections[number] for number in sections or (0,) * len(texts)]
    found = [
        SentenceCandidate(1, n, n + 1, section, 0, n, text, (before or {}).get(n))
        for n, (text, section) in enumerate(zip(texts, within, strict=True))
    ]
    return Pool(DOCUMENT, found, np.zeros(len(found)))


def test_the_same_words_are_taken_once():
    said = pool(
        "The tenant pays rent monthly.", "Rent is paid monthly by the tenant.", "Bees make honey."
    )
    assert choose(said, range(3), [3.0, 2.9, 0.1], 2) == [0, 2]


def test_what_is_taken_elsewhere_is_not_said_again():
    said = pool(
        "The tenant pays rent monthly.", "Rent is paid monthly by the tenant.", "Bees make honey."
    )
    assert choose(said, [1, 2], [2.9, 0.1], 2, taken=[0]) == [2]


def test_a_section_waits_for_the_others():
    said = pool("The tenant pays.", "Bees make honey.", "Roofs leak often.", sections=(0, 0, 1))
    assert choose(said, range(3), [1.0, 0.9, 0.8], 2) == [0, 2]
    assert choose(said, range(3), [1.0, 0.9, 0.8], 2, spread=False) == [0, 1]


def test_a_sentence_that_points_back_comes_only_behind_the_one_before():
    said = pool("The tenant pays.", "However, bees make honey.", "Roofs leak often.", before={1: 0})
    assert choose(said, range(3), [0.1, 5.0, 1.0], 1) == [2]
    assert choose(said, range(3), [1.1, 5.0, 1.0], 2) == [0, 1]
    assert choose(said, [1, 2], [5.0, 1.0], 2, taken=[0]) == [2]


def test_equal_scores_keep_the_order_of_the_document():
    said = pool("The tenant pays.", "Bees make honey.", "Roofs leak often.", sections=(0, 1, 2))
    assert choose(said, [2, 1, 0], [1.0, 1.0, 1.0], 2) == [0, 1]
