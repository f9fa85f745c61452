"""The MTP module against its formula written out, and speculation against plain decoding."""

import json
import math

import pytest
import tiny
import torch
from safetensors.torch import load_file, save_file

from docqa.model.checkpoints.export import export
from docqa.model.checkpoints.network import load_mtp
from docqa.model.checkpoints.quantize import quantize
from docqa.model.config import HybridConfig
from docqa.model.decode.drafter import Drafter
from docqa.model.decode.generate import generate
from docqa.model.decode.sample import Sampling
from docqa.model.decode.speculate import MOST_AGAIN, Speculation
from docqa.model.errors import WeightsMissing
from docqa.model.load import load_model
from docqa.model.mtp import Mtp
from docqa.model.state.long_attention import LongAttention

CONFIG = HybridConfig.from_dict(tiny.RAW)


def random_module(seed=3):
    torch.manual_seed(seed)
    module = Mtp(CONFIG)
    for parameter in module.parameters():
        parameter.data.normal_(0, 0.3)
    return module.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The tiny checkpoint with a random module."""
    where = tiny.write_checkpoint(tmp_path_factory.mktemp("mtp"))
    tensors = load_file(where / "model.safetensors")
    tensors |= {f"mtp.{name}": part for name, part in random_module().state_dict().items()}
    save_file(tensors, where / "model.safetensors")
    return where


@pytest.fixture(scope="module")
def speculating(folder):
    return load_model(folder, dtype="float64")


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return load_model(tiny.write_checkpoint(tmp_path_factory.mktemp("plain")), dtype="float64")


def norm(x, weight):
    return [value / math.sqrt(sum(v * v for v in x) / len(x) + 1e-6) * (1 + w) for value, w in zip(x, weight)]


def product(matrix, x):
    return [sum(m * v for m, v in zip(row, x)) for row in matrix]


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def turned(x, position):
    """Half of a head of 16 rotates: dim i with i + 4."""
    out = list(x)
    for i in range(4):
        angle = position * 10000.0 ** (-2 * i / 8)
        out[i] = x[i] * math.cos(angle) - x[i + 4] * math.sin(angle)
        out[i + 4] = x[i + 4] * math.cos(angle) + x[i] * math.sin(angle)
    return out


def attended(w, keys, values, x, position):
    """One token through the gated attention of 6 query and 2 key heads of 16, token by token."""
    rows, out = product(w["self_attn.q_proj.weight"], x), []
    k, v = product(w["self_attn.k_proj.weight"], x), product(w["self_attn.v_proj.weight"], x)
    keys.append([turned(norm(k[16 * g : 16 * g + 16], w["self_attn.k_norm.weight"]), position) for g in range(2)])
    values.append([v[16 * g : 16 * g + 16] for g in range(2)])
    for head in range(6):
        q = turned(norm(rows[32 * head : 32 * head + 16], w["self_attn.q_norm.weight"]), position)
        gate = rows[32 * head + 16 : 32 * head + 32]
        scores = [sum(a * b for a, b in zip(q, key[head // 3])) / 4 for key in keys]
        parts = [math.exp(score - max(scores)) for score in scores]
        mixed = [sum(p * value[head // 3][i] for p, value in zip(parts, values)) / sum(parts) for i in range(16)]
        out += [m * sigmoid(g) for m, g in zip(mixed, gate)]
    return product(w["self_attn.o_proj.weight"], out)


def by_hand(module, hidden, following):
    """The module as the formula has it, on lists of Python floats."""
    w = {name: part.tolist() for name, part in module.state_dict().items()}
    layer = {name.removeprefix("layers.0."): part for name, part in w.items() if name.startswith("layers.0.")}
    keys, values, found = [], [], []
    for position, (h, e) in enumerate(zip(hidden.tolist(), following.tolist())):
        x = product(
            w["fc.weight"], norm(e, w["pre_fc_norm_embedding.weight"]) + norm(h, w["pre_fc_norm_hidden.weight"])
        )
        mixed = attended(layer, keys, values, norm(x, layer["input_layernorm.weight"]), position)
        x = [a + b for a, b in zip(x, mixed)]
        inner = norm(x, layer["post_attention_layernorm.weight"])
        gates, ups = product(layer["mlp.gate_proj.weight"], inner), product(layer["mlp.up_proj.weight"], inner)
        x = [
            a + b
            for a, b in zip(x, product(layer["mlp.down_proj.weight"], [g * sigmoid(g) * u for g, u in zip(gates, ups)]))
        ]
        found.append(norm(x, w["norm.weight"]))
    return torch.tensor(found, dtype=torch.float64)


def test_the_module_computes_its_formula(plain):
    module = random_module().double()
    hidden, following = torch.randn(2, 5, 64, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    rotation = plain.network.rotation(torch.arange(5))
    assert (module(hidden[None], following[None], rotation)[0] - by_hand(module, hidden, following)).abs().max() < 1e-11


def test_drafts_token_by_token_are_those_of_the_module_over_all(speculating):
    ids = tiny.random_ids(90)
    hidden = speculating.network(ids[None])[0]
    drafter = Drafter(speculating.network, speculating.mtp, hidden[0])
    for token, state in zip(ids[1:].tolist(), hidden[1:]):
        drafter.read(token, state)
    guesses = drafter.draft(7, 3)
    assert drafter.memory.length == 89 and drafter.draft(7, 3) == guesses  # a guess leaves nothing behind
    following = speculating.network.embed_tokens(torch.cat([ids[1:], torch.tensor([7])]))
    rotation = speculating.network.rotation(torch.arange(90))
    once = speculating.mtp(hidden[None], following[None], rotation)[0, -1]
    assert guesses[0] == int(speculating.network.logits(once).argmax())


def test_a_checkpoint_has_the_module_or_a_part_of_one_or_none(folder, checkpoint, tmp_path):
    assert load_mtp(checkpoint, CONFIG, torch.float32) is None
    loaded = load_mtp(folder, CONFIG, torch.float32)
    assert all(torch.equal(a, b) for a, b in zip(loaded.state_dict().values(), random_module().state_dict().values()))
    quantize(folder, tmp_path / "q")
    packed = load_mtp(tmp_path / "q", CONFIG, torch.float32)
    assert 0 < (packed.fc.weight - loaded.fc.weight).abs().max() < 0.3
    tensors = load_file(folder / "model.safetensors")
    del tensors["mtp.layers.0.mlp.up_proj.weight"]
    tiny.write_checkpoint(tmp_path / "part")
    save_file(tensors, tmp_path / "part" / "model.safetensors")
    with pytest.raises(WeightsMissing, match=r"mtp.layers.0.mlp.up_proj.weight"):
        load_mtp(tmp_path / "part", CONFIG, torch.float32)


class Scripted(Drafter):
    """Guesses the tokens of a text that was written before, with those wrong that `wrong` names by their place."""

    def __init__(self, model, text, wrong=()):
        self.text, self.wrong, self.hidden, self.said = text, set(wrong), None, 0

    def read(self, token, hidden):
        self.said += 1

    def draft(self, token, count):
        places = range(self.said + 1, min(self.said + 1 + count, len(self.text)))
        return [(self.text[i] + 1) % 256 if i in self.wrong else self.text[i] for i in places]


def started(model, count=70, **more):
    state = model.new_state(**more)
    model.prefill(tiny.random_ids(count), state)
    return state


def tokens(model, state, **more):
    return [piece.token for piece in generate(model, state, max_tokens=24, stop_ids=[], **more)]


@pytest.mark.parametrize("sampling", [None, Sampling(temperature=1.5, seed=4), Sampling(repetition_penalty=1.3)])
def test_speculation_writes_what_plain_decoding_writes(plain, speculating, sampling):
    right = tokens(plain, started(plain), sampling=sampling)
    state = started(speculating)
    assert tokens(speculating, state, sampling=sampling) == right
    assert state.position == 70


@pytest.mark.parametrize("wrong", [(), (1,), (2,), (3,), (1, 2, 3), range(0, 24, 2), range(24)])
def test_wrong_guesses_at_any_depth_change_nothing(plain, wrong):
    state = started(plain, grid=64)  # a whole block is quantized to int8, and read as such by both
    right = tokens(plain, state)
    going = Speculation(plain, state, Scripted(plain, right, wrong), 24)
    assert [int(going.logits(token).argmax()) for token in right[:-1]] == right[1:]


def test_right_drafts_save_passes_and_wrong_ones_are_rerun_rarely(plain):
    state = started(plain)
    right = tokens(plain, state)

    def passes(wrong, drafts):
        going = Speculation(plain, state, Scripted(plain, right, wrong), 24, drafts)
        for token in right[:-1]:
            going.logits(token)
            assert len(going.again) <= MOST_AGAIN + drafts
        return going.passes, going.right

    assert passes((), 3) == (6, 17)
    assert passes(range(24), 3) == (23, 0)


def test_logits_after_wrong_drafts_equal_those_without_drafts(plain):
    state = started(plain)
    right = tokens(plain, state)
    going = Speculation(plain, state, Scripted(plain, right, (2, 5, 6, 11)), 24, 3)
    walker = state.fork()
    for token in right[:-1]:
        logits = going.logits(token)
        assert (logits - plain.logits(plain.prefill([token], walker))).abs().max() < 1e-10


def test_past_exact_attention_nothing_is_guessed(speculating, plain, monkeypatch):
    far = {"grid": 64, "long": LongAttention(exact=192, local=64, best=2, block=16)}
    monkeypatch.setattr("docqa.model.decode.generate.Speculation", None)
    assert tokens(speculating, started(speculating, 300, **far)) == tokens(plain, started(plain, 300, **far))


def test_the_module_travels_with_an_export(folder, tmp_path):
    export(folder, tmp_path / "out")
    loaded = load_mtp(tmp_path / "out", CONFIG, torch.float32)
    assert torch.equal(loaded.fc.weight, random_module().fc.weight.to(torch.bfloat16).float())
    assert "mtp" not in json.dumps(json.loads((tmp_path / "out" / "config.json").read_text()))
