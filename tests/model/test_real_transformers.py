"""Real weights (DOCQA_TEST_MODELS names their folder) against transformers and llama.cpp; see
CONTRIBUTING.
"""

import gc
import json
import os
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from llama_peer import llama_server, next_tokens

from docqa.model.checkpoints.check import transformers_model
from docqa.model.checkpoints.network import load_network
from docqa.model.config import HybridConfig
from docqa.model.load import load_model
from docqa.model.tokenizer import CheckpointTokenizer

FILES = (
    "SmolLM2-135M-Instruct.Q4_1.gguf",
    "qwen2.5-coder-0.5b-instruct.gguf",
    "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
)
PROSE = Path(__file__).parents[2] / "LICENSE"
READ = 2_000
WRITTEN = 200
POSITIONS = 256
BEST = 1_000
# tokens of a position whose log-probabilities are compared; columns that share a scale
LIKELY = 10
GROUP = 32
FOLDER = os.environ.get(
    "DOCQA_TEST_MODELS"
)  # tests see none of docqa's variables, so it is read here

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7_200)]


@pytest.fixture(params=FILES)
def path(request):
    if not FOLDER:
        pytest.skip("DOCQA_TEST_MODELS names no folder of real models")
    found = Path(FOLDER) / request.param
    if not found.is_file():
        pytest.skip(f"{found} is not there")
    return found


def text_ids(path, count):
    return torch.tensor(
        CheckpointTokenizer.load(path).encode(PROSE.read_text(encoding="utf-8"))[:count]
    )


def written(path, ids, count):
    """`count` greedy tokens after ids as a user's model writes them, and the log-probabilities of
    each choice.
    """
    model = load_model(path)
    state = model.new_state()
    rows = [model.logits(model.prefill(ids, state))]
    while len(rows) < count:
        rows.append(model.logits(model.prefill([int(rows[-1].argmax())], state)))
    logits = torch.stack(rows)
    return logits.argmax(-1), logits.log_softmax(-1)


def in_float32(path, ids, count):
    """docqa's log-probabilities after the last `count` of ids, its matrices dequantized."""
    network = load_network(path, HybridConfig.from_folder(path), torch.float32)
    with torch.inference_mode():
        return network.logits(network(ids[None])[0, -count:]).log_softmax(-1)


@contextmanager
def eight_bits(model):
    """While entered, what every matrix of transformers' model is multiplied with is rounded as
    kernels round it.
    """

    def rounded(_, arguments):
        groups = arguments[0].unflatten(-1, (-1, GROUP))
        step = (groups.abs().amax(-1, keepdim=True) / 127).clamp(min=1e-30)
        return ((groups / step).round() * step).flatten(-2)

    matrices = [module for module in model.modules() if isinstance(module, torch.nn.Linear)]
    hooks = [matrix.register_forward_pre_hook(rounded) for matrix in matrices]
    yield
    for hook in hooks:
        hook.remove()


def test_greedy_tokens_are_those_of_transformers_on_the_same_weights(path):
    """Where they part, 8-bit activations explain it: transformers moves as far when its own are
    rounded so.
    """
    ids = text_ids(path, READ)
    tokens, ours = written(path, ids, WRITTEN)
    gc.collect()
    all_ids = torch.cat([ids, tokens[:-1]])
    model = transformers_model(path, HybridConfig.from_folder(path))
    truth = theirs(model, all_ids)
    likely = truth.topk(LIKELY).indices
    apart = (ours - truth).gather(1, likely).abs()
    parted = (tokens != truth.argmax(-1)).nonzero().flatten().tolist()
    first = parted[0] if parted else WRITTEN
    said = {"file": path.name, "equal": first, "differ_at": len(parted), "apart": of(apart)}
    assert len(ids) == READ
    if parted:
        with eight_bits(model):
            rounded = theirs(model, all_ids)
        rounding = (rounded - truth).gather(1, likely).abs()
        both = torch.stack([tokens[first], truth[first].argmax()])
        said |= {
            "tokens": both.tolist(),
            "ours": ours[first][both].tolist(),
            "theirs": truth[first][both].tolist(),
            "rounding": of(rounding),
            "rounding_parts_at": int((rounded.argmax(-1) != tokens).sum()),
        }
        print(json.dumps(said))
        assert (ours - truth)[first][both].abs().max() <= rounding.max()
        assert (
            apart.square().mean() <= 2 * rounding.square().mean()
        )  # two roundings, each as far as the one
    else:
        print(json.dumps(said))


def theirs(model, ids, count=WRITTEN):
    """Log-probabilities of transformers' model after the last `count` of ids."""
    with torch.inference_mode():
        return model(ids[None], logits_to_keep=count).logits[0].log_softmax(-1)


def of(differences):
    return {
        "root_mean_square": float(differences.square().mean().sqrt()),
        "largest": float(differences.max()),
    }


def test_in_float32_probabilities_are_those_of_transformers(path):
    """Nothing is rounded to 8 bits here, so that what differs is the order of sums: 0.0008 at most
    for SmolLM2.
    """
    ids = text_ids(path, POSITIONS)
    wide = in_float32(path, ids, POSITIONS)
    gc.collect()
    truth = theirs(transformers_model(path, HybridConfig.from_folder(path)), ids, POSITIONS)
    apart = (wide - truth).gather(1, truth.topk(LIKELY).indices).abs()
    print(json.dumps({"file": path.name, "float32_apart": of(apart)}))
    best = truth.topk(2).values
    decided = best[:, 0] - best[:, 1] > 0.01
    assert apart.max() < 0.005 and torch.equal(wide.argmax(-1)[decided], truth.argmax(-1)[decided])


def test_cross_entropy_of_prose_is_that_of_llama_cpp(path):
    """At positions whose next token is among llama.cpp's BEST, which it says the probabilities
    of.
    """
    xllamacpp = pytest.importorskip("xllamacpp")
    ids = text_ids(path, POSITIONS + 64)
    wide = in_float32(path, ids, len(ids))
    model = load_model(path)
    with torch.inference_mode():
        ours = model.network.logits(model.network(ids[None]))[0].float().log_softmax(-1)
    del model
    rows = []
    for at, said in llama_cpp_rows(xllamacpp, path, ids.tolist()):
        token = int(ids[at])
        if token in said and len(rows) < POSITIONS:
            rows.append((-float(ours[at - 1, token]), -float(wide[at - 1, token]), -said[token]))
    table = torch.tensor(rows, dtype=torch.float64)
    blocks, dense, llama_cpp = table.mean(0).tolist()
    spread = {
        "blocks": float((table[:, 0] - table[:, 1]).std()),
        "llama.cpp": float((table[:, 2] - table[:, 1]).std()),
    }
    print(
        json.dumps(
            {
                "file": path.name,
                "positions": len(rows),
                "docqa": blocks,
                "docqa in float32": dense,
                "llama.cpp": llama_cpp,
                "spread beside float32": spread,
            }
        )
    )
    error = (
        float((table[:, 0] - table[:, 2]).std()) / POSITIONS**0.5
    )  # both round activations to 8 bits, each its way
    assert len(rows) == POSITIONS and abs(blocks - llama_cpp) < max(0.01, 2 * error)


def llama_cpp_rows(xllamacpp, path, ids):
    """(position, {token: log-probability} of llama.cpp's BEST tokens there) for every position but
    the first 8.
    """
    server = llama_server(xllamacpp, path)
    for at in range(8, len(ids)):
        for best in next_tokens(server, ids[:at], BEST):
            yield at, best
