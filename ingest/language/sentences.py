"""Where sentences begin and end in the text of a page. A newline is a break unless the line before
plainly runs on; a full stop ends a sentence but in a legal or academic abbreviation, an initial, a
number or a citation."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from docqa.ingest.types import Span, lines_of

from .places import ATTACHMENTS, ELSEWHERE
from .words import alternatives, word_set

# Abbreviations after which a sentence almost never ends, folded to lower case, without their last
# full stop.
_TITLES_AND_PARTS = (
    "mr mrs ms dr prof hon rev gen sen rep gov st mt messrs jr sr v vs cf e.g i.e viz chs paras pts vols ed eds ref "
    "refs appx ex exh approx ca dept dist div est ass'n comm'n ct cir supp stat reg regs u.s.c c.f.r f f.2d f.3d f.4th "
    "s.ct l.ed fed civ crim evid tr am ass inv'rs ins bd indus mfg sys techs servs educ hosp univ int'l nat'l jan feb "
    "mar apr jun jul aug sept sep oct nov dec thm lem prop def cor subsec subd tit"
)
# These may end a sentence: they do when the next word begins like a new one and is not a number.
_FIRMS_AND_HOURS = (
    "etc inc ltd co corp llc l.l.c l.p p.c id ibid n.a a.m p.m u.s u.k d.c et al ph.d m.d b.c a.d"
)
_BEFORE_NUMBERS = "no nos art arts sec secs ch cl para pt vol fig figs eq eqs tab p pp app sched §"
# States as citations shorten them; only with a capital, since "ill." and "wash." are words too.
_STATES = (
    "ala ariz ark cal colo conn del fla ga ill ind kan ky la md mass mich minn miss mo mont neb nev okla ore pa tenn "
    "tex va vt wash wis wyo"
)
_CITING_WORDS = "pg see op sect"
_NEVER_ENDS, _MAY_END, _NUMBERED, _CAPITALISED, _CITING = (
    frozenset(words.split())
    for words in (_TITLES_AND_PARTS, _FIRMS_AND_HOURS, _BEFORE_NUMBERS, _STATES, _CITING_WORDS)
)
_PROVISION_WORDS = word_set(
    r"§+ sections? sec\. article art\. rule part chapter title clause schedule appendix exhibit"
)
_CLAUSE_NUMBER = re.compile(
    rf"(?:(?:{alternatives(_PROVISION_WORDS)})\s*)?"
    r"\(?(?:\d{1,3}(?:\.\d+)*[a-z]?|[ivxlc]{1,6})$",
    re.IGNORECASE,
)
_ELLIPSIS = re.compile(r"\.\s*$")

_STOP = re.compile(r"(?<![.!?…。！？؟۔])[.!?…。！？؟۔]++[\"'”’)\]»]*+(?=\s|$)|[。！？]+[”’」』）]*")
_TAIL_WORD = re.compile(r"[^\s(\[“\"‘]{1,24}$")
_OPENING_WORDS, _ELSEWHERE = (
    "|".join(form for word in words for form in dict.fromkeys((word.capitalize(), word.upper())))
    for words in ((*ATTACHMENTS, "part", "title", "chapter", "article", "section"), ELSEWHERE)
)
_OPENER = re.compile(
    rf"\s*(?:(?:{_ELSEWHERE})\s+[(]?\d|[\u0621-\u064a]\u0640?\s?[-–]\s|(?:\d{{1,3}}\s?[-–]\s?|\.\d{{1,3}}\s)[\u0621-\u064a]|"
    r"[•▪◦●■‣*]\s|[–-]\s+[A-Z]|\(?(?:\d{1,3}(?:\.\d{1,3}){0,5}|[A-Za-z]|[ivxlcIVXLC]{1,6})[.)]\s|\([A-Za-z0-9]{1,4}\)|§|"
    r"\d{1,3}(?:\.\d{1,3}){1,5}\s+[A-Z]|"
    rf"(?:{_OPENING_WORDS}|Sec\.)\s+[\dA-Z])"
)
_NEVER_LAST = word_set(
    "the a an of and or to in on at by for with from as that which is are was were be been any such its their this "
    "these not shall may under into than no each all"
)
_RUNS_ON = re.compile(rf"(?:[,(\[–—&/-]|\b(?:{alternatives(_NEVER_LAST)}))$")
_INLINE_ITEM = re.compile(r"(?<=[;:])(?:\s+(?:and|or|and/or))?\s+(?=\([A-Za-z0-9]{1,4}\)\s)")
_LONG_WORDS = 60
_CELLS = " | "
_MAX_ROW_WORDS = 120


def sentences(text: str) -> list[Span]:
    """The sentences of `text`, in order, with only white space between them. One of more than 60
    words is cut before inline items "(a)", "(b)" ..., so that a quote can be a clause. A table's
    row is one sentence, unless very long."""
    spans: list[Span] = []
    for start, end in _ranges_of_continuous_lines(text):
        line = text[start:end]
        is_row = _CELLS in line and line.count(" ") < _MAX_ROW_WORDS and line == line.strip()
        for piece in [Span(start, end)] if is_row else _sentences_of_line(text, start, end):
            spans.extend(_split_at_list_items(text, piece))
    return spans


def sentence_texts(text: str) -> list[str]:
    """The sentences of `text`, or `text` where it has none."""
    return [span.of(text) for span in sentences(text)] or [text]


def is_ending_abbreviated(text: str) -> bool:
    """Whether `text` ends with an abbreviation or an initial, whose stop may end no sentence."""
    word = _TAIL_WORD.search(text.rstrip(), max(len(text) - 24, 0))
    bare = word.group().lower().strip("§.") if word and text.rstrip().endswith(".") else ""
    return bare in _NEVER_ENDS | _MAY_END | _NUMBERED | _CITING or (
        len(bare) == 1 and bare.isalpha()
    )


def is_opener(text: str) -> bool:
    """Whether `text` begins like a numbered clause, a list item or a division ("(a) ", "12. ",
    "Article 4").
    """
    return _OPENER.match(text) is not None


def _ranges_of_continuous_lines(text: str) -> list[tuple[int, int]]:
    """Runs of lines that read as one, as ranges of `text`."""
    runs: list[tuple[int, int]] = []
    for at in lines_of(text):
        line = at.of(text)
        if not line.strip():
            runs.append((at.end, at.end))
        elif (
            runs
            and runs[-1][1] > runs[-1][0]
            and is_sentence_continued(text[runs[-1][0] : runs[-1][1]], line)
        ):
            runs[-1] = (runs[-1][0], at.end)
        else:
            runs.append((at.start, at.end))
    return [run for run in runs if run[1] > run[0]]


def is_sentence_continued(before: str, line: str) -> bool:
    """Whether `line` goes on with the sentence at the end of `before`, by the words at the
    break.
    """
    tail = before[-40:].rstrip()
    if _CELLS in line or _CELLS in before:
        return False
    if not tail or tail[-1] in ".!?;:" or is_opener(line):
        return False
    first = line.lstrip()[:1]
    return first.islower() or first == "—" or _RUNS_ON.search(tail) is not None


def _sentences_of_line(text: str, start: int, end: int) -> Iterator[Span]:
    cuts = [start]
    for match in _STOP.finditer(text, start, end):
        if match.end() == end or _is_sentence_end(text, cuts[-1], match.start(), match.end()):
            cuts.append(match.end())
    return _spans_between_cuts(text, [*cuts, end])


def _is_sentence_end(
    text: str, sentence_start: int, punctuation_start: int, punctuation_end: int
) -> bool:
    """Whether the punctuation at `stop:after` closes the sentence begun at `sentence_start`."""
    if text[punctuation_start] in "。！？":
        return True
    following = text[punctuation_end : punctuation_end + 24].lstrip()
    if not following:
        return True
    if text[punctuation_start] != ".":
        return not following[0].islower()
    word_match = _TAIL_WORD.search(
        text, max(sentence_start, punctuation_start - 24), punctuation_start
    )
    word = word_match.group() if word_match else ""
    first = following.lstrip("\"'“‘([")[:1]
    if following[0] == "." or _ELLIPSIS.search(
        text, max(sentence_start, punctuation_start - 3), punctuation_start
    ):
        return False
    if following[0].islower() or (first and first in ",;:"):
        return False
    if punctuation_end > punctuation_start + 1 and text[punctuation_end - 1] in '"”’':
        return not first.islower()
    return _can_word_end_sentence(word, first, text[sentence_start:punctuation_start])


def _can_word_end_sentence(word: str, first: str, before: str) -> bool:
    folded = word.lower().strip("§ ")
    if not word:
        return "§" not in before[-2:]
    if folded in _MAY_END:
        return first.isupper() and folded not in {"u.s", "u.k", "et", "al"}
    if folded in _NUMBERED:
        # "No. 12" runs on; "the answer is no. The court" ends.
        return (
            not (first.isdigit() or first in "§IVX")
            and word.islower()
            and folded in {"no", "art", "app", "p"}
        )
    if folded in _NEVER_ENDS or (word[0].isupper() and folded in _CAPITALISED):
        return False
    letters = word.split(".")  # an initial, or several: "J", "e.g"
    if (len(letters) > 1 or word.isupper()) and all(
        len(part) == 1 and part.isalpha() for part in letters
    ):
        return False
    # The number of a clause or section that opens the line ("12. The tenant ...", "§ 204.
    # Anchoring").
    return not (word[-1].isalnum() and _CLAUSE_NUMBER.match(before.strip()))


def _split_at_list_items(text: str, span: Span) -> Iterable[Span]:
    if text.count(" ", span.start, span.end) < _LONG_WORDS:
        return [span]
    # The "and" of "; and (c)" stays with the clause before it.
    cuts = [match.end() for match in _INLINE_ITEM.finditer(text, span.start, span.end)]
    return _spans_between_cuts(text, [span.start, *cuts, span.end])


def _spans_between_cuts(text: str, cuts: Sequence[int]) -> Iterator[Span]:
    """Stripped."""
    for start, end in pairwise(cuts):
        piece = text[start:end].lstrip()
        if piece:
            begin = end - len(piece)
            yield Span(begin, begin + len(piece.rstrip()))
