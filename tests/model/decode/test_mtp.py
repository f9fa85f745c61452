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
from docqa.model.decode.speculate import AT_ONCE, Speculation
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
    return x / (x.square().mean(-1, keepdim=True) + 1e-6).sqrt() * (1 + weight)


def turned(x):
    """Half of each head of 16 rotates by its token's number: dim i with i + 4. x [seq, heads,
    16].
    """
    angle = torch.arange(len(x))[:, None, None] * 10000.0 ** (
        -2 * torch.arange(4, dtype=torch.float64) / 8
    )
    first, second, rest = x.split([4, 4, 8], -1)
    cos = angle.cos()
    sin = angle.sin()
    return torch.cat([first * cos - second * sin, second * cos + first * sin, rest], -1)


def by_hand(module, hidden, following):
    """The module as the formula has it: gated attention of 6 query and 2 key heads of 16, then a
    gated MLP.
    """
    of = module.state_dict()
    w = {name.removeprefix("layers.0.").removesuffix(".weight"): part for name, part in of.items()}
    x = (
        torch.cat(
            [norm(following, w["pre_fc_norm_embedding"]), norm(hidden, w["pre_fc_norm_hidden"])], -1
        )
        @ w["fc"].T
    )
    inner = norm(x, w["input_layernorm"])
    q, gate = (inner @ w["self_attn.q_proj"].T).view(-1, 6, 32).split(16, -1)
    k, v = ((inner @ w[f"self_attn.{name}_proj"].T).view(-1, 2, 16) for name in "kv")
    q = turned(norm(q, w["self_attn.q_norm"]))
    k = turned(norm(k, w["self_attn.k_norm"])).repeat_interleave(3, 1)
    scores = torch.einsum("qhd,khd->hqk", q, k) / 4 + torch.full((len(x), len(x)), -math.inf).triu(
        1
    )
    mixed = (
        torch.einsum("hqk,khd->qhd", scores.softmax(-1), v.repeat_interleave(3, 1)) * gate.sigmoid()
    )
    x = x + mixed.reshape(len(x), -1) @ w["self_attn.o_proj"].T
    inner = norm(x, w["post_attention_layernorm"])
    gates = torch.nn.functional.silu(inner @ w["mlp.gate_proj"].T)
    return norm(x + (gates * (inner @ w["mlp.up_proj"].T)) @ w["mlp.down_proj"].T, w["norm"])


def test_the_module_computes_its_formula(plain):
    module = random_module().double()
    hidden, following = torch.randn(2, 5, 64, dtype=torch.float64, generator=tiny.seeded(0))
    rotation = plain.network.rotation(torch.arange(5))
    assert (
        module(hidden[None], following[None], rotation)[0] - by_hand(module, hidden, following)
    ).abs().max() < 1e-11


def test_drafts_token_by_token_are_those_of_the_module_over_all(speculating):
    ids = tiny.random_ids(90)
    hidden = speculating.network(ids[None])[0]
    drafter = Drafter(speculating.network, speculating.mtp, hidden[0])
    for token, state in zip(ids[1:].tolist(), hidden[1:]):
        drafter.add(token)
        drafter.hidden = state
    drafter.add(7)
    guesses = drafter.draft_tokens(3)
    assert (
        drafter.memory.length == 90 and drafter.draft_tokens(3) == guesses
    )  # a guess leaves nothing after
    following = speculating.network.embed_tokens(torch.cat([ids[1:], torch.tensor([7])]))
    rotation = speculating.network.rotation(torch.arange(90))
    once = speculating.mtp(hidden[None], following[None], rotation)[0, -1]
    assert guesses[0] == int(speculating.network.logits(once).argmax())


def test_a_checkpoint_has_the_module_or_a_part_of_one_or_none(folder, checkpoint, tmp_path):
    assert load_mtp(checkpoint, CONFIG, torch.float32) is None
    loaded = load_mtp(folder, CONFIG, torch.float32)
    assert all(
        torch.equal(a, b)
        for a, b in zip(loaded.state_dict().values(), random_module().state_dict().values())
    )
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
    """Guesses the tokens of a text that was written before, `drafts` at a time, with those wrong
    that `wrong` names by their place.
    """

    def __init__(self, text, wrong=(), drafts=2):
        self.text = text
        self.wrong = set(wrong)
        self.fewest = self.most = drafts
        self.said = 0

    def add(self, token):
        self.said += 1

    def draft_tokens(self, count, least):
        places = range(self.said, min(self.said + count, len(self.text)))
        return [(self.text[i] + 1) % 256 if i in self.wrong else self.text[i] for i in places]


def tokens(model, state, **more):
    return [piece.token for piece in generate(model, state, max_tokens=24, stop_ids=[], **more)]


@pytest.mark.parametrize(
    "sampling", [None, Sampling(temperature=1.5, seed=4), Sampling(repetition_penalty=1.3)]
)
def test_speculation_writes_what_plain_decoding_writes(plain, speculating, sampling):
    right = tokens(plain, tiny.started(plain), sampling=sampling)
    state = tiny.started(speculating)
    assert tokens(speculating, state, sampling=sampling) == right
    assert state.position == 70


@pytest.mark.parametrize("wrong", [(), (1,), (2,), (3,), (1, 2, 3), range(0, 24, 2), range(24)])
def test_wrong_guesses_at_any_depth_change_nothing(plain, wrong):
    state = tiny.started(
        plain, grid=64
    )  # a whole block is quantized to int8, and read as such by both
    right = tokens(plain, state)
    going = Speculation(plain, state, Scripted(right, wrong))
    assert [int(going.logits(token).argmax()) for token in right[:-1]] == right[1:]


def test_right_drafts_save_passes_and_wrong_ones_are_rerun_rarely(plain):
    state = tiny.started(plain)
    right = tokens(plain, state)

    def passes(wrong, drafts):
        accepted = 0
        going = Speculation(plain, state, Scripted(right, wrong, drafts))
        for token in right[:-1]:
            before = going.passes
            going.logits(token)
            accepted += going.passes == before
            assert len(going._again) < AT_ONCE
        return going.passes, accepted

    assert passes((), 3) == (6, 17)
    assert passes(range(24), 3) == (23, 0)


def test_logits_after_wrong_drafts_equal_those_without_drafts(plain):
    state = tiny.started(plain)
    right = tokens(plain, state)
    going = Speculation(plain, state, Scripted(right, (2, 5, 6, 11), 3))
    walker = state.fork()
    for token in right[:-1]:
        logits = going.logits(token)
        assert (logits - plain.logits(plain.prefill([token], walker))).abs().max() < 1e-10


def test_past_exact_attention_nothing_is_guessed(speculating, plain, monkeypatch):
    far = {"grid": 64, "long": LongAttention(exact=192, local=64, best=2, block=16)}
    monkeypatch.setattr("docqa.model.decode.generate.Speculation", None)
    assert tokens(speculating, tiny.started(speculating, 300, **far)) == tokens(
        plain, tiny.started(plain, 300, **far)
    )


def test_the_module_travels_with_an_export(folder, tmp_path):
    export(folder, tmp_path / "out")
    loaded = load_mtp(tmp_path / "out", CONFIG, torch.float32)
    assert torch.equal(loaded.fc.weight, random_module().fc.weight.to(torch.bfloat16).float())
    assert "mtp" not in json.dumps(json.loads((tmp_path / "out" / "config.json").read_text()))
