"""Sentences that the passage encoder finds like the question speak for the spans in them."""

import pytest

from docqa.app.answerers.loading import load_model
from docqa.app.options import Options
from docqa.app.session.engine import open_session


@pytest.fixture
def bundled():
    return load_model(Options())


def test_the_likest_sentence_is_told_for_the_span_that_is_read(write_file, bundled):
    path = write_file(
        "rules.txt",
        "1. Dogs\n\nDogs stay on a lead in the hall.\n\n2. Boats\n\nThe ferry costs four crowns a head.\n",
    )
    with open_session([str(path)], Options(store=False, preview=False), model=bundled) as session:
        for _ in session.read():
            pass
        _, found = session.local.find_candidates("What must one pay to cross by boat?")
    assert found is not None
    page = session.documents[0].pages[0].text
    best = found.candidates[0]
    assert "four crowns" in page[best.start : best.end]
    assert best.score > best.logprob + 4.0 * 0.2
