"""`docqa verify`: every quotation and cite of somebody else's text, checked."""

from typing import Annotated

from docqa.app import report
from docqa.app.answer.text import compact_json
from docqa.app.quotes.normalise import FOLDING

from . import flags, inputs


@flags.shared("password_file", "include_hidden", "store", "media_type")
def verify(
    given: flags.SharedOptions,
    text: Annotated[
        str,
        flags.argument("TEXT", "The text to check: a brief, a report, a model's answer, or -."),
    ],
    files: Annotated[list[str], flags.argument("FILE...", "The documents that it quotes.")],
    allow_near: Annotated[
        bool,
        flags.switch(
            "--allow-near", "Status 5 only where something is absent, not where words differ."
        ),
    ] = False,
    as_json: flags.Json = False,
) -> int:
    from docqa.app.check.checked_text import read_checked_text
    from docqa.app.check.verification import verify_text
    from docqa.app.check.verification_report import report_text, to_json_object
    from docqa.app.storage.sources import read_sources, reading_of
    from docqa.app.storage.store import store_of

    inputs.check_stdin([text, *files])
    options = given.options()
    reading = reading_of(options)
    words, warnings = read_checked_text(text, reading)
    sources = read_sources(files, reading, store_of(options))
    several = len(sources.documents) > 1
    for document in sources.documents:
        warnings += [f"{document.path}: {w}" if several else w for w in document.coverage.warnings]
    warnings += sources.warnings
    for warning in [*warnings, *sources.notices]:
        report.warn(warning)
    checked = verify_text(words, sources.documents)
    for line in checked.unmatched_lines:
        report.warn(
            f"{text}:{line}: this quotation mark has no partner; the text behind it was not checked"
        )
    if as_json:
        report.result(compact_json(to_json_object(checked, text, warnings)))
    else:
        report.result(report_text(checked, text, several=several))
    failed = checked.has_anything_absent or not (
        allow_near or all(quote.grade.verified for quote in checked.quotations)
    )
    return report.NOT_FOUND if failed else report.ANSWERED


# The list is what "verified" means: the one that the code goes by.
verify.__doc__ = f"""Each quotation gets a grade, the place where it is found, and the words that differ; one that is in
no document gets the nearest text. Quotations are in quotation marks or block quotes; ellipses and [brackets] may leave
words out. Places are cited as p. 12, § 4.2(b) or, by the numbers printed beside lines, 12:5-13:2.

exact: equal characters. normalised: equal when {FOLDING}. Only these two are called verified.

damaged: all words in order, with page furniture or footnotes between them. near: some words differ. absent: in none of
the documents. uncheckable: the place has no usable text, or is in another work.

Example: docqa verify brief.md contract.pdf exhibits/

Exit status 0 every quotation is exact or normalised and every cited place is there, 5 something is not (with
--allow-near: something is absent), 3 a file cannot be used. No model is needed.
"""
