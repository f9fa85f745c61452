"""Of sentences with the words of a topic, those that the reader finds to answer its question are
chosen.
"""

from collections.abc import Sequence

import numpy as np
import pytest

from docqa.app.summary.selection import Pool
from docqa.app.summary.sentences.candidates import find_candidates
from docqa.app.summary.topical import choose_for_topic
from docqa.app.summary.topics import Topic
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest

LEASE = b"""# Lease

## Termination

The Landlord may terminate this lease at once where the roof of the house burns down.

The Tenant may terminate this lease at once where the cellar is under water again.
"""
TERMINATION = Topic("Termination", ("termination",), "How can this agreement be terminated?", 1)


@pytest.mark.parametrize("word", ["roof", "cellar"])
def test_of_sentences_with_the_same_words_the_reader_chooses(word):
    document = read(ReadRequest("lease.md", LEASE, media_type="md"))
    candidates = find_candidates(document)

    class Sure(Pool):
        def chances(self, question: str, numbers: Sequence[int]) -> np.ndarray:
            return np.array([float(word in self.candidates[number].text) for number in numbers])

    nothing = np.zeros(len(candidates))
    pool = Sure(document, candidates, nothing)
    chosen = choose_for_topic(TERMINATION, pool, nothing, ())
    assert [word in candidates[number].text for number in chosen] == [True]
    assert choose_for_topic(TERMINATION, pool, nothing, (), outside=chosen) == []
