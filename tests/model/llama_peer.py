"""llama.cpp beside docqa on one GGUF file, token by token."""

from pathlib import Path
from typing import Any

import pytest
import tiny

from docqa.model.load import NetworkModel


def llama_server(xllamacpp: Any, path: Path) -> Any:
    settings = xllamacpp.CommonParams()
    settings.model.path = str(path)
    settings.n_ctx = 512
    settings.n_parallel = 1
    settings.warmup = False
    # Its threads wait for each other in a loop.
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1
    return xllamacpp.Server(settings)


def next_tokens(server: Any, ids: list[int], count: int) -> list[dict[int, float]]:
    """The `count` likeliest tokens after `ids` with their log-probabilities; nothing where the
    best is no whole character, which is held back.
    """
    asked = {"prompt": ids, "n_predict": 1, "temperature": 0, "n_probs": count}
    said = server.handle_completions(asked | {"cache_prompt": True})
    return [
        {each["id"]: each["logprob"] for each in token["top_logprobs"]}
        for token in (said["choices"][0].get("logprobs") or {}).get("content") or []
    ]


def compared_with_llama_cpp(xllamacpp: Any, path: Path, model: NetworkModel) -> int:
    """How many log-probabilities were compared; each of llama.cpp's five best is docqa's within
    0.01.
    """
    server = llama_server(xllamacpp, path)
    compared = 0
    for length in range(1, 130, 8):
        ids = tiny.random_ids(length).tolist()
        state = model.new_state()
        model.prefill(ids, state)
        right = model.logits(state.hidden).log_softmax(-1)
        for best in next_tokens(server, ids, 5):
            for token, logprob in best.items():
                assert float(right[token]) == pytest.approx(logprob, abs=0.01)
                compared += 1
    return compared
