r"""The files that LaTeX source takes in (`\input`, `\include`, `\subfile`, `\import`), put in their
places; none outside the folder of the document, wherever links lead."""

import os
import re
from dataclasses import dataclass, field

from docqa.ingest.encoding import decode
from docqa.ingest.errors import NotADocument
from docqa.ingest.limits import MAX_LATEX_BYTES

_INPUT = re.compile(
    r"\\(?P<name>input|include|subfile|import|subimport)\s{0,9}"
    r"(?:\{(?P<first>[^{}\\\n]{1,300})\}(?:\s{0,9}\{(?P<second>[^{}\\\n]{1,300})\})?|(?P<bare>\s[\w./-]{1,200}))"
)
_COMMENT = re.compile(r"(?<!\\)(?:\\\\)*%[^\n]*")
_BODY = re.compile(r"\\begin\s*\{document\}(.*?)(?:\\end\s*\{document\}|\Z)", re.DOTALL)
_SUFFIXES = (".tex", ".ltx", ".latex", ".bbl")
_MAX_FILES = 500
_MAX_DEPTH = 20


@dataclass
class InputFiles:
    """Puts files into the source at `path`, only those at or below the real paths `within`; `files`
    counts them, `left` says which were not, and why."""

    path: str
    within: tuple[str, ...] | None = None
    left: list[str] = field(default_factory=list)
    files: int = 0
    _folder: str = ""
    _bytes: int = 0

    def __post_init__(self) -> None:
        folder = os.path.dirname(os.path.abspath(self.path))
        # What comes from standard input, an archive or an e-mail has no folder.
        self._folder = os.path.realpath(folder) if os.path.isfile(self.path) else ""

    def with_inputs_included(self, source: str) -> str:
        return self._replace_inputs(source, self._folder, ())

    def _replace_inputs(self, source: str, folder: str, including_files: tuple[str, ...]) -> str:
        comments = [match.span() for match in _COMMENT.finditer(source)]
        parts: list[str] = []
        end = at = 0
        for match in _INPUT.finditer(source):
            while at < len(comments) and comments[at][1] <= match.start():
                at += 1
            if at < len(comments) and comments[at][0] < match.start():
                continue
            words = self._text_of_input(match, folder, including_files)
            if words is not None:
                # What follows a file and was no second argument stays.
                rest = (
                    f"{{{match['second']}}}"
                    if match["second"] and "import" not in match["name"]
                    else ""
                )
                apart = (
                    "" if match["name"] == "input" else "\n\n"
                )  # the others begin a page, or are whole documents
                parts += [source[end : match.start()], apart, words, apart, rest]
                end = match.end()
        return "".join([*parts, source[end:]])

    def _text_of_input(
        self, match: re.Match[str], folder: str, above: tuple[str, ...]
    ) -> str | None:
        named = (match["bare"] or match["first"]).strip()
        if "import" in match["name"]:
            named = f"{named}/{match['second'] or ''}"
        shown = f"\\{match['name']}{{{named}}}"
        file = self._find_input_file(named, folder)
        reason = self._reason_to_refuse(file, named, above)
        if reason or file is None:
            self.left.append(f"{shown}: {reason}")
            return None
        try:
            with open(file, "rb") as stream:
                data = stream.read(MAX_LATEX_BYTES + 1 - self._bytes)
            words = decode(data)[0]
        except (OSError, NotADocument):
            self.left.append(f"{shown}: the file cannot be read")
            return None
        self.files += 1
        self._bytes += len(data)
        if self._bytes > MAX_LATEX_BYTES:
            self.left.append(f"{shown}: over {MAX_LATEX_BYTES:,} bytes of LaTeX, not read")
            return None
        body = _BODY.search(words)
        return self._replace_inputs(
            body[1] if body else words, os.path.dirname(file), (*above, file)
        )

    def _find_input_file(self, named: str, folder: str) -> str | None:
        for base in dict.fromkeys((self._folder, folder)):
            for name in (named, f"{named}.tex"):
                place = (
                    os.path.realpath(os.path.join(base, name)) if base and "\0" not in name else ""
                )
                if place and os.path.isfile(place) and (name != named or place.endswith(_SUFFIXES)):
                    return place
        return None

    def _reason_to_refuse(self, file: str | None, named: str, above: tuple[str, ...]) -> str:
        outside = "outside the folder of the document, not opened"
        if not self._folder:
            return "the document does not come from a folder, other files are not read"
        if os.path.isabs(named) or ".." in named.split("/"):
            apart = os.path.relpath(
                os.path.realpath(os.path.join(self._folder, named)), self._folder
            )
            if apart.startswith(".."):
                return outside
        if file is None:
            return "there is no such LaTeX file in the folder of the document"
        inner = os.path.relpath(file, self._folder)
        if inner.startswith("..") or os.path.isabs(inner):
            return outside
        if not file.endswith(_SUFFIXES) or any(
            part.startswith(".") for part in inner.split(os.sep)
        ):
            return "no LaTeX file, not opened"
        if self.within is not None and not any(
            os.path.commonpath((file, root)) == root for root in self.within
        ):
            return "outside the paths that may be read, not opened"
        if file in above or file == os.path.realpath(self.path):
            return "it takes itself in"
        return (
            "over the limit of files"
            if self.files >= _MAX_FILES or len(above) >= _MAX_DEPTH
            else ""
        )
