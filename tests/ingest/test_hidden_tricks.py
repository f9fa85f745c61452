"""None of the ways to hide a sentence that `tests/data/hiding` lists gets it into the text without
a warning; what only looks so (`seen`) is read without one."""

import pytest

from docqa.ingest.errors import NoText
from tests.ingest.hiding import SEEN, TABLES, documents
from tests.ingest.reading import read_bytes

CASES = list(documents())


def test_the_table_has_two_hundred_tricks_over_seven_formats():
    assert len(CASES) >= 200 and len({name for name, _, _ in CASES}) == 7


@pytest.mark.parametrize(
    "name, line, data", CASES, ids=lambda value: value[:60] if isinstance(value, str) else ""
)
def test_no_trick_gets_a_hidden_sentence_read_without_a_warning(name, line, data):
    try:
        document = read_bytes(name, data)
    except NoText:
        return
    text = "\n".join(page.text for page in document.pages)
    warned = [line for line in document.coverage.warnings if "hidden" in line or "differs" in line]
    assert SEEN in text or warned
    assert "1 euro" not in f"{text} {document.title}" or warned, line


@pytest.mark.parametrize("name, line, data", list(documents(TABLES / "seen")))
def test_what_only_looks_like_hiding_is_read_without_a_warning(name, line, data):
    document = read_bytes(name, data)
    assert "1 euro" in document.pages[0].text, line
    assert not any("hidden" in warning for warning in document.coverage.warnings), line
