"""`docqa find`: every place of words or of a regular expression, without a model."""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from docqa.app import report
from docqa.app.answer.text import compact_json
from docqa.app.errors import UsageError
from docqa.app.options import Options
from docqa.app.output.console import has_colours
from docqa.app.search.expression import Pattern, expression_pattern, words_pattern
from docqa.app.search.hits import SearchedText
from docqa.app.search.shown import HitStyle, hit_lines, hit_object, without_control_characters
from docqa.app.storage.sources import Sources, each_document, reading_of
from docqa.app.storage.store import store_of
from docqa.ingest.errors import IngestError
from docqa.ingest.types import Document

from . import flags, inputs

_OF_EXPRESSIONS = frozenset("\\[]|*+^$")  # signs that hardly any words have


@flags.shared("password_file", "include_hidden", "store", "media_type")
def find(
    given: flags.SharedOptions,
    pattern: Annotated[
        str, flags.argument("PATTERN", "Words, or with --regex a regular expression.")
    ],
    paths: flags.Paths,
    regex: Annotated[bool, flags.switch("--regex", "PATTERN is a regular expression.")] = False,
    ignore_case: Annotated[
        bool, flags.switch("--ignore-case", "Upper and lower case count as the same.", "-i")
    ] = False,
    whole_words: Annotated[bool, flags.switch("--word-regexp", "Only whole words.", "-w")] = False,
    context: Annotated[
        int,
        typer.Option("--context", "-C", metavar="N", min=0, help="Lines before and behind a hit."),
    ] = 0,
    files_only: Annotated[
        bool, flags.switch("--files-with-matches", "Only the files that have a hit.", "-l")
    ] = False,
    count: Annotated[
        bool, flags.switch("--count", "Only how many hits each file has.", "-c")
    ] = False,
    full: Annotated[
        bool, flags.switch("--full", "With --json: the whole line of a hit, however long.")
    ] = False,
    as_json: flags.Json = False,
) -> int:
    """Words are found over the ends of lines and pages, whatever the form of quotation marks and
    dashes. A line is a paragraph, an item of a list or a row of a table; a long one is cut around
    its hits (see --full).

    Examples: docqa find "force majeure" contracts/ -i · docqa find --regex "[Ss]chedule \\d+"
    lease.pdf -C 1

    Exit status 0 found, 5 found nowhere, 3 a document cannot be used. No model is needed.
    """
    if files_only and count:
        raise UsageError("-l prints only files, -c only counts", hint="choose one")
    inputs.check_stdin(paths)
    compiled = (expression_pattern if regex else words_pattern)(
        pattern, ignore_case=ignore_case, whole_words=whole_words
    )
    search = _HitPrinter(compiled, as_json, context, full)
    show = search.print_name if files_only else search.print_count if count else search.print_hits
    codes = [report.NOT_FOUND]
    # Places need the name of their file where there are several paths, or one that is not a single
    # file.
    several = len(paths) > 1 or (paths[0] != inputs.STDIN and not os.path.isfile(paths[0]))
    for document in _read_documents(paths, given.options(), codes):
        if show(document, several):
            codes[0] = report.ANSWERED
    if codes[0] != report.ANSWERED and not regex and set(pattern) & _OF_EXPRESSIONS:
        report.note("found nowhere as it stands; with --regex it is a regular expression")
    return report.worst_exit_code(codes)


def _read_documents(paths: Sequence[str], options: Options, codes: list[int]) -> Iterator[Document]:
    """The documents of `paths`, told about on standard error. The exit code of a path that cannot
    be read goes into `codes`."""
    store = store_of(options)
    reading = reading_of(options)
    for path in paths:
        found = Sources()
        try:
            for document in each_document([path], reading, store, found):
                yield document
                found.warnings += [
                    f"{document.path}: {warning}" for warning in document.coverage.warnings
                ]
                _print_warnings(found)
        except IngestError as error:
            codes.append(report.report_failure(error))
        _print_warnings(found)


def _print_warnings(found: Sources) -> None:
    for warning in [*found.warnings, *found.notices]:
        report.warn(warning)
    found.warnings.clear()
    found.notices.clear()


@dataclass(frozen=True)
class _HitPrinter:
    """Each method prints what it has to say about a document, and returns whether there was a
    hit.
    """

    pattern: Pattern
    as_json: bool
    context: int
    full: bool

    def print_name(self, document: Document, with_file: bool) -> bool:
        there = any(SearchedText(document).find_places(self.pattern))
        if there:
            report.result(
                compact_json({"file": document.path})
                if self.as_json
                else without_control_characters(document.path)
            )
        return there

    def print_count(self, document: Document, with_file: bool) -> bool:
        count = sum(1 for _ in SearchedText(document).find_places(self.pattern))
        if self.as_json:
            report.result(compact_json({"file": document.path, "count": count}))
        elif count or not with_file:
            report.result(
                f"{without_control_characters(document.path)}:{count}" if with_file else str(count)
            )
        return count > 0

    def print_hits(self, document: Document, with_file: bool) -> bool:
        text = SearchedText(document)
        found = text.find_hits(self.pattern)
        style = HitStyle(with_file, self.context, has_colours(sys.stdout))
        objects = (
            compact_json(hit_object(text, hit, self.context, full=self.full)) for hit in found
        )
        any_hit = False
        for line in objects if self.as_json else hit_lines(text, found, style):
            report.result(line)
            any_hit = True
        return any_hit
