"""Arguments and options that several commands share. `@flags.shared("model", "k")` gives
`command(given: flags.SharedOptions, paths: flags.Paths)` --model and --k after its own options,
and what the user gave for them in `given`."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Any

import typer

from docqa.app.options import Options
from docqa.ingest.formats import FORMATS
from docqa.model.foreign.folder import ROLES

from . import completions, inputs

NAMED = "NAME|FOLDER"


def option(name: str, metavar: str, text: str, *values: str) -> Any:
    """An option that takes a value; a shell offers `values`, or files where there are none."""
    complete = completions.one_of(*values) if values else None
    return typer.Option(
        name, metavar=metavar or "|".join(values), help=text, autocompletion=complete
    )


def argument(metavar: str, text: str) -> Any:
    return typer.Argument(metavar=metavar, help=text)


def switch(name: str, text: str, *short: str) -> Any:
    return typer.Option(name, *short, help=text)


def count(name: str, text: str) -> Any:
    """An option that takes a whole number from 1."""
    return typer.Option(name, metavar="N", min=1, help=text)


def _option_of_role(role: str, text: str) -> Any:
    return typer.Option(f"--{role}", metavar=NAMED, autocompletion=completions.models, help=text)


Paths = Annotated[
    list[str],
    argument("PATH...", "Files, folders, .zip archives, or - for standard input."),
]
File = Annotated[str, argument("FILE", "A document, or - for standard input.")]
Json = Annotated[bool, switch("--json", "Print JSON.")]
Questions = Annotated[
    str | None, option("--questions", "FILE", 'Plain lines, or JSON lines with a "question".')
]
MODELS = ("model", *ROLES, "device")
BaseUrl = Annotated[
    str | None,
    option("--base-url", "URL", "The server of the model; its key is read from DOCQA_API_KEY."),
]
Think = Annotated[
    bool | None,
    switch("--think/--no-think", "Let a model that can think do so before it answers."),
]
HideThoughts = Annotated[
    bool,
    switch("--hide-thoughts", "Do not show what the model thinks before it answers."),
]
Output = Annotated[
    str | None, option("--output", "F", "Write to this file, not to standard output.")
]
_TYPES = [each.name for each in FORMATS]


def named_model(metavar: str, text: str) -> Any:
    return typer.Argument(metavar=metavar, help=text, autocompletion=completions.models)


@dataclass(frozen=True)
class SharedOptions:
    """Of one command line: None or False where none is given."""

    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="NAME|FOLDER|FILE.gguf|openai:NAME|ollama:NAME|lmstudio:NAME|vllm:NAME|llamacpp:NAME",
            autocompletion=completions.models,
            help="The model that answers. Only with a server's, as openai:NAME, "
            "passages of the documents are sent there.",
        ),
    ] = None
    reader: Annotated[
        str | None,
        _option_of_role(
            "reader", "Reads the best passages: a model for extractive question answering."
        ),
    ] = None
    encoder: Annotated[
        str | None,
        _option_of_role("encoder", "Makes vectors of passages: a model of sentence-transformers."),
    ] = None
    reranker: Annotated[
        str | None, _option_of_role("reranker", "Orders the best passages: a cross-encoder.")
    ] = None
    base_url: BaseUrl = None
    k: Annotated[
        int | None,
        count("--k", "Passages to read for a question and to list."),
    ] = None
    source: Annotated[
        str | None,
        option(
            "--from",
            "",
            "What a model that writes is given; auto: the whole where it was read before or is short.",
            "auto",
            "whole",
            "passages",
        ),
    ] = None
    password_file: Annotated[
        str | None,
        option("--password-file", "F", "Its first line is the password of encrypted PDFs."),
    ] = None
    include_hidden: Annotated[
        bool, switch("--include-hidden", "Also use text that is not visible on the page.")
    ] = False
    store: Annotated[
        bool | None,
        switch(
            "--store/--no-store",
            "Keep on disk what was read, or nothing; by default all but what was opened with a password.",
        ),
    ] = None
    media_type: Annotated[
        str | None, option("--type", "TYPE", f"What - is: {', '.join(_TYPES)}.", *_TYPES)
    ] = None
    sections: Annotated[
        str | None,
        option("--sections", "3-5,A", "Only these sections; `docqa outline` lists them."),
    ] = None
    device: Annotated[
        str | None,
        option(
            "--device",
            "",
            "Where the model computes; auto: the processor. Never run on a card yet.",
            "auto",
            "cpu",
            "cuda",
            "mps",
        ),
    ] = None

    def options(
        self, *, quick: bool = False, preview: bool | None = None, think: bool | None = None
    ) -> Options:
        """As `inputs.options_of`, whose errors it raises."""
        return replace(
            inputs.options_of(vars(self) | {"preview": preview}), quick=quick, think=think
        )


def shared(*names: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Decorator of a command: adds the SharedOptions that `names` lists, which arrive in its
    argument `given`.
    """
    kind = inspect.Parameter.KEYWORD_ONLY
    known = inspect.signature(SharedOptions, eval_str=True).parameters
    added = [known[name].replace(kind=kind) for name in names]

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        def run(**values: object) -> int:
            given = {name: values.pop(name) for name in names}
            return command(given=SharedOptions(**given), **values)  # type: ignore[arg-type]

        own = [
            part
            for name, part in inspect.signature(command, eval_str=True).parameters.items()
            if name != "given"
        ]
        parameters = [part.replace(kind=kind) for part in own] + added
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {part.name: part.annotation for part in parameters}
        run.__name__ = command.__name__
        run.__doc__ = command.__doc__
        return run

    return decorate


conversing = shared(*MODELS, "base_url", "k", "source", "password_file", "include_hidden", "store")
