"""What words call a document: the name of its file, or its title."""

from __future__ import annotations

import re
from collections.abc import Sequence

from docqa.app.quotes.normalise import fold
from docqa.ingest.types import Document

_LEAST_NAME = 4


class DocumentNames:
    """The names of all documents of a run."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._names = [_names(document) for document in documents]

    def named_in(self, words: str) -> set[int]:
        """The numbers of the documents that `words` name."""
        folded = fold(words).text
        return {number for number, names in enumerate(self._names) if any(name.search(folded) for name in names)}


def _names(document: Document) -> list[re.Pattern[str]]:
    """What a text may call a document, folded: its file's name, that without its type, a title of several words.

    A single common word ("lease.txt") names the file only with its type behind it.
    """
    file = document.path.replace("\\", "/").rpartition("/")[2]
    stem = file.rpartition(".")[0] or file
    names = [file, document.title, stem, stem.replace("_", " ")]
    full = [name for name in names[:1] if name] + [n for n in names[1:] if not n.strip().isalpha()]
    folded = {fold(name).text.strip() for name in full}
    return [re.compile(rf"(?<!\w){re.escape(name)}(?!\w)") for name in sorted(folded) if len(name) >= _LEAST_NAME]
