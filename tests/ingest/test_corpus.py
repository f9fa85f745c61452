"""Every PDF of the corpus beside the checkout: a Document, or an error that says what is wrong."""

import time
from collections import Counter
from pathlib import Path

import pytest

from docqa.ingest.errors import IngestError
from docqa.ingest.pdf import ocr
from docqa.ingest.request import ReadRequest
from docqa.ingest.worker import read_in_worker

# The files of these kinds (the first part of a name) that hold no text, are locked, or are damaged.
REFUSED = {"bad": 10, "enc": 2, "scan": 5}
SECONDS = 60


@pytest.mark.slow
def test_every_file_gives_a_document_or_an_error_with_a_message(corpus, capsys):
    outcomes: dict[str, Counter[str]] = {}
    for file in sorted(corpus.glob("*.pdf")):
        outcomes.setdefault(file.stem.split("_")[0], Counter())[_outcome(file)] += 1
    with capsys.disabled():
        print()
        for kind, counts in outcomes.items():
            print(
                f"{kind:11} {', '.join(f'{outcome} {count}' for outcome, count in counts.most_common())}"
            )
    refused = {kind: counts.total() - counts["Document"] for kind, counts in outcomes.items()}
    expected = {
        kind: count
        for kind, count in REFUSED.items()
        if kind != "scan" or not ocr.is_ocr_available()
    }
    assert {kind: count for kind, count in refused.items() if count} == expected


def _outcome(file: Path) -> str:
    started = time.monotonic()
    try:
        document = read_in_worker(ReadRequest(file, seconds=SECONDS))
    except IngestError as error:
        assert error.message and error.hint, file.name
        assert "crashed" not in error.message and "longer than" not in error.message, (
            f"{file.name}: {error}"
        )
        return type(error).__name__
    finally:
        assert time.monotonic() - started < SECONDS, file.name
    assert len(document.pages) == document.coverage.pages > 0, file.name
    assert all(page.text or page.grade == "F" for page in document.pages), file.name
    assert not any(
        "crashed" in line or "longer than" in line for line in document.coverage.warnings
    ), file.name
    return "Document"
