"""A reranker of others: any cross-encoder that classifies a pair of texts
(`AutoModelForSequenceClassification`).
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from docqa.model.errors import ConfigUnsupported

from .folder import RERANKER, ForeignModel


class ForeignReranker(ForeignModel):
    """Reads a question and a passage together (Nogueira and Cho 2019, arXiv 1901.04085)."""

    role = RERANKER
    kind = "AutoModelForSequenceClassification"

    def __init__(self, folder: Path, device: str = "auto") -> None:
        """Raises as ForeignModel, ConfigUnsupported also for labels that say nothing of a passage
        that answers.
        """
        super().__init__(folder, device)
        labels = self.network.config.id2label
        named = [
            int(number) for number, label in labels.items() if str(label).casefold() == "entailment"
        ]
        if not named and len(labels) > 1:
            said = f"its labels are {', '.join(map(str, labels.values()))}: none tells how well a passage answers"
            raise ConfigUnsupported(
                f"{folder}: {said} (a reranker has one label, or one called entailment)"
            )
        self._label = named[0] if named else 0

    def scores(self, question: str, texts: Sequence[str]) -> np.ndarray:
        """How well each text answers, [texts]: the logit of the only label, or the log-odds of
        entailment.
        """
        rows = np.array([self.run(question, text)[1].logits[0].tolist() for text in texts])
        others = np.delete(rows, self._label, 1)
        return rows[:, self._label] - (np.logaddexp.reduce(others, 1) if others.size else 0.0)
