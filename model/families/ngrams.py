"""Sizes and hash multipliers of hashed n-gram tables, as they follow from a config.json; imports no torch.

Every n-gram order from 2 on has some heads, and each head has a part of the table, as long as a prime that no other
head of the model has. A token's row in a head's part is a hash of the last n token ids modulo that prime.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import isqrt

_WORD = (1 << 64) - 1
_LARGEST = (1 << 63) - 1
_LAYER_STEP = 10_007  # between the seeds of two tables
# SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators").
_GAMMA = 0x9E3779B97F4A7C15
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


@dataclass(frozen=True)
class Ngrams:
    """The n-gram embeddings of a model; `layers`: numbers, from 0 on, of those that have a table, ascending.

    `width`: of what all heads of a layer give together; a row of the table is `row` wide. `longest`: the largest n.
    `heads`: for each n. `base`: no head has fewer rows. `multiple`: of the rows of a table. `eos`: the token that ends
    a text, which no n-gram goes beyond. `taps`: of the convolution, whose taps are `longest` tokens apart.
    """

    layers: tuple[int, ...]
    width: int
    longest: int
    heads: int
    base: int
    multiple: int
    seed: int
    eos: int
    taps: int

    @property
    def count(self) -> int:
        """Heads of all orders."""
        return (self.longest - 1) * self.heads

    @property
    def row(self) -> int:
        """Numbers in a row of a table."""
        return self.width // self.count

    @property
    def reach(self) -> int:
        """How many tokens back the convolution reads."""
        return (self.taps - 1) * self.longest

    def sizes(self, layer: int) -> tuple[int, ...]:
        """Rows of each head of a layer's table, by n and then by head."""
        first = self.layers.index(layer) * self.count
        return primes_from(self.base, len(self.layers) * self.count)[first : first + self.count]

    def rows(self, layer: int) -> int:
        """Rows of a layer's whole table; a few behind those of the last head are never read."""
        return -(-sum(self.sizes(layer)) // self.multiple) * self.multiple

    def multipliers(self, layer: int, vocabulary: int) -> tuple[int, ...]:
        """Odd numbers that the ids of a layer's n-gram are multiplied by, the last token's first.

        A product with an id below `vocabulary` fits 63 bits.
        """
        seed = self.seed + _LAYER_STEP * self.layers.index(layer)
        half = max(1, _LARGEST // max(vocabulary, 1) // 2)
        return tuple(2 * (_mixed(seed + _GAMMA * at) % half) + 1 for at in range(1, self.longest + 1))


def _mixed(value: int) -> int:
    """SplitMix64's output for a state."""
    value = (value + _GAMMA) & _WORD
    value = ((value ^ (value >> 30)) * _FIRST) & _WORD
    value = ((value ^ (value >> 27)) * _SECOND) & _WORD
    return value ^ (value >> 31)


@lru_cache(maxsize=8)
def primes_from(least: int, count: int) -> tuple[int, ...]:
    """The first `count` primes that are at least `least`, ascending."""
    found: list[int] = []
    at = least
    while len(found) < count:
        if _is_prime(at):
            found.append(at)
        at += 1
    return tuple(found)


def _is_prime(value: int) -> bool:
    if value < 4 or value % 2 == 0:
        return value in (2, 3)
    return all(value % divisor for divisor in range(3, isqrt(value) + 1, 2))
