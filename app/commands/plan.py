"""`docqa plan`: what reading documents would take on this machine."""

import json
from dataclasses import asdict

from docqa.app import report
from docqa.app.commands import flags, inputs
from docqa.app.output.progress import duration_text, size_text
from docqa.app.session.engine import open_session


@flags.shared("model", "password_file", "include_hidden", "media_type")
def plan(given: flags.SharedOptions, paths: flags.Paths, as_json: flags.Json = False) -> int:
    """The estimate is for this machine; the model reads nothing yet."""
    inputs.check_stdin(paths)
    options = inputs.local(given.options(), "plan")
    with open_session(paths, options) as session:
        planned = session.plan
    reused = f", {planned.tokens_reused:,} of them already read" if planned.tokens_reused else ""
    lines = (
        f"tokens       {planned.tokens:,}{reused}",
        f"reading      {duration_text(planned.seconds)}",
        f"memory       {size_text(planned.memory_bytes)}",
        f"disk         {size_text(planned.disk_bytes)}",
        f"YaRN factor  {planned.yarn_factor:g}",
    )
    report.result(json.dumps(asdict(planned)) if as_json else "\n".join(lines))
    return report.ANSWERED
