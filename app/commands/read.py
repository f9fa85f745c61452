"""`docqa read`: documents read ahead of time."""

import time

from docqa.app import report
from docqa.app.answer.events import ReadProgress
from docqa.app.output.console import Screen
from docqa.app.output.progress import duration_text
from docqa.app.output.render import printable
from docqa.app.session.engine import open_session

from . import flags, inputs


@flags.shared(*flags.MODELS, "password_file", "include_hidden", "store", "media_type")
def read(given: flags.SharedOptions, paths: flags.Paths) -> int:
    """Ctrl+C keeps what was read; the same command goes on from there."""
    inputs.check_stdin(paths)
    options = inputs.local(given.options(), "read")
    started = time.monotonic()
    screen = Screen()
    try:
        with open_session(paths, options, load_meanwhile=True) as session:
            kept = True
            for event in session.read():
                screen.progress(event)
                kept = kept and (not isinstance(event, ReadProgress) or event.kept)
            total = session.answerer.reading.total_tokens
            reused = session.answerer.reading.tokens_reused
    finally:
        screen.close()
    took = duration_text(time.monotonic() - started)
    report.result(
        f"{printable(', '.join(paths))}: {total:,} tokens, {reused:,} of them reused, in {took}"
    )
    if not kept:
        report.note(
            "docqa: nothing of it is kept, so the next question reads it again; `docqa doctor` names the folder"
        )
    return report.ANSWERED if kept else report.RESOURCES
