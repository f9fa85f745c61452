"""What the reader and the passage encoder are given: their files, and word pieces of questions and
excerpts.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from docqa.model.errors import WeightsMismatch

if TYPE_CHECKING:
    from tokenizers import Tokenizer

READER_FILE = "reader-{:05d}-of-{:05d}.safetensors"
READER_TOKENIZER = "reader_tokenizer.json"
PASSAGE_ENCODER_FILE = "passage_encoder.safetensors"
LONGEST_PASSAGE = 318  # tokens; what is after them does not count
# texts of like length, read at once
EXCERPTS_TOGETHER = 4
PASSAGES_TOGETHER = 8
# tokens; a longer question loses its beginning
LONGEST_EXCERPT = 320
LONGEST_ASKED = 64
LONGEST_HEADING = 24
FORMS = ("fact", "list", "yes_no", "two_parts")
VERDICTS = ("yes", "no")
SUPPORT = ("supported", "partly", "contradicted", "unsupported")

Pair = tuple[list[int], list[int]]
"""The ids of a question and a heading, and those of an excerpt."""


@lru_cache(maxsize=2)
def _load_word_pieces(content: str) -> "Tokenizer":
    """Parsed once for the reader and the passage encoder, which share it."""
    from tokenizers import Tokenizer

    pieces = Tokenizer.from_str(content)
    pieces.no_padding()
    pieces.no_truncation()
    return pieces


class ReaderTokenizer:
    """The encoder's own word pieces, by the `tokenizers` library."""

    def __init__(self, path: Path) -> None:
        """Raises WeightsMismatch: there is no such file, or it is no tokenizer."""
        try:
            self._pieces = _load_word_pieces(path.read_text(encoding="utf-8"))
        except Exception as error:  # the library raises plain Exception
            raise WeightsMismatch(
                f"{path}: not the reader's tokenizer ({error}); fetch the folder again"
            ) from error
        begin, between = (self._pieces.token_to_id(mark) for mark in ("<s>", "</s>"))
        if begin is None or between is None:
            raise WeightsMismatch(
                f"{path}: the reader's tokenizer has no <s> or no </s>; fetch the folder again"
            )
        self.begin = begin
        self.between = between

    def encode(self, text: str) -> list[int]:
        """Ids of a text, without marks around it."""
        return self._pieces.encode(text, add_special_tokens=False).ids  # type: ignore[no-any-return]

    def encode_with_offsets(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """Ids, and the characters (start, end) of each."""
        found = self._pieces.encode(text, add_special_tokens=False)
        return found.ids, found.offsets

    def encode_question(self, question: str) -> list[int]:
        """What stands before a heading and an excerpt."""
        return [
            self.begin,
            *self.encode(" ".join(question.split()))[-LONGEST_ASKED:],
            self.between,
            self.between,
        ]

    def encode_heading(self, heading: str) -> list[int]:
        """What stands between a question and an excerpt: the headings above it, the last of
        many.
        """
        ids = self.encode(" ".join(heading.split()))[-LONGEST_HEADING:]
        return [*ids, self.between] if ids else []


def groups_of_like_length(lengths: Sequence[int], together: int) -> list[list[int]]:
    """Numbers of texts in groups of `together`, the shortest first, so that little is computed for
    padding.
    """
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    return [order[at : at + together] for at in range(0, len(order), together)]


def reader_files(folder: Path) -> list[Path]:
    """The files of a folder's reader, in order, or none. Raises WeightsMismatch: some are
    missing.
    """
    files = sorted(folder.glob("reader-*-of-*.safetensors"))
    if files and (folder / READER_FILE.format(len(files), len(files))) not in files:
        raise WeightsMismatch(
            f"{folder}: some files of the reader are missing; fetch the folder again"
        )
    return files
