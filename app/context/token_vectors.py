"""What is gathered while the documents are read: a small vector of every token, for the model's heads.

`TokenVectors.on_hidden` goes into the model's prefill. A token's vector depends on the tokens before it and on the
block it was read in, so rows before a grid point are the same after a resumed read.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from docqa.app.errors import StoreDamaged
from docqa.app.storage.atomic import write_whole

if TYPE_CHECKING:
    from torch import Tensor

    from docqa.model.heads.heads import AnswerHeads

FILE = "vectors.safetensors"


class TokenVectors:
    """Mutable: int8 rows [tokens, width] in the order of the context, of the pieces read so far.

    Without heads nothing is gathered, and nothing is written or looked for.
    """

    def __init__(self, heads: AnswerHeads) -> None:
        self._heads = heads
        self._pieces: dict[int, Tensor] = {}  # position -> rows of the piece that starts there

    def on_hidden(self, position: int, hidden: Tensor) -> None:
        """Take the evidence layer's output [tokens, hidden] for the tokens from `position` on."""
        if self._heads:
            self._pieces[position] = self._heads.rows(hidden)

    def rows(self, position: int) -> Tensor | None:
        """Rows of all tokens before `position`, int8 [position, width]; None without heads.

        Raises StoreDamaged when a piece is missing.
        """
        if not self._heads:
            return None
        import torch

        kept = [(start, piece) for start, piece in sorted(self._pieces.items()) if start < position]
        at = 0
        for start, piece in kept:
            if start != at:
                break
            at += len(piece)
        if at != position:
            raise StoreDamaged(f"there are vectors of {at} tokens, {position} were read")
        joined = torch.cat([piece for _, piece in kept])
        self._pieces = {0: joined}
        return joined

    def save(self, folder: Path, position: int) -> None:
        """Write the rows before `position` into `folder`, whole or not at all. Raises OSError when the disk refuses."""
        rows = self.rows(position)
        if rows is None:
            return
        from safetensors.torch import save

        content = save({"rows": rows.contiguous()}, metadata={"sha256": _digest(rows)})
        write_whole(folder / FILE, content, private=True)

    def load(self, folder: Path, position: int) -> None:
        """Take the rows before `position` from `folder`.

        Raises StoreDamaged when the file is not what was written or has fewer rows.
        """
        if not self._heads:
            return
        from safetensors import SafetensorError, safe_open

        path = folder / FILE
        try:
            with safe_open(path, framework="pt") as file:
                rows, digest = file.get_tensor("rows"), (file.metadata() or {}).get("sha256")
        except (OSError, SafetensorError, ValueError) as error:
            raise StoreDamaged(f"cannot be read ({error})", where=str(path)) from error
        if digest != _digest(rows):
            raise StoreDamaged("does not match its checksum", where=str(path))
        if len(rows) < position:
            raise StoreDamaged(f"has vectors of {len(rows)} tokens, {position} were read", where=str(path))
        self._pieces = {0: rows[:position].clone()}


def _digest(rows: Tensor) -> str:
    return hashlib.sha256(rows.contiguous().numpy().tobytes()).hexdigest()
