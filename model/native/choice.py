"""What reads questions and excerpts here: native kernels where they compute, else torch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from docqa.kernels.native import packed_is_faster
from docqa.kernels.self_check import array_library
from docqa.model.heads.reader_text import PASSAGE_ENCODER_FILE, reader_files

if TYPE_CHECKING:
    from docqa.model.heads.excerpt_reading import ExcerptReader
    from docqa.model.protocol import VectorEncoder


def excerpt_reader(folder: Path) -> ExcerptReader | None:
    """The reader beside a checkpoint's weights, ready to use, or None where a checkpoint has none.

    Raises:
        WeightsMissing, WeightsMismatch: a file or the tokenizer is damaged or missing; it is named.
    """
    library = array_library() if packed_is_faster() else None
    if not reader_files(folder):
        return None
    if library is not None:
        from docqa.model.native.reader import NativeReader

        return NativeReader(folder, library)
    from docqa.model.heads.reader_files import load_reader

    return load_reader(folder)


def passage_encoder(folder: Path) -> VectorEncoder | None:
    """The passage encoder beside a checkpoint's weights, or None where a checkpoint has none.

    Raises:
        WeightsMissing, WeightsMismatch: its file or the reader's tokenizer is damaged or missing; it is named.
    """
    library = array_library() if packed_is_faster() else None
    if not (folder / PASSAGE_ENCODER_FILE).is_file():
        return None
    if library is not None:
        from docqa.model.native.reader import NativePassageEncoder

        return NativePassageEncoder(folder, library)
    from docqa.model.heads.passage_encoder import load_passage_encoder

    return load_passage_encoder(folder)
