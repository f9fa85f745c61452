"""Bytes to characters where no encoding is named."""

from contextlib import suppress

from .errors import NotADocument
from .formats import titles

_WESTERN_MARKS = "‘’“”‚„–—…•«»°§¶©®™€£¥±×÷²³µ·¡¿ª\u00ba\u00a0\u00ad†‡‰"
_BOMS = (b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")


def decode(data: bytes) -> tuple[str, tuple[str, ...]]:
    """The characters of `data` (UTF-8, by byte order mark or a guess) and warnings. Raises
    NotADocument.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data.decode(encoding, "replace"), ()
    if b"\0" in data[:65536]:
        raise NotADocument("the file is binary, not text", hint=titles())
    with suppress(UnicodeDecodeError):
        return data.decode("utf-8"), ()
    if _is_western_text(data):
        return data.decode("cp1252"), ("not UTF-8: read as cp1252",)
    from charset_normalizer import from_bytes

    best = from_bytes(data[: 2**20]).best()
    if best is None:
        raise NotADocument(
            "the encoding of the text is unknown", hint="Save it as UTF-8 and try again"
        )
    return data.decode(best.encoding, "replace"), (f"not UTF-8: read as {best.encoding}",)


def _is_western_text(data: bytes) -> bool:
    """Whether it is Windows-1252, which statistics guess worse."""
    try:
        beyond = [char for char in data[: 2**20].decode("cp1252") if ord(char) > 127]
    except UnicodeDecodeError:
        return False
    ordinary = sum(char.isalpha() or char in _WESTERN_MARKS for char in beyond)
    return len(beyond) < 0.15 * len(data[: 2**20]) and ordinary >= 0.95 * len(beyond)
