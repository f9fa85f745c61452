"""Sets of questions with what the reader is shown before the words of their contexts: leads of
lists and names of cells, as ingest finds them.

    python -m docqa.app.lab.training_texts --out FOLDER SET.jsonl.gz...

Writes each set to the folder with two more keys in its lines: `leads`, as [start, end, from, to],
and `insertions`, as [offset, words]. A context is left as it is where ingest changes more than its white space.
"""

import argparse
import gzip
import json
from bisect import bisect_left
from pathlib import Path
from typing import Any

from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest
from docqa.ingest.structure.tables.named import NamedTable, named_tables_of_page
from docqa.ingest.types import Document


def brief_column_names(table: NamedTable) -> list[str]:
    """The name of each column without the words that all columns have."""
    names = [table.column_name(at).split() for at in range(len(table.columns))]
    shared = set.intersection(*map(set, names)) if len(names) > 1 else set()
    return [
        " ".join(word for word in name if word not in shared) or " ".join(name) for name in names
    ]


def cell_names(document: Document, page: int) -> list[tuple[int, str]]:
    """(offset on the page, words that name what follows), in order: the titles of its groups before
    each row, and the heads of its column before each cell."""
    found: list[tuple[int, str]] = []
    for table in named_tables_of_page(document, page):
        names = brief_column_names(table)
        for entry in table.entries:
            if entry.group:
                found.append((entry.start, f"{entry.group.rstrip(':')}: "))
            found += [
                (cell.start, f"{name}: ")
                for name, cell in zip(names, entry.values, strict=True)
                if name and cell.text
            ]
    return sorted(found, key=lambda insertion: insertion[0])


def with_words_before(record: dict[str, Any]) -> dict[str, Any]:
    """`record` with its context's `leads` and `insertions`."""
    context = record["context"]
    if not context.strip():
        return record
    document = read(ReadRequest(data=context.encode(), media_type="text/plain"))
    printed = [
        offset
        for offset, character in enumerate(document.pages[0].text + "x")
        if not character.isspace()
    ]
    places = [offset for offset, character in enumerate(context + "x") if not character.isspace()]
    if len(printed) != len(places):
        return record

    def place(offset: int) -> int:
        return places[bisect_left(printed, offset)]

    leads = [
        [place(offset) for offset in (lead.start, lead.end, lead.from_start, lead.to_end)]
        for lead in document.leads
    ]
    names = [(place(offset), words) for offset, words in cell_names(document, 1)]
    return {**record, "leads": leads, "insertions": names}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("sets", type=Path, nargs="+")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for path in options.sets:
        with (
            gzip.open(path, "rt", encoding="utf-8") as lines,
            gzip.open(options.out / path.name, "wt", encoding="utf-8") as out,
        ):
            for line in lines:
                out.write(json.dumps(with_words_before(json.loads(line))) + "\n")


if __name__ == "__main__":
    main()
