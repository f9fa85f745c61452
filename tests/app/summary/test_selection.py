"""Nothing is said twice, sections take turns, and "However" never stands without what it answers."""

from docqa.app.evidence.terms import terms
from docqa.app.summary.selection import Pool, choose
from docqa.app.summary.sentences.candidates import SentenceCandidate


def pool(*texts: str, sections: tuple[int, ...] = (), before: dict[int, int] | None = None) -> Pool:
    found = [
        SentenceCandidate(1, n, n + 1, sections[n] if sections else 0, 0, n, text, (before or {}).get(n))
        for n, text in enumerate(texts)
    ]
    return Pool(found, [frozenset(terms(text)) for text in texts])


def test_the_same_words_are_taken_once():
    said = pool("The tenant pays rent monthly.", "Rent is paid monthly by the tenant.", "Bees make honey.")
    assert choose(said, range(3), [3.0, 2.9, 0.1], 2) == [0, 2]


def test_what_is_taken_elsewhere_is_not_said_again():
    said = pool("The tenant pays rent monthly.", "Rent is paid monthly by the tenant.", "Bees make honey.")
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
