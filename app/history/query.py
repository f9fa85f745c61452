"""Full-text search: text as SQLite indexes it, and the words of a query as phrases of FTS5.

Table `words` finds the beginning of any word, `stems` its inflections (Porter's stemmer). SQLite
itself folds case and accents. A change of what is indexed needs another SCHEMA in database.py."""

import unicodedata

from docqa.ingest.language.expressions import lazily

# Chinese, Japanese and Korean; Thai, Lao, Burmese and Khmer.
_UNSPACED = lazily(
    "[\u3005\u3040-\u312f\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003ffff"
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"
)


def text_for_index(text: str) -> str:
    """`text` with every character of the scripts that have no spaces as a word of its own."""
    return _UNSPACED.sub(r" \g<0> ", unicodedata.normalize("NFKC", text))


def phrases(query: str) -> list[str]:
    """Each word of a person's `query` as a quoted phrase of FTS5: no character is an operator."""
    words = (text_for_index(word).replace('"', " ").replace("\0", " ") for word in query.split())
    return [f'"{word}"' for word in dict.fromkeys(words) if any(map(str.isalnum, word))]
