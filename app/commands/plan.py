"""`docqa plan`: what reading documents would take on this machine."""

import json
from dataclasses import asdict, replace
from pathlib import Path

from docqa.app import report
from docqa.app.answerers.loading import load_network
from docqa.app.models.before_pull import TIMED_LAYERS, forecast
from docqa.app.models.known import KnownModel, known
from docqa.app.models.library import models_root
from docqa.app.options import Options
from docqa.app.output.progress import duration_text, size_text
from docqa.app.session.engine import open_session
from docqa.model.cost.speed import measure_speed

from . import flags, inputs


@flags.shared("model", "password_file", "include_hidden", "media_type")
def plan(given: flags.SharedOptions, paths: flags.Paths, as_json: flags.Json = False) -> int:
    """The estimate is for this machine; the model reads nothing yet.

    --model may name a model of `docqa models list` that is not here: you see whether it would fit
    and how long it would read, and nothing is fetched.
    """
    inputs.check_stdin(paths)
    options = inputs.local(given.options(), "plan")
    if (
        options.model is not None
        and not Path(options.model).exists()
        and (model := known(options.model))
    ):
        return _plan_before_pull(paths, options, model, as_json)
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


def _plan_before_pull(paths: list[str], options: Options, model: KnownModel, as_json: bool) -> int:
    options = replace(options, model=None)
    with open_session(paths, options) as session:
        tokens = len(session.context)
        speed = measure_speed(load_network(options), TIMED_LAYERS)
    found = forecast(model, tokens, speed, models_root())
    report.result(
        json.dumps(asdict(found) | {"fits": found.fits}) if as_json else "\n".join(found.lines())
    )
    return report.ANSWERED
