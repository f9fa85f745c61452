"""A reader of others: any model for extractive question answering
(`AutoModelForQuestionAnswering`).
"""

from collections.abc import Sequence

import numpy as np

from docqa.model.heads.question_heads import Places
from docqa.model.heads.spans import log_softmax

from .folder import READER, ForeignModel


class ForeignSpanReader(ForeignModel):
    """Chances of starts and ends in a text beside that of "no answer", which these models say by
    their first token (Devlin et al. 2019, arXiv 1810.04805, section 4.3)."""

    role = READER
    kind = "AutoModelForQuestionAnswering"

    def scores(
        self, question: str, texts: Sequence[str], places: Sequence[Places]
    ) -> list[np.ndarray]:
        return [
            self._text_scores(question, text, at) for text, at in zip(texts, places, strict=True)
        ]

    def _text_scores(self, question: str, text: str, places: Places) -> np.ndarray:
        found = np.full((2, len(places)), -np.inf, np.float32)
        if not places:
            return found
        read, made = self.run(question, text)
        first = read["input_ids"][0].tolist().index(self.tokenizer.cls_token_id)
        parts = read.sequence_ids(0)
        begins = np.array([start for start, _ in places])
        inside = np.array([part == 1 or token == first for token, part in enumerate(parts)])
        logits = np.stack([row[0].cpu() for row in (made.start_logits, made.end_logits)])
        logits = log_softmax(np.where(inside, logits, -np.inf))
        for token, (part, (start, end)) in enumerate(
            zip(parts, read.encodings[0].offsets, strict=True)
        ):
            start = end - len(
                text[start:end].lstrip()
            )  # some tokenizers count the space before a word to it
            if part == 1 and start < end <= places[-1][1]:
                for which, at in enumerate((start, end - 1)):
                    place = max(int(np.searchsorted(begins, at, "right")) - 1, 0)
                    found[which, place] = max(found[which, place], logits[which, token])
        return found
