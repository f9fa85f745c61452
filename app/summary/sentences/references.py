"""Entries of a bibliography, which stand among the prose where its heading was not recognised."""

from __future__ import annotations

import re

_INITIALS = r"(?:[A-Z]\.?[ -]?){1,3}"
_AUTHOR = rf"(?:[A-Z][\w’'-]+,? {_INITIALS}|(?:[A-Z]\. ?){{1,3}}[A-Z][\w’'-]+)"
_YEAR = r"(?:19|20)\d\d[a-z]?"
_NUMBER = r"\W*(?:\[?\d{1,3}[\].)]*\s+)?"
_JOINED = r"(?:,? (?:and|&)|[,;])"
_ENTRY = re.compile(
    rf"^{_NUMBER}{_AUTHOR}(?:{_JOINED} {_AUTHOR})*(?:,? et al\.?)?[.,]? (?:[\[(]{_YEAR}[\])][.,:]|{_YEAR}[.:])"
    rf"|^{_NUMBER}(?:{_AUTHOR}{_JOINED} ){{2,}}(?:and )?{_AUTHOR}[.,:]? +[\[“\"(]?[A-Z]"
    rf"|^\W*\[\d{{1,3}}\] {_AUTHOR}"
    rf"|^(?:[A-Z][\w’'-]+ [A-Z][\w’'-]+, ){{2,}}(?:and )?[A-Z][\w’'-]+ [A-Z][\w’'-]+[.,] {_YEAR}\."
)
_PUBLISHED = re.compile(
    rf"\b{_YEAR}\s?[;:,]\s?\d+\s?(?:\(\d[^()]*+\))?\s?:\s?\w?\d+"
    r"|\b[Vv]ol(?:ume)?\.? ?\d+,? (?:no|nos|issue|pp?)\.? ?\d|\barXiv(?: preprint)?:?\s?\d|\barXiv preprint\b"
    rf"|\b(?:University|Academic|Clarendon|MIT|Sage|Elsevier|Springer|Wiley)(?: Press)?,? {_YEAR}\.?$|\((?:E|e)ds?\.\)"
    rf"|\b\d+\(\d+(?:[–-]\d+)?\)\s?[:,]\s?\d+[–-]\d+|\b(?:Trans|Proc|Conf|Lett|Rev|Phys|Int)\. .{{0,60}}\b{_YEAR}\b"
)


def reads_as_reference(text: str) -> bool:
    """Whether `text`, on one line, is an entry of a bibliography, or a part of one."""
    return _ENTRY.search(text) is not None or _PUBLISHED.search(text) is not None
