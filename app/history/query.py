"""A person's words as a full-text search: every word must stand in the turn, or begin a word that
does. Both sides are folded here (case, accents, inflections); scripts without spaces are indexed by
the character. A change of what is indexed wants another SCHEMA in database.py."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from docqa.app.evidence.terms import stems
from docqa.ingest.language.expressions import lazily

# Chinese, Japanese and Korean; Thai, Lao, Burmese and Khmer.
_UNSPACED = (
    "\u3005\u3040-\u312f\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003ffff"
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
)
_PIECE = lazily(
    rf"[{_UNSPACED}]+|\d+(?:[.,]\d+)*|[^\W\d_{_UNSPACED}]+(?:['’][^\W\d_{_UNSPACED}]+)*|[^\W_]"
)
_PART = re.compile(r"[^\W_]+")
_POSSESSIVE = re.compile(r"['’]s$")
_ZERO_WIDTH_SPACE = "\u200b"


def folded(text: str) -> str:
    """`text` as it is indexed: its words and their stems without accents, with single spaces."""
    return " ".join(
        word for parts, stem, _ in _pieces(text) for word in (*parts, *filter(None, (stem,)))
    )


def match_expression(query: str) -> str:
    """The FTS5 expression of `query`: each word a quoted string, without operators; "" without a
    word.
    """
    found = ((f'"{" ".join(parts)}"', stem, begins) for parts, stem, begins in _pieces(query))
    said = (
        f'({phrase}{begins} OR "{stem}")' if stem else phrase + begins
        for phrase, stem, begins in found
    )
    return " AND ".join(dict.fromkeys(said))


def _pieces(text: str) -> Iterator[tuple[Sequence[str], str, str]]:
    """(words behind one another in the index, of scripts without spaces characters; their stem,
    where it differs; the mark that a search may end within the last)."""
    for match in _PIECE.finditer(_bare(text)):
        word = _POSSESSIVE.sub("", match.group())
        if not word[0].isascii() and re.match(f"[{_UNSPACED}]", word):
            yield word, "", ""
            continue
        parts = _PART.findall(word)
        (stem,) = stems(["".join(parts)])
        yield parts, stem if [stem] != parts else "", "*"


def _bare(text: str) -> str:
    """`text` without case, accents and what has no width; letters written in several ways in
    one.
    """
    plain = unicodedata.normalize("NFKD", text.replace(_ZERO_WIDTH_SPACE, " "))
    plain = unicodedata.normalize("NFKD", plain.casefold())
    kept = (
        c for c in plain if unicodedata.category(c)[0] != "M" and unicodedata.category(c) != "Cf"
    )
    return unicodedata.normalize("NFC", "".join(kept))
