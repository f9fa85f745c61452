"""What docqa saw on a page, as an image or as JSON: `python -m docqa.app.lab.inspect`."""

import json
import os
import sys
from collections.abc import Sequence
from typing import Annotated

from docqa.app import cli, report
from docqa.app.commands import flags, inputs
from docqa.app.errors import InputError, UsageError
from docqa.app.storage.atomic import check_output

from .page_facts import Inspection, inspect_file, to_json_object
from .page_svg import page_svg

_Page = Annotated[
    str | None,
    flags.option("--page", "LABEL", 'The printed page, or "PDF 4" for the fourth (the first).'),
]
_Output = Annotated[
    str | None, flags.option("--output", "F", "Write there (page.svg), not to standard output.")
]


@flags.shared("password_file", "media_type")
def inspect(
    given: flags.SharedOptions,
    file: flags.File,
    page: _Page = None,
    output: _Output = None,
    as_json: flags.Json = False,
) -> int:
    """Draw what docqa saw on a page.

    The image, an SVG, shows blocks in reading order, running heads, hidden text, sections and
    the grade of the text.
    """
    inputs.check_stdin([file])
    _check_output(output, file, as_json)
    seen = inspect_file(file, page, given.options())
    for note in seen.notes:
        report.warn(note)
    if as_json:
        inputs.deliver(json.dumps(to_json_object(seen), ensure_ascii=False) + "\n", output)
    else:
        inputs.deliver(_drawn(seen), output)
    return report.ANSWERED


def _drawn(seen: Inspection) -> str:
    if not seen.view.width_pt:
        why = "; ".join(seen.view.notes)
        raise InputError(
            f"there is no picture: {why}",
            where=seen.document.path,
            hint="--json has what was read, without places",
        )
    return page_svg(seen)


def _check_output(output: str | None, file: str, as_json: bool) -> None:
    if output is None:
        return
    check_output(output)
    if not as_json and not output.lower().endswith(".svg"):
        raise UsageError("the picture is an SVG", where=output, hint="--output page.svg")
    if os.path.exists(output) and os.path.exists(file) and os.path.samefile(output, file):
        raise UsageError("is the document itself", where=output, hint="write to another file")


def main(arguments: Sequence[str]) -> int:
    return cli.run(arguments, inspect, "python -m docqa.app.lab.inspect")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
