"""Files of questions with known answers, in two forms. `{"dataset", "doc", "title", "context",
"qas"}` has its own text; lines of one `doc` make one document. `{"file", "question", "answer",
"pages", "unanswerable"}` names a file. Both may have "kind" and "verdict", the second "must" or
"all_of", words that an answer needs."""

import gzip
import json
import lzma
import random
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from docqa.app.errors import InputError
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest
from docqa.ingest.types import Document

_BREAK = "\n\n"


class TextMap:
    """Maps places of a source text to the same letters and figures in what a reader made of it, and
    back: the nearest ones where the two differ."""

    def __init__(self, source: str, text: str) -> None:
        self._source, self._source_places = _letters(source)
        self._text, self._text_places = _letters(text)
        self._same = self._source == self._text
        self._end = len(text)

    def span(self, start: int, end: int) -> tuple[int, int] | None:
        """Half-open place in the text of `start:end` of the source, or None."""
        first = bisect_left(self._source_places, start)
        last = bisect_left(self._source_places, end)
        if first == last:
            return None
        if not self._same:
            letters = self._source[first:last]
            moved = self._nearest(letters, first)
            if moved is None:
                return None
            first = moved
            last = moved + len(letters)
        return self._text_places[first], self._text_places[last - 1] + 1

    def spans(self, places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        return [found for place in places if (found := self.span(*place))]

    def back(self, offset: int) -> int:
        """Place in the source of `offset` in the text; in proportion where the two differ."""
        at = min(bisect_left(self._text_places, offset), max(len(self._text_places) - 1, 0))
        if not self._source_places:
            return 0
        if not self._same:
            at = at * len(self._source_places) // max(len(self._text_places), 1)
        return self._source_places[min(at, len(self._source_places) - 1)]

    def _nearest(self, letters: str, expected: int) -> int | None:
        before = self._text.rfind(letters, 0, expected + len(letters))
        after = self._text.find(letters, expected)
        found = [place for place in (before, after) if place >= 0]
        return min(found, key=lambda place: abs(place - expected)) if found else None


def _letters(text: str) -> tuple[str, list[int]]:
    places = [position for position, character in enumerate(text) if character.isalnum()]
    return "".join(text[position] for position in places), places


@dataclass(frozen=True)
class GoldQuestion:
    """A question with its right answers: texts, and half-open characters of the joined contexts or
    pages. Each of `golds` is right, where `multi` all together. An answer needs one of `must`, or
    all of `all_of`; `verdict` is "yes", "no" or None."""

    text: str
    golds: tuple[str, ...]
    unanswerable: bool
    spans: tuple[tuple[int, int], ...] = ()
    pages: tuple[int, ...] = ()
    kind: str = "answerable"
    verdict: str | None = None
    multi: bool = False
    must: tuple[str, ...] = ()
    all_of: tuple[str, ...] = ()

    @property
    def wanted(self) -> tuple[str, ...]:
        return ("; ".join(self.golds),) if self.multi else self.golds


@dataclass
class EvalDocument:
    """A document of an evaluation file, by text or `file`; `line_starts`: of the file's lines in
    `text`.
    """

    dataset: str
    name: str
    title: str = ""
    file: str = ""
    text: str = ""
    line_starts: list[int] = field(default_factory=list)
    questions: list[GoldQuestion] = field(default_factory=list)

    def add(self, record: dict[str, Any]) -> None:
        """Append a line: its context and questions. Raises KeyError or TypeError for another
        form.
        """
        base = len(self.text) + len(_BREAK) if self.text else 0
        self.text = self.text + _BREAK + record["context"] if self.text else record["context"]
        self.line_starts.append(base)
        for qa in record["qas"]:
            answers = [a for a in qa["answers"] if a["text"]]
            spans = tuple(
                (base + a["start"], base + a["start"] + len(a["text"]))
                for a in answers
                if a["start"] >= 0
            )
            golds = tuple(a["text"] for a in answers)
            none = bool(qa.get("unanswerable")) or not answers
            kind = _kind(qa.get("kind"), none)
            verdict = _verdict(qa.get("verdict", qa.get("label")))
            multi = bool(qa.get("multi"))
            self.questions.append(
                GoldQuestion(qa["question"], golds, none, spans, (), kind, verdict, multi)
            )

    def parse(self) -> tuple[Document, TextMap]:
        """The Document that `ask` would read of the text, and the map from it to the only page."""
        parsed = read(ReadRequest(f"{self.name}.txt", self.text.encode("utf-8"), media_type="txt"))
        return replace(parsed, title=self.title), TextMap(self.text, parsed.pages[0].text)


def read_eval_file(
    path: str, limit: int | None = None, *, sample: int | None = None, folder: str | None = None
) -> list[EvalDocument]:
    """Documents with their questions: the first `limit`, of these `sample` drawn evenly, always the
    same. `folder`: the file is of the second form, over files there. Raises InputError."""
    if folder is not None and not Path(folder).is_dir():
        raise InputError(
            "there is no such folder", where=folder, hint="--folder names the folder of the files"
        )
    documents: dict[str, EvalDocument] = {}
    order: list[
        tuple[str, int]
    ] = []  # of all questions of the file: the document's name, and the place there
    for number, line in enumerate(lines(path), 1):
        try:
            record = json.loads(line)
            name = str(record["doc"] if folder is None else record["file"])
            if name not in documents:
                title = str(record.get("title") or name)
                file = "" if folder is None else str(Path(folder) / name)
                documents[name] = EvalDocument(
                    str(record.get("dataset", name if folder else "")), name, title, file
                )
            questions = documents[name].questions
            known = len(questions)
            if folder is None:
                documents[name].add(record)
            else:
                questions.append(_page_question(record))
            order += [(name, i) for i in range(known, len(questions))]
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"line {number} has another form ({error!r})",
                where=path,
                hint='`docqa eval --help` shows it; lines with a "file" need --folder DIR',
            ) from error
    chosen = order[:limit]
    if sample is not None:
        chosen = random.Random(0).sample(chosen, min(sample, len(chosen)))
    kept = set(chosen)
    for document in documents.values():
        document.questions = [
            q for i, q in enumerate(document.questions) if (document.name, i) in kept
        ]
    return [document for document in documents.values() if document.questions]


def _page_question(record: dict[str, object]) -> GoldQuestion:
    pages = [int(page) for page in _listed(record, "pages") or [record.get("page")] if page]
    unanswerable = bool(record["unanswerable"])
    answer = str(record["answer"] or "")
    must, all_of = (tuple(map(str, _listed(record, key))) for key in ("must", "all_of"))
    return GoldQuestion(
        str(record["question"]),
        (answer,) if answer else (),
        unanswerable,
        pages=tuple(pages),
        kind=_kind(record.get("kind"), unanswerable),
        verdict=_verdict(record.get("verdict")),
        must=must,
        all_of=all_of,
    )


def _listed(record: dict[str, object], key: str) -> list[Any]:
    found = record.get(key) or []
    if not isinstance(found, list):
        raise TypeError(f"{key} must be a list")
    return found


def _kind(named: object, unanswerable: bool) -> str:
    return str(named or ("unanswerable" if unanswerable else "answerable"))


def _verdict(said: object) -> str | None:
    return said if isinstance(said, str) and said in ("yes", "no") else None


def lines(path: str | Path) -> Iterator[str]:
    """The lines of a text file, plain, gzip or xz, that are not empty. Raises InputError."""
    try:
        with open(path, "rb") as probe:
            first = probe.read(6)
        opener = (
            gzip.open
            if first[:2] == b"\x1f\x8b"
            else lzma.open
            if first == b"\xfd7zXZ\x00"
            else open
        )
        with opener(path, "rt", encoding="utf-8") as found:
            yield from (line for line in found if line.strip())
    except (OSError, UnicodeDecodeError, EOFError, lzma.LZMAError) as error:
        raise InputError(
            f"cannot be read ({error})",
            where=str(path),
            hint="a JSON lines file is needed, gzip, xz or plain",
        ) from error
