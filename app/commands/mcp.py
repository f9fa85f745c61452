"""`docqa mcp`: an MCP server on standard input and output."""

import contextlib
import io
import json
import sys
from typing import Annotated

from docqa.app import report
from docqa.app.errors import ResourceError

from . import flags


class _SurrogateFreeInput(io.BufferedIOBase):
    """Standard input with "?" for each lone surrogate; the SDK would never answer a line that has
    one.
    """

    def readable(self) -> bool:
        return True

    def read1(self, size: int = -1) -> bytes:
        line: bytes = sys.__stdin__.buffer.readline()  # type: ignore[union-attr]
        with contextlib.suppress(ValueError, RecursionError):
            if rb"\ud" in line.lower():
                line = (
                    json.dumps(json.loads(line), ensure_ascii=False).encode("utf-8", "replace")
                    + b"\n"
                )
        return line


@flags.shared("model", "base_url", "k", "source", "password_file", "include_hidden", "store")
def mcp(
    given: flags.SharedOptions,
    paths: Annotated[
        list[str] | None,
        flags.argument("[PATH]...", "Files and folders that may be read; by default this folder."),
    ] = None,
) -> int:
    """Its tools are ask, find, outline, read_pages and verify. They read only what is at or below
    the paths; links and `..` that lead out of them are refused. The client starts this command and
    speaks to it on standard input and output.

    Example: docqa mcp ~/contracts, as the command of a server in the client's settings
    """
    options = given.options(preview=False)
    try:
        from docqa.app.mcp.server import make_server
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("mcp", "mcp_types"):
            raise
        raise ResourceError(
            "the MCP SDK is not installed", hint="pip install 'docqa-reader[mcp]'"
        ) from error
    from importlib.metadata import version

    sys.stdin = io.TextIOWrapper(_SurrogateFreeInput())
    try:
        make_server(paths or ["."], options, version("docqa-reader")).run("stdio")
    except* BrokenPipeError:
        pass  # the client has gone
    return report.ANSWERED
