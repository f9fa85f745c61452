"""Keys and values that single tokens are added to: forks stay apart, and whole blocks are as if
read at once.
"""

import torch

from docqa.model.state.kv_cache import AttentionMemory
from docqa.model.state.long_attention import LongAttention


def add(memory, *numbers):
    """A token for each number, whose keys and values all are that number."""
    with torch.inference_mode():
        for number in numbers:
            k = torch.full((1, 1, 1, 4), float(number))
            memory.attend(k, k, k)


def keys(memory):
    return memory.context().unpacked_range(0, memory.length, torch.float32)[0][:, 0, 0].tolist()


def test_single_tokens_of_two_forks_do_not_meet():
    memory = AttentionMemory(256, LongAttention())
    add(memory, 1, 2)
    twin = memory.fork()
    add(twin, 7, 8)
    add(memory, 3)
    third = memory.fork()
    add(memory, 4, 5)
    add(third, 9)
    assert (keys(memory), keys(twin), keys(third)) == ([1, 2, 3, 4, 5], [1, 2, 7, 8], [1, 2, 3, 9])


def test_biased_keys_keep_their_other_columns_in_whole_blocks():
    """A column of hundreds beside others of one: 8 bits with one scale would round those to
    nothing.
    """
    k = torch.tensor([300.0, 1.0, -0.5, 0.25]).expand(1, 4, 1, 4)
    kept = {}
    for half_keys in (False, True):
        memory = AttentionMemory(4, LongAttention(), half_keys=half_keys)
        with torch.inference_mode():
            memory.attend(k, k, k)
        kept[half_keys] = (
            memory.context().unpacked_range(0, memory.length, torch.float32)[0][0, 0].tolist()
        )
    assert kept[True] == [300.0, 1.0, -0.5, 0.25] and kept[False][2:] == [0.0, 0.0]


def test_several_tokens_between_single_ones_are_kept():
    memory = AttentionMemory(256, LongAttention())
    add(memory, 1, 2)
    with torch.inference_mode():
        k = torch.tensor([3.0, 4.0]).view(1, 2, 1, 1).expand(1, 2, 1, 4)
        memory.attend(k, k, k)
    add(memory, 5, 6)
    assert keys(memory) == [1, 2, 3, 4, 5, 6]


def test_single_tokens_fill_a_block_like_many():
    memory = AttentionMemory(4, LongAttention())
    add(memory, *range(1, 7))
    assert len(memory.quantized) == 1 and keys(memory)[4:] == [5, 6]
