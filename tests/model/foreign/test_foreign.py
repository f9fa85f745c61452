"""Models of others say through docqa what they say in transformers; what is none of them is refused
by name.
"""

import json

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import save_file

from docqa.kernels.native import SWITCH
from docqa.model.errors import ModelError
from docqa.model.folder import BUNDLED
from docqa.model.foreign.encoder import ForeignEncoder
from docqa.model.foreign.folder import model_role, model_stamp
from docqa.model.foreign.reader import ForeignSpanReader
from docqa.model.foreign.reranker import ForeignReranker
from docqa.model.heads.excerpt_reading import ExcerptReader, predict_spans, reader_inputs
from docqa.model.heads.reader_text import READER_TOKENIZER
from docqa.model.training.reader.encoder_start import FIRST_PLACE, plain_names
from docqa.model.training.reader.reader_files import load_dense

QUESTION = "When does the lease end?"
TEXTS = ["The lease ends on 4 May 1912.", "Rent is due in June; " * 40, "A dog may be kept."]
KINDS = ["Bert", "Roberta", "MPNet", "ModernBert", "DebertaV2"]


def read(model, *texts):
    """What its tokenizer makes of texts."""
    cut = "only_second" if len(texts) > 1 else True
    return model.tokenizer(*texts, truncation=cut, max_length=model.longest, return_tensors="pt")


@pytest.mark.parametrize("kind", KINDS)
def test_a_reader_of_every_architecture_says_what_it_says_in_transformers(
    kind, tmp_path, tiny_reader
):
    network = tiny_reader.write_foreign(tmp_path, kind, "ForQuestionAnswering")
    assert model_role(tmp_path) == "reader"
    reader = ForeignSpanReader(tmp_path)
    places = [[(at, at + 1) for at, letter in enumerate(text) if letter != " "] for text in TEXTS]
    for text, at, found in zip(TEXTS, places, reader.scores(QUESTION, TEXTS, places), strict=True):
        pair = read(reader, QUESTION, text)
        made = network(**pair)
        begins = pair.sequence_ids(0).index(1)
        for row, logits in zip(found, (made.start_logits[0], made.end_logits[0]), strict=True):
            right = (
                torch.cat([logits[:1], logits[begins:-1]]).log_softmax(0)[1:].numpy()
            )  # a token is a letter here
            np.testing.assert_allclose(row[: len(right)], right, atol=1e-5)
            assert np.isneginf(row[len(right) :]).all() and len(row) == len(at)


def exported(folder, tiny_reader):
    """The bundled reader as a model for extractive question answering."""
    own = load_dense(BUNDLED)
    shape = own.encoder.shape
    tensors = own.state_dict()
    network = transformers.MPNetForQuestionAnswering(
        transformers.MPNetConfig(
            vocab_size=shape.vocabulary,
            hidden_size=shape.hidden,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            intermediate_size=shape.inner,
            layer_norm_eps=shape.eps,
            max_position_embeddings=shape.positions + FIRST_PLACE,
            relative_attention_num_buckets=shape.buckets,
        )
    )
    named = plain_names({name: name for name in network.state_dict() if name.startswith("mpnet.")})
    made = {theirs: tensors[f"encoder.{ours}"] for ours, theirs in named.items()}
    made |= {
        "qa_outputs.weight": tensors["head.ends.weight"],
        "qa_outputs.bias": tensors["head.ends.shift"],
    }
    places = "mpnet.embeddings.position_embeddings.weight"
    network.load_state_dict(
        made | {places: torch.nn.functional.pad(made[places], (0, 0, FIRST_PLACE, 0))}
    )
    network.save_pretrained(folder)
    tiny_reader.write_pair_tokenizer(BUNDLED / READER_TOKENIZER, folder)


@pytest.mark.weights
@pytest.mark.parametrize(("switch", "close"), [("torch", 3e-3), ("", 0.4)])
def test_the_bundled_reader_in_this_form_chooses_the_same_places(
    switch, close, tmp_path, monkeypatch, tiny_reader
):
    monkeypatch.setenv(
        SWITCH, switch
    )  # native kernels round what goes through packed matrices to 8 bits
    exported(tmp_path, tiny_reader)
    bundled = ExcerptReader(BUNDLED)
    asked = "How long is the notice?"
    texts = [
        "Notice is thirty days, in writing.",
        "The rent is 400 pounds a year, payable in June.",
    ]
    ids, places = zip(*map(bundled.tokenizer.encode_with_offsets, texts), strict=True)
    found = ForeignSpanReader(tmp_path).scores(asked, texts, places)
    for mine, other in zip(
        bundled.excerpt_logits(reader_inputs(bundled.tokenizer, asked, ids, ())), found, strict=True
    ):
        apart = mine.tokens[:2] - other  # but for what the first token says of a whole excerpt
        np.testing.assert_allclose(apart, np.broadcast_to(apart[:, :1], apart.shape), atol=close)
    own = {
        (s.passage, s.first, s.last): s.score
        for s in predict_spans(bundled, asked, texts, each=9).spans.spans
    }
    bundled.other = ForeignSpanReader(tmp_path)
    best = predict_spans(bundled, asked, texts).spans.spans[0]
    (first, _), (_, last) = places[best.passage][best.first], places[best.passage][best.last]
    assert texts[best.passage][first:last] == "thirty days" and best.said is not None
    assert (
        best.score == own[best.passage, best.first, best.last]
    )  # how sure: no surer than the bundled one is of it


@pytest.mark.parametrize("kind", KINDS)
def test_an_encoder_pools_prompts_and_normalises_as_its_modules_say(kind, tmp_path, tiny_reader):
    network = tiny_reader.write_foreign(tmp_path, kind, "Model")
    pooling = {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True}
    tiny_reader.write_modules(tmp_path, pooling, prompts={"query": "ask: "})
    save_file(
        {"linear.weight": (dense := torch.randn(8, 64))}, tmp_path / "2_Dense" / "model.safetensors"
    )
    encoder = ForeignEncoder(tmp_path)
    found = []
    for text in ("ask: when?", TEXTS[1].strip().lower()):
        x = network(**read(encoder, text)).last_hidden_state[0]
        found.append(torch.tanh(dense @ torch.cat([x[0], x.mean(0)])).numpy())
    unit = [vector / np.linalg.norm(vector) for vector in found]
    np.testing.assert_allclose(encoder.vectors(["When?"], asked=True)[0], unit[0], atol=1e-5)
    np.testing.assert_allclose(encoder.vectors([TEXTS[1]])[0], unit[1], atol=1e-5)
    tiny_reader.write_modules(tmp_path, {"pooling_mode": ["cls", "mean"]}, similarity_fn_name="dot")
    np.testing.assert_allclose(ForeignEncoder(tmp_path).vectors([TEXTS[1]])[0], found[1], atol=1e-5)
    assert model_stamp(tmp_path, "encoder") != encoder.identity
    tiny_reader.write_modules(tmp_path, {"pooling_mode": "weightedmean"})
    with pytest.raises(ModelError, match="Pooling weightedmean is not computed"):
        ForeignEncoder(tmp_path)


@pytest.mark.parametrize("labels", [["LABEL_0"], ["contradiction", "entailment", "neutral"]])
def test_a_reranker_scores_by_its_label_or_by_entailment(labels, tmp_path, tiny_reader):
    named = {
        "id2label": dict(enumerate(labels)),
        "label2id": {label: at for at, label in enumerate(labels)},
    }
    network = tiny_reader.write_foreign(tmp_path, "Bert", "ForSequenceClassification", **named)
    reranker = ForeignReranker(tmp_path)
    rows = [network(**read(reranker, QUESTION, text)).logits[0] for text in TEXTS]
    right = [float(row[0] if len(row) == 1 else torch.logit(row.softmax(0)[1])) for row in rows]
    np.testing.assert_allclose(reranker.scores(QUESTION, TEXTS), right, atol=1e-4)


def test_what_is_no_such_model_is_refused_by_name(tmp_path, tiny_reader):
    names = {"id2label": {0: "spam", 1: "ham"}, "label2id": {"spam": 0, "ham": 1}}
    tiny_reader.write_foreign(tmp_path / "a", "Bert", "ForSequenceClassification", **names)
    for kind, said in (
        (ForeignReranker, "its labels are spam, ham"),
        (ForeignSpanReader, "this is no reader"),
        (ForeignEncoder, "this is no encoder (a model of sentence-transformers has modules.json"),
    ):
        with pytest.raises(ModelError) as error:
            kind(tmp_path / "a")
        assert said in str(error.value) and str(tmp_path / "a") in str(error.value)
    folder = tmp_path / "b"
    network = tiny_reader.write_foreign(folder, "Bert", "ForQuestionAnswering")
    network.bert.save_pretrained(folder)  # a head that was never trained would be made up
    config = json.loads((folder / "config.json").read_text()) | {
        "architectures": ["BertForQuestionAnswering"]
    }
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="has no tensor qa_outputs"):
        ForeignSpanReader(folder)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match="cannot load it"):
        ForeignSpanReader(folder)
    with pytest.raises(ModelError, match="no reader has this name"):
        ForeignSpanReader(tmp_path / "nowhere")
