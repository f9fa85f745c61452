"""Write a trained reader as it ships, the rounding of its matrices made up for.

python -m docqa.model.training.reader.ship --run FOLDER --data FOLDER --out FOLDER [--questions N]

`--run` is the `--out` of train.py: its averaged weights are rounded, the layers that it trained one
after the other. Each column of a matrix that is rounded moves those after it so that the products
with what questions and excerpts bring to this matrix change least (GPTQ, Frantar et al. 2023, arXiv
2210.17323, algorithm 1). Layers that were not trained are on their grid already and stay as they
are.
"""

import argparse
import random
from pathlib import Path
from typing import cast

import torch
from safetensors import safe_open
from torch import Tensor
from torch.nn import functional

from docqa.kernels.matmul import GROUP
from docqa.model.checkpoints.formats.grouped import fit_scale_and_zero, quantize_values
from docqa.model.training.data.excerpts import ExcerptQuestions
from docqa.model.training.data.sets import add_data_options, parse_with_sets

from .cross_encoder import TrainableCrossEncoder, lay_out
from .encoder import EncoderLayer
from .reader_files import MATRIX_BITS, load_dense, save_reader

AVERAGE = "average."
DAMPING = 0.01  # of the mean square of an input, added to each


def compensated(weight: Tensor, inputs: Tensor) -> Tensor:
    """The values of weight [rows, columns] on a grid of MATRIX_BITS, chosen for `inputs` [tokens,
    columns].
    """
    left = weight.float().clone()
    rounded = torch.empty_like(weight, dtype=torch.float32)
    products = inputs.T @ inputs
    products += DAMPING * products.diagonal().mean() * torch.eye(len(products))
    factor = torch.linalg.cholesky(
        torch.cholesky_inverse(torch.linalg.cholesky(products)), upper=True
    )
    for start in range(0, weight.shape[1], GROUP):
        end = start + GROUP
        (scale,), (zero,) = (
            part.T for part in fit_scale_and_zero(left[:, None, start:end], MATRIX_BITS)
        )
        errors = torch.empty(len(weight), GROUP)
        for column in range(start, end):
            value = (quantize_values(left[:, column], scale, zero, MATRIX_BITS) - zero) * scale
            error = (left[:, column] - value) / factor[column, column]
            left[:, column:end] -= error[:, None] * factor[column, column:end]
            rounded[:, column], errors[:, column - start] = value, error
        left[:, end:] -= errors @ factor[start:end, end:]
    return rounded


def round_layer(layer: EncoderLayer, x: Tensor, bias: Tensor, mask: Tensor) -> Tensor:
    """Round the matrices of a layer for its input x [batch, seq, hidden]; returns its output with
    them.
    """
    for part in (layer.query, layer.key, layer.value):
        part.weight.data = compensated(part.weight.data, x[mask])
    seen = layer._seen(x, bias)
    layer.attended.weight.data = compensated(layer.attended.weight.data, seen[mask])
    x = layer.attended_norm(x + layer.attended(seen))
    layer.inner.weight.data = compensated(layer.inner.weight.data, x[mask])
    inner = functional.gelu(layer.inner(x))
    layer.outer.weight.data = compensated(layer.outer.weight.data, inner[mask])
    return layer.outer_norm(x + layer.outer(inner))


@torch.no_grad()
def round_reader(
    reader: TrainableCrossEncoder, trained: set[str], pairs: list[tuple[list[int], list[int]]]
) -> None:
    """Round the layers that have `trained` parameters, for pairs of question and excerpt."""
    batch = lay_out(pairs, reader.tokenizer.between)
    encoder = reader.encoder
    bias = encoder.bias(batch.mask)
    x = encoder.norm(encoder.words(batch.ids) + encoder.places(torch.arange(batch.ids.shape[1])))
    for number, layer in enumerate(encoder.layers):
        moved = any(name.startswith(f"encoder.layers.{number}.") for name in trained)
        x = round_layer(cast(EncoderLayer, layer), x, bias, batch.mask) if moved else layer(x, bias)
        print(f"layer {number}: {'rounded' if moved else 'as it was'}", flush=True)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Write a trained reader as it ships.")
    parser.add_argument("--run", type=Path, required=True, help="the folder that was trained in")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=150, help="that are read for the rounding")
    add_data_options(parser)
    options = parse_with_sets(parser, arguments)
    reader = load_dense(options.run)
    with safe_open(options.run / "reader_training.safetensors", "pt") as file:
        names = [name for name in file.keys() if name.startswith(AVERAGE)]  # noqa: SIM118 - not a dict
        averaged = {name.removeprefix(AVERAGE): file.get_tensor(name) for name in names}
    reader.load_state_dict(averaged, strict=False)
    questions = ExcerptQuestions(options.sets, reader.tokenizer, 0)
    rng = random.Random(0)
    drawn = [questions.draw(rng) for _ in range(options.questions)]
    round_reader(
        reader,
        set(averaged),
        [pair for one in drawn for pair in zip(one.asked, one.excerpts, strict=True)],
    )
    save_reader(reader, options.out)


if __name__ == "__main__":
    main()
