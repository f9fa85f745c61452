"""What a command line names: paths, question, standard input, password, file of questions, model,
output.
"""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from docqa.app import config, report
from docqa.app.answerers.remote.address import Address, default_url, is_remote
from docqa.app.errors import InputError, UsageError
from docqa.app.options import Options, Source
from docqa.app.output.render import printable
from docqa.app.storage.atomic import check_output, write_whole
from docqa.model.errors import ModelNotFound
from docqa.model.foreign.folder import ROLES

STDIN = "-"


def split_question(items: list[str]) -> tuple[list[str], str]:
    """(paths, question) of `docqa ask PATH... "QUESTION"`. Raises UsageError without a question."""
    if not items:
        raise UsageError("no document and no question", hint='docqa ask FILE "QUESTION"')
    *paths, question = items
    if not question.strip():
        raise UsageError("the question is empty", hint='docqa ask FILE "QUESTION"')
    if question == STDIN or os.path.exists(question):
        what = "standard input" if question == STDIN else "a file"
        raise UsageError(
            f"the last argument, {question}, is {what}, so no question was asked",
            hint="put the question last, in quotation marks, or name a file of questions with --questions",
        )
    if not paths:
        raise UsageError(
            f"no document before the question {question!r}", hint='docqa ask FILE "QUESTION"'
        )
    return paths, question


def read_questions(path: str) -> list[str]:
    """The questions of a file, in order: JSON lines with a `question`, or plain lines. Raises
    InputError when it cannot be read, UsageError for a line without a question or no lines at
    all."""
    questions = []
    for number, line in enumerate(
        _read_text_file(path, "the file of questions").splitlines(), start=1
    ):
        if line.strip():
            questions.append(_question_of_line(line.strip(), f"{path}, line {number}"))
    if not questions:
        raise UsageError(
            "has no question", where=path, hint='one a line, or JSON lines with a "question"'
        )
    return questions


def _question_of_line(line: str, where: str) -> str:
    if not line.startswith("{"):
        return line
    hint = '{"question": "..."} or a plain line'
    try:
        question = json.loads(line).get("question")
    except ValueError as error:
        raise UsageError(f"is not valid JSON: {error}", where=where, hint=hint) from error
    if not isinstance(question, str) or not question.strip():
        raise UsageError('has no "question" with a text', where=where, hint=hint)
    return question


def read_password(path: str | None) -> str | None:
    """The first line of the password file, without line end. Raises InputError."""
    if path is None:
        return None
    lines = _read_text_file(path, "the password file").splitlines()
    if not lines:
        raise InputError(
            "the password file is empty", where=path, hint="its first line is the password"
        )
    return lines[0]


def _read_text_file(path: str, what: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise InputError(f"{what} does not exist", where=path, hint="check the path") from error
    except OSError as error:
        raise InputError(
            f"{what} cannot be read: {error.strerror}", where=path, hint="check the path"
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{what} is not UTF-8 text", where=path, hint="save it as UTF-8"
        ) from error


def check_stdin(paths: list[str]) -> None:
    """Raises UsageError when `-` is among `paths` twice, or is the terminal."""
    if paths.count(STDIN) > 1:
        raise UsageError("standard input can be read only once", hint="name `-` once")
    if STDIN in paths and (sys.stdin is None or sys.stdin.isatty()):
        why = "which is closed" if sys.stdin is None else "but that is the terminal"
        raise UsageError(
            f"`-` reads a document from standard input, {why}", hint="cat FILE | docqa ask - ..."
        )


def deliver(result: str | bytes, output: str | None) -> None:
    if output is None:
        report.result(
            (result.decode("utf-8") if isinstance(result, bytes) else result).removesuffix("\n")
        )
        return
    write_whole(output, result.encode("utf-8", "replace") if isinstance(result, str) else result)
    report.note(f"docqa: wrote {printable(output)}")


def check_plot(path: str | None) -> None:
    """Raises UsageError where no SVG can be written at `path`."""
    if path is not None:
        check_output(path)
        if not path.lower().endswith(".svg"):
            raise UsageError("the figure is an SVG", where=path, hint="--plot figure.svg")


def options_of(given: Mapping[str, Any]) -> Options:
    """The Options from the flags `given`, the environment, config.toml and defaults. Raises
    UsageError for a bad setting or a server without a model on it, InputError for the password
    file."""
    settings = config.resolve_settings(
        {
            **given,
            "from": given.get("source"),
            "include_hidden": given.get("include_hidden") or None,
        }
    )
    model = _model_to_load(settings.text_value("model"))
    remote = is_remote(model)
    base_url = given.get("base_url")
    if base_url is not None and not remote:
        raise UsageError("--base-url needs a model on a server", hint="add --model openai:NAME")
    if not (given.get("model") and default_url(model)):
        base_url = settings.text_value("base_url")
    others: dict[str, Any] = {role: _folder_to_load(settings.text_value(role)) for role in ROLES}
    return Options(
        **others,
        model=model,
        base_url=base_url if remote else None,
        timeout_s=settings.count_value("timeout") or 120,
        k=settings.count_value("k"),
        source=cast("Source", settings.text_value("from")),
        preview=settings.is_on("preview"),
        store=settings.is_on("store"),
        store_protected=settings.is_on("store") and settings.values["store"].origin != "default",
        include_hidden=settings.is_on("include_hidden"),
        password=read_password(given.get("password_file")),
        media_type=given.get("media_type"),
        cache_dir=settings.text_value("cache_dir"),
        threads=settings.count_value("threads"),
        device=settings.text_value("device") or "auto",
        sections=given.get("sections"),
    )


def _model_to_load(chosen: str | None) -> str | None:
    """The folder that the engine loads, or openai:NAME; None is the bundled model."""
    if chosen is None or is_remote(chosen):
        return chosen
    from docqa.app.models.library import bundled

    folder = _folder_to_load(chosen)
    return None if folder == str(bundled()) else folder


def _folder_to_load(name: str | None) -> str | None:
    """The folder or file of a model; one that is not here as it was named: the engine says so when
    it loads it.
    """
    if name is None:
        return None
    # Late: without a name the start needs none of it.
    from docqa.app.models.library import find, models_root

    return str(find(name, models_root()) or os.path.expanduser(name))


def model_folder(name: str | None) -> Path:
    """The folder or GGUF file of a model on this machine; None: the one that answers. Raises
    ModelNotFound.
    """
    from docqa.app.models.library import BUNDLED_NAME, find, models_root, not_found

    chosen = name or config.resolve_settings().text_value("model") or BUNDLED_NAME
    if is_remote(chosen):
        raise ModelNotFound(f"{chosen}: runs on a server (name a model on this machine)")
    folder = find(chosen, models_root())
    if not folder:
        raise not_found(chosen)
    return folder


def check_writing(options: Options) -> None:
    """Say on standard error where --think or --from change nothing."""
    from docqa.app.models.library import BUNDLED_NAME

    name = printable(options.model or BUNDLED_NAME)
    if options.think and not _can_think(options):
        report.note(f"docqa: {name} cannot think before it answers: --think has no effect")
    if options.source != "auto" and options.model is None:
        report.note(
            f"docqa: {name} reads all and cuts what it says from the document: --from has no effect"
        )


def _can_think(options: Options) -> bool:
    """Whether the model may think; of a server's, the server knows."""
    from docqa.app.models.library import bundled
    from docqa.model.prompts.chat_template import ChatTemplate

    if is_remote(options.model):
        return True
    template = ChatTemplate.load(Path(options.model) if options.model is not None else bundled())
    return template is not None and template.thinking_kind != "none"


def local(options: Options, command: str) -> Options:
    """`options`, for a command that needs the insides of a model. Raises UsageError for a
    server's.
    """
    if is_remote(options.model):
        raise UsageError(
            f"`docqa {command}` needs a model on this machine, not {options.model}",
            hint="--model docqa-155m",
        )
    return options


def notice(options: Options) -> str | None:
    """That passages are sent to which server; None where the model runs here. Raises UsageError."""
    if not is_remote(options.model):
        return None
    return Address.from_model_name(str(options.model), options.base_url).privacy_notice()
