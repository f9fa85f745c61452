"""The teacher as a reader: passages and a question in, its greedy answer out. The baseline beside docqa's answers.

It is shown two worked examples first, the second without an answer: put through its chat template it reads worse.
"""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from docqa.model.tokenizer import Tokenizer
from docqa.model.training.loop import Precision
from docqa.model.training.trunk.teacher import Teacher, read_gguf, write_tokenizer

if TYPE_CHECKING:
    from transformers import Cache

LONGEST_ANSWER = 40  # tokens
REFUSAL = "not stated"
EXAMPLES = f"""\
Answer each question with the shortest words of its text that answer it, or with "{REFUSAL}".

Text: The ferry Morven was built in 1961 by a yard in Troon. She carries two hundred passengers and thirty cars.
Question: Who built the Morven?
Answer: a yard in Troon

Text: Each member pays a fee in January. The treasurer keeps the list of members and reads it out at the meeting.
Question: How many members voted in March?
Answer: {REFUSAL}

"""


class TeacherReader:
    """Reads its worked examples once; each question goes on from there."""

    def __init__(self, gguf_file: Path) -> None:
        from transformers import DynamicCache

        tensors, meta = read_gguf(gguf_file)
        self.teacher = Teacher(tensors, meta, Precision.best().dtype)
        with tempfile.TemporaryDirectory() as folder:
            write_tokenizer(meta, Path(folder) / "tokenizer.json")
            self.tokenizer = Tokenizer.load(Path(folder))
        self.start: Cache = DynamicCache()
        self._read(self.tokenizer.encode(EXAMPLES), self.start)

    def answer(self, passages: list[str], question: str) -> str | None:
        """The first line that the teacher writes behind the passages and the question; None where it refuses."""
        text = "\n".join(" ".join(passage.split()) for passage in passages)
        prompt = f"Text: {text}\nQuestion: {' '.join(question.split())}\nAnswer:"
        cache, written = copy.deepcopy(self.start), list[int]()
        token = self._read(self.tokenizer.encode(prompt), cache)
        while len(written) < LONGEST_ANSWER and token not in self.tokenizer.eos_ids:
            written.append(token)
            if "\n" in self.tokenizer.decode([token]):
                break
            token = self._read([token], cache)
        said = self.tokenizer.decode(written).strip().split("\n")[0].strip()
        return None if not said or said.lower().startswith(REFUSAL) else said

    def _read(self, ids: list[int], cache: Cache) -> int:
        """The likeliest token behind `ids`, which are added to the cache."""
        hidden = self.teacher(torch.tensor([ids]), cache=cache)
        return int(self.teacher.logits(hidden[0, -1]).argmax())
