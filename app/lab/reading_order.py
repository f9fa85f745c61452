"""How well the order of words on the pages of PDFs agrees with the sources that they were made
from, beside peers.

    python -m docqa.app.lab.reading_order FOLDER... [--pages N] [--details FILE.jsonl]

Each PDF with a source of the same name beside it (LaTeX, or a statute as USLM XML) is read by
docqa, pdftotext and pypdf. Runs of three words that occur once in the source and once in what was
read are places; two that follow each other on a page are neighbours, out of order where the second
is written before the first. Printed, for each file and as JSON in the last line: neighbours and
those out of order of each reader, and of docqa's pages with neighbours out of order (two at least,
and one of fifty) how many are not graded A; once of all such pages, and once without what every
reader has out of order, which is set elsewhere on the page than it is written.
"""

import argparse
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from docqa.ingest.errors import IngestError
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest

from .order_sources import SUFFIXES, once, places, runs, words

_FEW = 50  # neighbours: a source that gives fewer is another text
_DISPLACED = 2  # neighbours out of order that make a page one that is out of order,
_DISPLACED_SHARE = 0.02  # and their share


@dataclass
class PageTally:
    """Neighbours of a page, and how many of them are out of order. `grade` is docqa's, empty for
    the others.
    """

    page: int
    neighbours: int
    displaced: int
    grade: str = ""

    @property
    def out_of_order(self) -> bool:
        """Whether enough of it is out of order that it is not an accident of a word."""
        return self.displaced >= _DISPLACED and self.displaced >= _DISPLACED_SHARE * self.neighbours


@dataclass
class FileTally:
    """The pages of a PDF as each reader gave them."""

    file: str
    readers: dict[str, list[PageTally]] = field(default_factory=dict)


def tally_pages(
    texts: Sequence[str], source: Mapping[str, tuple[int, int]], grades: Sequence[str] = ()
) -> list[PageTally]:
    """The tally of each page of `texts`; `source` as `places` gives it, `grades` of the pages where
    they are known.
    """
    sequences = [list(runs(words(text))) for text in texts]
    single = once(run for sequence in sequences for run in sequence)
    tallies = []
    for number, sequence in enumerate(sequences):
        last: dict[int, int] = {}
        neighbours = displaced = 0
        for run in sequence:
            if run not in single or run not in source:
                continue
            stream, at = source[run]
            if stream in last:
                neighbours += 1
                displaced += at < last[stream]
            last[stream] = at
        tallies.append(
            PageTally(number + 1, neighbours, displaced, grades[number] if grades else "")
        )
    return tallies


def tally_file(pdf: Path, source: Path, most_pages: int) -> FileTally | None:
    """The tally of the first `most_pages` of `pdf`; None where it cannot be read or is not made
    from `source`.
    """
    written = places(source)
    if len(written) < _FEW:
        return None
    try:
        document = read(ReadRequest(pdf))
        peers = {"pdftotext": _pdftotext(pdf, most_pages), "pypdf": _pypdf(pdf, most_pages)}
    except (
        IngestError,
        subprocess.SubprocessError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
    ):
        return None
    pages = document.pages[:most_pages]
    found = FileTally(str(pdf))
    found.readers["docqa"] = tally_pages(
        [page.text for page in pages], written, [page.grade for page in pages]
    )
    found.readers |= {name: tally_pages(texts, written) for name, texts in peers.items()}
    return found if max(_sums(each)[0] for each in found.readers.values()) >= _FEW else None


def _pdftotext(pdf: Path, most_pages: int) -> list[str]:
    command = ["pdftotext", "-q", "-enc", "UTF-8", "-l", str(most_pages), str(pdf), "-"]
    text = subprocess.run(command, capture_output=True, check=True, timeout=120).stdout.decode(
        "utf-8", "replace"
    )
    return text.split("\f")


def _pypdf(pdf: Path, most_pages: int) -> list[str]:
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(pdf.read_bytes()))
    return [page.extract_text() for page in reader.pages[:most_pages]]


def _pairs(folders: Sequence[Path]) -> Iterator[tuple[Path, Path]]:
    for folder in folders:
        for pdf in sorted(folder.rglob("*.pdf")):
            source = next(
                (
                    pdf.with_suffix(suffix)
                    for suffix in SUFFIXES
                    if pdf.with_suffix(suffix).is_file()
                ),
                None,
            )
            if source is not None:
                yield pdf, source


def _sums(pages: Sequence[PageTally]) -> tuple[int, int]:
    return sum(page.neighbours for page in pages), sum(page.displaced for page in pages)


def figures(files: Sequence[FileTally]) -> dict[str, object]:
    """Neighbours and displaced ones of each reader, and docqa's pages out of order with those not
    graded A.
    """
    totals = {
        name: dict(
            zip(
                ("neighbours", "out_of_order"),
                _sums([p for f in files for p in f.readers[name]]),
                strict=True,
            )
        )
        for name in (files[0].readers if files else ())
    }
    pages = [page for file in files for page in file.readers["docqa"]]
    own = [
        replace(page, displaced=page.displaced - common)
        for file in files
        for page, common in _with_common(file)
    ]
    wrong, own_wrong = ([page for page in some if page.out_of_order] for some in (pages, own))
    return {
        "files": len(files),
        "pages": len(pages),
        "readers": totals,
        "pages_out_of_order": len(wrong),
        "of_these_not_graded_a": sum(page.grade != "A" for page in wrong),
        "pages_out_of_order_alone": len(own_wrong),
        "of_these_alone_not_graded_a": sum(page.grade != "A" for page in own_wrong),
        "pages_not_graded_a": sum(page.grade != "A" for page in pages),
    }


def _with_common(file: FileTally) -> Iterator[tuple[PageTally, int]]:
    """docqa's pages, with how many neighbours every reader has out of order at least."""
    for number, page in enumerate(file.readers["docqa"]):
        others = [pages[number].displaced for pages in file.readers.values() if number < len(pages)]
        yield page, min(others)


def main(arguments: list[str] | None = None) -> int:
    """Print the tally; returns the exit status, 2 without pdftotext."""
    parser = argparse.ArgumentParser(
        description="The order of words on pages, beside the sources of the pages."
    )
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument(
        "--pages", type=int, default=60, metavar="N", help="of each file at most; 60 by default"
    )
    parser.add_argument(
        "--details", type=Path, metavar="FILE.jsonl", help="a line for each file, as they come"
    )
    options = parser.parse_args(arguments)
    if shutil.which("pdftotext") is None:
        print("pdftotext is not installed; it is part of poppler-utils", file=sys.stderr)
        return 2
    files: list[FileTally] = []
    for pdf, source in _pairs(options.folders):
        found = tally_file(pdf, source, options.pages)
        if found is None:
            continue
        files.append(found)
        shown = " ".join(
            "{} {}/{}".format(name, *_sums(pages)[::-1]) for name, pages in found.readers.items()
        )
        print(f"{pdf}: {shown}", flush=True)
        if options.details:
            with options.details.open("a", encoding="utf-8") as out:
                out.write(json.dumps(asdict(found)) + "\n")
    print(json.dumps(figures(files)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
