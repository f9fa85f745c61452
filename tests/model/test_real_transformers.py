"""Real weights (DOCQA_TEST_MODELS names their folder) against transformers and llama.cpp; see CONTRIBUTING."""

import json
import os
from pathlib import Path

import pytest
import torch

from docqa.model.checkpoints.check import transformers_model
from docqa.model.load import load_model

FILES = (
    "SmolLM2-135M-Instruct.Q4_1.gguf",
    "qwen2.5-coder-0.5b-instruct.gguf",
    "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
)
PROSE = Path(__file__).parents[2] / "LICENSE"
READ, WRITTEN = 2_000, 200
POSITIONS, BEST = 256, 1_000
FOLDER = os.environ.get("DOCQA_TEST_MODELS")  # tests see none of docqa's variables, so it is read here

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7_200)]


@pytest.fixture(params=FILES)
def path(request):
    if not FOLDER:
        pytest.skip("DOCQA_TEST_MODELS names no folder of real models")
    found = Path(FOLDER) / request.param
    if not found.is_file():
        pytest.skip(f"{found} is not there")
    return found


def written(model, ids, count):
    """`count` greedy tokens after ids, and the logits that each was chosen from, float32 [count, vocab]."""
    state = model.new_state()
    rows = [model.logits(model.prefill(ids, state))]
    while len(rows) < count:
        rows.append(model.logits(model.prefill([int(rows[-1].argmax())], state)))
    logits = torch.stack(rows)
    return logits.argmax(-1), logits


def test_greedy_tokens_are_those_of_transformers_on_the_same_weights(path):
    """Both in float32. Where they part, transformers finds both tokens nearly as likely: int8 keys decide."""
    model = load_model(path, dtype="float32")
    ids = torch.tensor(model.tokenizer.encode(PROSE.read_text(encoding="utf-8"))[:READ])
    tokens, logits = written(model, ids, WRITTEN)
    config = model.config
    del model
    theirs = transformers_model(path, config)
    with torch.inference_mode():
        right = theirs(torch.cat([ids, tokens[:-1]])[None], logits_to_keep=WRITTEN).logits[0]
    ours, truth = logits.log_softmax(-1), right.log_softmax(-1)
    parted = (tokens != right.argmax(-1)).nonzero().flatten().tolist()
    equal = parted[0] if parted else WRITTEN
    apart = (ours - truth).abs().amax(-1)
    said = {"file": path.name, "equal": equal, "differ_at": len(parted), "log_probability_apart": float(apart.max())}
    if parted:
        both = torch.stack([tokens[equal], right[equal].argmax()])
        said |= {"tokens": both.tolist(), "ours": ours[equal][both].tolist(), "theirs": truth[equal][both].tolist()}
        assert truth[equal][both[1]] - truth[equal][both[0]] <= 2 * apart[equal]
    print(json.dumps(said))
    assert len(ids) == READ and apart.median() < 0.05


def test_cross_entropy_of_prose_is_that_of_llama_cpp(path):
    """At positions whose next token is among llama.cpp's BEST, which it says the probabilities of."""
    xllamacpp = pytest.importorskip("xllamacpp")
    model = load_model(path, dtype="float32")
    ids = model.tokenizer.encode(PROSE.read_text(encoding="utf-8"))[: POSITIONS + 64]
    with torch.inference_mode():
        logits = model.network.logits(model.network(torch.tensor(ids)[None]))[0]
    ours = logits.log_softmax(-1)
    del model
    pairs = []
    for at, said in llama_cpp_rows(xllamacpp, path, ids):
        if ids[at] in said and len(pairs) < POSITIONS:
            pairs.append((-float(ours[at - 1, ids[at]]), -said[ids[at]]))
    first, second = (sum(column) / len(pairs) for column in zip(*pairs, strict=True))
    print(json.dumps({"file": path.name, "positions": len(pairs), "docqa": first, "llama.cpp": second}))
    assert len(pairs) == POSITIONS and abs(first - second) < 0.01


def llama_cpp_rows(xllamacpp, path, ids):
    """(position, {token: log-probability} of llama.cpp's BEST tokens there) for every position but the first 8."""
    settings = xllamacpp.CommonParams()
    settings.model.path, settings.n_ctx, settings.n_parallel, settings.warmup = str(path), 512, 1, False
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = torch.get_num_threads()
    server = xllamacpp.Server(settings)
    for at in range(8, len(ids)):
        asked = {"prompt": ids[:at], "n_predict": 1, "temperature": 0, "n_probs": BEST, "cache_prompt": True}
        said = server.handle_completions(asked)
        for token in (said["choices"][0].get("logprobs") or {}).get("content") or []:
            yield at, {each["id"]: each["logprob"] for each in token["top_logprobs"]}
