"""A person's words as a full-text search: every word must stand in the turn, or begin a word that does.

Both sides are folded by the same function, so that nothing depends on how SQLite's tokenizer splits: case, accents
and inflections do not count, and runs of Chinese, Japanese and Korean are pairs of characters.
"""

from __future__ import annotations

import unicodedata

from docqa.app.words import plain_words, stems


def folded(text: str) -> str:
    """`text` as it is indexed: stems of its words, without accents, one space between them."""
    bare = "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")
    return " ".join(stems(plain_words(bare)))


def match_expression(query: str) -> str:
    """The FTS5 expression that `query` stands for; empty where it holds no word.

    Every word is a quoted string, in which FTS5 knows no operators: whatever a person types is only ever words.
    """
    return " AND ".join('"' + word.replace('"', '""') + '"*' for word in folded(query).split())
