r"""The files that LaTeX source takes in (`\input`, `\include`, `\subfile`, `\import`), put in their
places; none outside the folder of the document, wherever links lead."""

import os
import re
from pathlib import Path

from docqa.ingest.encoding import decode
from docqa.ingest.errors import NotADocument
from docqa.ingest.limits import MAX_LATEX_BYTES
from docqa.ingest.structure.clean import collapse_whitespace

_BEGIN = re.compile(r"^(?:[^%\n\\]|\\[^\n])*?\\begin\s*\{document\}", re.MULTILINE)
_END = re.compile(r"\\end\s*\{document\}")
# An input, or what may hide one: an escaped sign, a comment.
_INPUT = re.compile(
    r"\\[\\%]|%[^\n]*"
    r"|\\(?P<name>input|include|subfile|(?:sub)?import\s{0,9}\{(?P<folder>[^{}\\\n\0]{1,300})\})\s{0,9}"
    r"(?:\{(?P<file>[^{}\\\n\0]{1,300})\}|(?P<bare>\s[\w./-]{1,200}))"
)
_SUFFIXES = (".tex", ".ltx", ".latex", ".bbl")
_MAX_FILES = 500
_MAX_DEPTH = 20


class InputFiles:
    """Puts files into the source at `path`, only those at or below the real paths `within`; `files`
    counts them, `refused` says which were not, and why."""

    def __init__(self, path: str, within: tuple[str, ...] | None = None) -> None:
        self.refused: dict[str, str] = {}
        self.files = 0
        self._bytes = 0
        self._within = within
        self._document = os.path.realpath(path) if os.path.isfile(path) else ""
        # What comes from standard input, an archive or an e-mail has no folder.
        self._folder = os.path.realpath(os.path.dirname(path)) if self._document else ""

    def with_inputs_included(self, source: str) -> str:
        return self._include_files(source, self._folder, ())

    def _include_files(self, source: str, folder: str, including_files: tuple[str, ...]) -> str:
        return _INPUT.sub(lambda match: self._text_of_input(match, folder, including_files), source)

    def _text_of_input(
        self, match: re.Match[str], folder: str, including_files: tuple[str, ...]
    ) -> str:
        """The text of the file that `match` takes in, or `match` as it is where none is read."""
        if not match["name"]:
            return match[0]
        name = os.path.join(match["folder"] or "", (match["file"] or match["bare"]).strip())
        place = self._place_of_file(name, folder)
        reason = self._reason_to_refuse(place, including_files)
        text = ""
        if not reason:
            try:
                with open(place, "rb") as stream:
                    data = stream.read(MAX_LATEX_BYTES + 1 - self._bytes)
                text = decode(data)[0]
                self.files += 1
                self._bytes += len(data)
            except (OSError, NotADocument):
                reason = "the file cannot be read"
        if self._bytes > MAX_LATEX_BYTES:
            reason = f"over {MAX_LATEX_BYTES:,} bytes of LaTeX, not read"
        if reason:
            self.refused[collapse_whitespace(match[0])] = reason
            return match[0]
        body = preamble_and_body(text)[1]
        words = self._include_files(body, os.path.dirname(place), (*including_files, place))
        # The others begin a page, or are whole documents.
        return words if match["name"] == "input" else f"\n\n{words}\n\n"

    def _place_of_file(self, name: str, folder: str) -> str:
        """Where the file `name` lies, or would."""
        places = [
            os.path.realpath(os.path.join(base, name + suffix))
            for base in (self._folder, folder)
            for suffix in ("", ".tex")
        ]
        found = (place for place in places if place.endswith(_SUFFIXES) and os.path.isfile(place))
        return next(found, places[0])

    def _reason_to_refuse(self, place: str, including_files: tuple[str, ...]) -> str:
        if not self._folder:
            return "the document does not come from a folder, other files are not read"
        path = Path(place)
        if not path.is_relative_to(self._folder):
            return "outside the folder of the document, not opened"
        if not (place.endswith(_SUFFIXES) and os.path.isfile(place)):
            return "there is no such LaTeX file in the folder of the document"
        if any(part.startswith(".") for part in path.relative_to(self._folder).parts):
            return "a hidden file, not opened"
        if self._within is not None and not any(map(path.is_relative_to, self._within)):
            return "outside the paths that may be read, not opened"
        if place in (self._document, *including_files):
            return "it takes itself in"
        if self.files >= _MAX_FILES or len(including_files) >= _MAX_DEPTH:
            return "over the limit of files"
        return ""


def preamble_and_body(source: str) -> tuple[str, str]:
    r"""Preamble and body; a file without `\begin{document}`, a chapter of a larger work, is all
    body.
    """
    begin = _BEGIN.search(source)
    if not begin:
        return "", source
    end = _END.search(source, begin.end())
    return source[: begin.end()], source[begin.end() : end.start() if end else len(source)]
