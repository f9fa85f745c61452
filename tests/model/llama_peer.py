"""llama.cpp beside docqa on one GGUF file, token by token."""

from pathlib import Path
from typing import Any

import pytest
import tiny

from docqa.model.load import NetworkModel


def compared_with_llama_cpp(xllamacpp: Any, path: Path, model: NetworkModel) -> int:
    """How many log-probabilities were compared; each of llama.cpp's five best is docqa's within
    0.01.
    """
    settings = xllamacpp.CommonParams()
    settings.model.path, settings.n_ctx, settings.n_parallel, settings.warmup = (
        str(path),
        512,
        1,
        False,
    )
    server = xllamacpp.Server(settings)
    compared = 0
    for length in range(1, 130, 8):
        ids = tiny.random_ids(length).tolist()
        state = model.new_state()
        model.prefill(ids, state)
        right = model.logits(state.hidden).log_softmax(-1)
        said = server.handle_completions(
            {"prompt": ids, "n_predict": 1, "temperature": 0, "n_probs": 5}
        )
        # A token that is no whole character is held back, and its probabilities with it.
        for token in (said["choices"][0].get("logprobs") or {}).get("content") or []:
            for each in token["top_logprobs"]:
                assert float(right[each["id"]]) == pytest.approx(each["logprob"], abs=0.01)
                compared += 1
    return compared
