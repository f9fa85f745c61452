"""Which rows of a table the last tokens ask for: none goes beyond the end of a text, and pieces change nothing."""

import pytest
import torch

from docqa.model.architectures.ngram_embedding import ngram_rows
from docqa.model.families.ngrams import Ngrams

EOS, VOCABULARY = 9, 300
TABLE = Ngrams(layers=(0, 2), width=48, longest=4, heads=2, base=50, multiple=16, seed=1, eos=EOS, taps=3)


def rows(ids, words=None, layer=2):
    words = None if words is None else torch.tensor([words])
    return ngram_rows(torch.tensor([ids]), words, TABLE, layer, VOCABULARY)[0]


def test_every_head_reads_its_own_part_of_the_table():
    found = ngram_rows(torch.randint(0, VOCABULARY, (3, 200)), None, TABLE, 2, VOCABULARY)
    start = 0
    for head, size in enumerate(TABLE.sizes(2)):
        assert start <= found[..., head].min() and found[..., head].max() < start + size
        start += size
    assert start <= TABLE.rows(2) and TABLE.rows(2) % 16 == 0


def test_layers_hash_the_same_tokens_differently():
    assert not torch.equal(rows([1, 2, 3], layer=0), rows([1, 2, 3], layer=2))


def test_an_n_gram_sees_only_its_last_tokens():
    one, other = rows([1, 2, 3, 4, 5, 6]), rows([8, 2, 3, 4, 5, 6])
    differs = (one != other).view(6, 3, 2).any(-1)  # [token, order from 2 to 4]
    assert differs.tolist() == [
        [True, True, True], [True, True, True], [False, True, True], [False, False, True], [False] * 3, [False] * 3,
    ]  # fmt: skip


def test_nothing_before_an_end_of_text_is_seen_behind_it():
    one, other = rows([1, 2, EOS, 4, 5, 6]), rows([7, 8, EOS, 4, 5, 6])
    assert torch.equal(one[3:], other[3:]) and not torch.equal(one[2], other[2])
    assert torch.equal(one[3:], rows([4, 5, 6]))


@pytest.mark.parametrize("cuts", [(1, 2, 3, 4), (5,), (7, 8), (2, 9)])
def test_rows_do_not_depend_on_how_a_text_is_cut(cuts):
    ids = [3, EOS, 5, 6, EOS, EOS, 7, 8, 1, 2, 3, 4]
    whole, start = rows(ids), 0
    for stop in (*cuts, len(ids)):
        words = ([EOS] * 3 + ids[:start])[-3:]
        assert torch.equal(rows(ids[start:stop], words), whole[start:stop])
        start = stop
