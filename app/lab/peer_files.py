"""Test files of other projects, read one by one: `python -m docqa.app.lab.peer_files FOLDER...
[--sample N]`.

Prints what went wrong and the tally: exceptions, files over the limits of processor time and
memory, refusals, and the characters and words of each PDF beside those that pdftotext (of poppler,
which must be installed) reads.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from docqa.ingest.formats import format_of_suffix
from docqa.ingest.pdf.document import ALL_HIDDEN

MOST_SECONDS = 60
MOST_BYTES = 2**28
LEAST_SHARE = 0.7
MOST_SHARE = 1.4
"""Of the characters that pdftotext reads."""
_PEER_SECONDS = 60
_FEW = 20  # characters: fewer are page numbers and marks
_CLEAR = ("Encrypted", "Unreadable")
"""What may be refused although pdftotext reads it: encrypted and damaged files, and text that
nobody sees.
"""
_MOST_WORDS = 0.9
_UNSPACED = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_UNSEEN = re.compile("[\\s\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
_WORD = re.compile(f"[{_UNSPACED}]|[^\\W\\d_{_UNSPACED}]{{3,}}")
"""A word of three letters or more; of Chinese and Japanese, which part no words, a letter."""


@dataclass(frozen=True)
class FileReading:
    """What became of one file. `outcome` is document, refused or exception; `seconds` of processor
    time, `bytes` of memory at most; `characters` but for white space and marks of direction, of
    docqa and of pdftotext (None: not a PDF, or it reads none); `word_share`: how many of
    pdftotext's different words docqa has too (None: it has none, or docqa no document).
    """

    path: str
    outcome: str
    kind: str = ""
    message: str = ""
    characters: int = 0
    warnings: int = 0
    seconds: float = 0.0
    bytes: int = 0
    peer_characters: int | None = None
    word_share: float | None = None

    @property
    def problem(self) -> str:
        """What should not have happened; empty where all is well."""
        if self.outcome == "exception":
            return f"exception: {self.message}"
        if self.seconds > MOST_SECONDS:
            return f"{self.seconds:.0f} s of processor time"
        if self.bytes > MOST_BYTES:
            return f"{self.bytes / 2**20:,.0f} MiB"
        if self.peer_characters is None or self.peer_characters < _FEW:
            return ""
        if self.outcome == "refused":
            clear = self.kind in _CLEAR or self.message == ALL_HIDDEN
            return "" if clear else f"refused, pdftotext reads it: {self.message}"
        share = self.characters / self.peer_characters
        within = LEAST_SHARE <= share <= MOST_SHARE or self.warnings > 0
        return "" if within else f"{share:.0%} of the characters of pdftotext, without a warning"


def documents(folders: Sequence[str]) -> Iterator[Path]:
    """The files in `folders` whose names are those of documents, in order."""
    for folder in folders:
        for root, below, names in os.walk(folder):
            below.sort()
            for name in sorted(names):
                path = Path(root, name)
                if (
                    format_of_suffix(path.suffix.lower())
                    and path.is_file()
                    and not path.is_symlink()
                ):
                    yield path


def sampled(paths: list[Path], count: int | None) -> list[Path]:
    """`count` of `paths`, drawn evenly; all where there are not so many."""
    if count is None or count >= len(paths):
        return paths
    return [paths[number * len(paths) // count] for number in range(count)]


def measure(path: Path) -> FileReading:
    """Read `path` in a process of its own, as docqa reads a document, and beside it with
    pdftotext.
    """
    out, into = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(out)
        with os.fdopen(into, "w", encoding="utf-8", errors="replace") as stream:
            found: dict[str, object] = {}
            try:
                found = _read(path)
            finally:  # whatever it is, it is what is looked for
                if error := sys.exc_info()[1]:
                    found = {
                        "outcome": "exception",
                        "kind": type(error).__name__,
                        "message": repr(error)[:300],
                    }
                json.dump(found, stream)
                stream.flush()
                os._exit(0)
    os.close(into)
    with os.fdopen(out, encoding="utf-8") as stream:
        said = stream.read()
    _, status, usage = os.wait4(pid, 0)
    read = (
        json.loads(said)
        if said
        else {"outcome": "exception", "message": f"ended with status {status}"}
    )
    words = set(read.pop("words", ()))
    peer = _peer_text(path) if path.suffix.lower() == ".pdf" else ""
    others = words_of(peer)
    return FileReading(
        str(path),
        **read,
        seconds=usage.ru_utime + usage.ru_stime,
        bytes=usage.ru_maxrss * 1024,
        peer_characters=count_characters(peer) or None,
        word_share=round(len(words & others) / len(others), 4)
        if others and read["outcome"] == "document"
        else None,
    )


def count_characters(text: str) -> int:
    """How many characters can be seen of `text`, ligatures spelt out."""
    return len(_UNSEEN.sub("", unicodedata.normalize("NFKC", text)))


def words_of(text: str) -> set[str]:
    """The different words of `text`, in small letters, ligatures spelt out; single letters of
    Chinese and Japanese.
    """
    return set(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def _read(path: Path) -> dict[str, object]:
    from docqa.ingest.archive import load_file
    from docqa.ingest.errors import IngestError
    from docqa.ingest.request import ReadRequest
    from docqa.ingest.worker import read_in_worker

    try:
        document = read_in_worker(ReadRequest(path, load_file(path)))
    except IngestError as error:
        return {"outcome": "refused", "kind": type(error).__name__, "message": error.message}
    texts = "\n".join(text for page in document.pages for text in (page.text, *page.furniture))
    found = {
        "characters": count_characters(texts.replace(" | ", " ")),
        "warnings": len(document.coverage.warnings),
    }
    return {"outcome": "document", **found, "words": sorted(words_of(texts))}


def _peer_text(path: Path) -> str:
    """What pdftotext reads; empty where it reads nothing or takes too long."""
    command = ["pdftotext", "-q", "-enc", "UTF-8", str(path), "-"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_PEER_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout.decode("utf-8", "replace")


def tally(readings: Sequence[FileReading]) -> dict[str, object]:
    """The counts that are to be 0, the share of PDFs that have their characters
    (`pdfs_with_their_words`), and of those that have nine of ten different words
    (`pdfs_with_most_words`)."""
    compared = [r for r in readings if r.outcome == "document" and (r.peer_characters or 0) >= _FEW]
    lost = [r for r in readings if r.outcome == "refused" and (r.peer_characters or 0) >= _FEW]
    unseen = [r for r in lost if r.message == ALL_HIDDEN]
    whole = [r for r in compared if not r.problem.endswith("without a warning")]
    shares = sorted(r.word_share for r in readings if r.word_share is not None)
    return {
        "files": len(readings),
        "documents": sum(r.outcome == "document" for r in readings),
        "refusals": dict(
            sorted(Counter(r.kind for r in readings if r.outcome == "refused").items())
        ),
        "exceptions": sum(r.outcome == "exception" for r in readings),
        "over_60_s": sum(r.seconds > MOST_SECONDS for r in readings),
        "over_256_mib": sum(r.bytes > MOST_BYTES for r in readings),
        "most_seconds": round(max((r.seconds for r in readings), default=0.0), 1),
        "most_mib": max((r.bytes for r in readings), default=0) // 2**20,
        "pdfs_compared": len(compared),
        "pdfs_with_their_words": round(len(whole) / max(len(compared), 1), 4),
        "pdfs_with_most_words": round(
            sum(share >= _MOST_WORDS for share in shares) / max(len(shares), 1), 4
        ),
        "median_word_share": shares[len(shares) // 2] if shares else None,
        "refused_but_read_by_pdftotext": dict(
            sorted(Counter(r.kind for r in lost if r not in unseen).items())
        ),
        "refused_as_hidden_but_read_by_pdftotext": len(unseen),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Reads the files of the folders, prints each problem and, last, the tally as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    parser.add_argument("--sample", type=int, metavar="N", help="only N files, drawn evenly")
    parser.add_argument("--details", metavar="FILE", help="a line of JSON for every file, appended")
    given = parser.parse_args(arguments)
    if shutil.which("pdftotext") is None:
        parser.error("pdftotext is not installed; it is in poppler-utils")
    readings: list[FileReading] = []
    for path in sampled(list(documents(given.folders)), given.sample):
        reading = measure(path)
        readings.append(reading)
        if reading.problem:
            print(ascii(f"{reading.path}: {reading.problem}")[1:-1], flush=True)
        if given.details:
            with open(given.details, "a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(json.dumps(asdict(reading)) + "\n")
    print(json.dumps(tally(readings)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
