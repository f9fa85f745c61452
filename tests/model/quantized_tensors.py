"""Quantized tensors as other programs publish them, with the matrix that each definition gives,
number by number.
"""

import torch

AWQ_ORDER = (0, 2, 4, 6, 1, 3, 5, 7)  # the column that nibble 0, 1, .. of a word holds
GROUP = 8


def words(values, bits=4):
    """Rows of whole numbers as int32 words, the first number in the lowest bits; the last word is
    filled with zeros.
    """
    count = 32 // bits
    out = []
    for row in values:
        row = list(row) + [0] * (-len(row) % count)
        packed = [
            sum(value << bits * place for place, value in enumerate(row[at : at + count]))
            for at in range(0, len(row), count)
        ]
        out.append([word - 2**32 if word >= 2**31 else word for word in packed])
    return torch.tensor(out, dtype=torch.int32)


def numbers(rows, columns, bits, source):
    return torch.randint(0, 2**bits, (rows, columns), generator=source).tolist()


def scales(rows, columns, source):
    return (torch.rand(rows, columns, generator=source) * 0.02 + 0.01).half()


def by_definition(q, zero, scale, group):
    """(q - zero) * scale, [out, in]; q [out][in], zero and scale [out][group], `group` of each
    input.
    """
    out = torch.empty(len(q), len(q[0]))
    for o in range(len(q)):
        for i in range(len(q[0])):
            out[o, i] = (q[o][i] - zero[o][group[i]]) * scale[o][group[i]]
    return out


def named(stem, parts):
    return {f"{stem}.{name}": part for name, part in parts.items()}


def transposed(rows):
    return [list(row) for row in zip(*rows)]


def awq(stem, shape, source):
    outputs, inputs = shape
    q = numbers(outputs, inputs, 4, source)
    zero = numbers(outputs, inputs // GROUP, 4, source)
    scale = scales(outputs, inputs // GROUP, source)

    def shuffled(rows):
        return words(
            [
                [row[8 * at + AWQ_ORDER[n]] for at in range(len(row) // 8) for n in range(8)]
                for row in rows
            ]
        )

    parts = {
        "qweight": shuffled(transposed(q)),
        "qzeros": shuffled(transposed(zero)),
        "scales": scale.t().contiguous(),
    }
    right = by_definition(q, zero, scale.float().tolist(), [i // GROUP for i in range(inputs)])
    return named(stem, parts), right


def gptq(stem, shape, source, *, bits=4, offset=1, moved=False):
    outputs, inputs = shape
    count = inputs // GROUP
    q = numbers(outputs, inputs, bits, source)
    zero = numbers(outputs, count, bits - 1, source)
    zero = [[value + offset for value in row] for row in zero]
    scale = scales(outputs, count, source)
    group = torch.arange(inputs) // GROUP
    if moved:
        group = group[torch.randperm(inputs, generator=source)]
    stored = [[value - offset for value in row] for row in zero]
    parts = {
        "qweight": words(q, bits).t().contiguous(),
        "qzeros": words(transposed(stored), bits),
        "scales": scale.t().contiguous(),
        "g_idx": group.int(),
    }
    right = by_definition(q, zero, scale.float().tolist(), group.tolist())
    return named(stem, parts), right


def compressed(stem, shape, source, *, bits=4, zeros=True):
    outputs, inputs = shape
    q = numbers(outputs, inputs, bits, source)
    half = 2 ** (bits - 1)
    count = -(-inputs // GROUP)
    scale = scales(outputs, count, source)
    zero = (
        numbers(outputs, count, bits, source) if zeros else [[half] * count for _ in range(outputs)]
    )
    parts = {
        "weight_packed": words(q, bits),
        "weight_scale": scale,
        "weight_shape": torch.tensor([outputs, inputs]),
    }
    if zeros:
        parts["weight_zero_point"] = words(transposed(zero), bits).t().contiguous()
    right = by_definition(q, zero, scale.float().tolist(), [i // GROUP for i in range(inputs)])
    return named(stem, parts), right


def fp8(stem, shape, source, *, block=(128, 128), dtype=torch.float32):
    outputs, inputs = shape
    weight = torch.randn(shape, generator=source).to(torch.float8_e4m3fn)
    scale = (
        torch.rand(-(-outputs // block[0]), -(-inputs // block[1]), generator=source) * 0.1 + 0.05
    ).to(dtype)
    right = torch.empty(shape)
    for o in range(outputs):
        for i in range(inputs):
            right[o, i] = weight[o, i].float() * scale[o // block[0], i // block[1]].float()
    return {f"{stem}.weight": weight, f"{stem}.weight_scale_inv": scale}, right


def fp8_rows(stem, shape, source):
    weight = torch.randn(shape, generator=source).to(torch.float8_e4m3fn)
    scale = (torch.rand(shape[0], 1, generator=source) * 0.1 + 0.05).to(torch.bfloat16)
    return {f"{stem}.weight": weight, f"{stem}.weight_scale": scale}, weight.float() * scale.float()
