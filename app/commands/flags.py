"""Arguments and flags that several commands share, so that they read and mean the same everywhere."""

from __future__ import annotations

from typing import Annotated

import typer

Paths = Annotated[
    list[str], typer.Argument(metavar="PATH...", help="Files, folders, .zip archives, or - for standard input.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Model = Annotated[
    str | None,
    typer.Option(
        "--model", metavar="NAME|FOLDER|openai:NAME",
        help="The model that answers. With openai:NAME, and only then, passages of the documents are sent to a server.",
    ),
]  # fmt: skip
BaseUrl = Annotated[
    str | None,
    typer.Option(
        "--base-url", metavar="URL", help="The OpenAI-compatible server of openai:NAME; its key is in DOCQA_API_KEY."
    ),
]
Evidence = Annotated[
    int | None, typer.Option("--k", metavar="N", min=1, help="Passages to read for a question and to list.")
]
PasswordFile = Annotated[
    str | None, typer.Option("--password-file", metavar="F", help="Its first line opens an encrypted PDF.")
]
IncludeHidden = Annotated[bool, typer.Option("--include-hidden", help="Use text that a reader of the page cannot see.")]
NoStore = Annotated[bool, typer.Option("--no-store", help="Keep nothing on disk.")]
Type = Annotated[
    str | None,
    typer.Option("--type", metavar="TYPE", help="What - is: pdf, docx, epub, html, tex, eml, md, txt, xml."),
]
