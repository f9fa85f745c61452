"""Words with boxes from a PDF page by pdfium, in the worker only: pdfium inflates without limit.

pdfium is not thread-safe: one thread a process, and every page and text page is closed, in order.
"""

import ctypes
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from itertools import pairwise
from statistics import median, median_high
from typing import Any, NamedTuple

from docqa.ingest.limits import MAX_PAGE_CHARS

from . import stand_in
from .encodings import IN_WINDOWS, bare_font_name, decode_as_windows_1252
from .measures import (
    APART,
    FEWEST_APART,
    HIGH,
    HIGH_SIGN,
    MIN_TILT,
    NARROW,
    NARROWER,
    SPACE,
    SPACED,
    SPREAD,
    TINY,
    TINY_SHARE,
    WIDER,
)
from .visibility.hidden import (
    INVISIBLE,
    OUTSIDE,
    SAME_COLOUR,
    TOO_SMALL,
    UNLIKE,
    CharacterRange,
    HiddenTextDetector,
    words_with_wrong_actual_text,
)
from .visibility.objects import PDFIUM, Box, PageObjects, box_around
from .visibility.raster import user_to_display_transform

# U+FFFE is how pdfium marks a hyphen that it took for one of a line end.
_WORD = re.compile("[^\\s\ufffe]+\ufffe?")
_MARKS = frozenset(
    "\u2020\u2021\u2022\u00b7"
)  # daggers, bullets and dots, also from fonts of mathematics
_UNSPACED = "\u2e80"  # CJK
_FONT_NAME_BYTES = 128


class Word(NamedTuple):
    """A word in display coordinates, in points from the top left corner. `newline`: pdfium began a
    line with it. `bold`: of words that begin lines; `strong`: bold, as all before it on its line.
    `tilted`: at an angle, like a watermark."""

    text: str
    x0: float
    top: float
    x1: float
    bottom: float
    newline: bool
    bold: bool
    tilted: bool = False
    strong: bool = False

    @property
    def box(self) -> Box:
        """Left, top, right and bottom."""
        return self[1:5]

    @property
    def height(self) -> float:
        """In points."""
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """The x halfway between its ends."""
        return (self.x0 + self.x1) / 2

    @property
    def level(self) -> float:
        """The y halfway between its top and its bottom."""
        return (self.top + self.bottom) / 2

    def moved_to(self, box: Box) -> "Word":
        """The same word in another place."""
        return Word(self.text, *box, *self[5:])

    def joined_with(self, rest: "Word") -> "Word":
        """Two pieces as one word, printed like the first."""
        return Word(self.text + rest.text, *box_around(self.box, rest.box), *self[5:])


class HiddenWords(NamedTuple):
    """Words in a row that cannot be seen, why, and a box for each line, like those of Word."""

    text: str
    reason: str
    boxes: tuple[Box, ...] = ()


class PageWords(NamedTuple):
    """What pdfium saw on a page: words in drawing order, number of characters, size in points.
    `hidden` is not in `words`; beyond the limit of characters there are none. `ocr`: recognised
    from the page's image. `rules`: thin boxes, drawn lines."""

    words: list[Word]
    chars: int
    width: float
    height: float
    hidden: list[HiddenWords]
    ocr: bool
    rules: tuple[Box, ...] = ()


class PdfiumFile:
    """An open PDF, a context manager. `layered`: it has layers, which may be switched off."""

    def __init__(self, data: bytes, password: str | None, *, layered: bool = False) -> None:
        import pypdfium2

        self._layered = layered
        stand_in.install_stand_in_font()
        self._file = pypdfium2.PdfDocument(data, password=password)
        if self._file.get_formtype() == 1:
            # so that fields are drawn with their page; those of XFA cannot be
            self._file.init_forms()

    def __enter__(self) -> "PdfiumFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._file)

    def page(self, index: int) -> closing[Any]:
        """pdfium's page `index` (from 0), open in this block. Raises pypdfium2.PdfiumError."""
        return closing(self._file[index])

    def page_words(self, index: int, unencoded: frozenset[str] = frozenset()) -> PageWords:
        """The words of page `index` (from 0), where the fonts `unencoded` do not say which
        characters they have. Raises pypdfium2.PdfiumError."""
        with self.page(index) as page:
            objects = PageObjects(page, layered=self._layered)
            if not (spoken := objects.actual_text_by_object()):
                return self._words_on_open_page(page, objects, [], unencoded)
            false = words_with_wrong_actual_text(page, objects, spoken)
        with self.page(index) as page:
            objects = PageObjects(page, layered=self._layered)
            objects.remove_actual_text(item for at, item in enumerate(objects.order) if at in false)
            unlike = [HiddenWords(words, UNLIKE) for words in dict.fromkeys(false.values())]
            return self._words_on_open_page(page, objects, unlike, unencoded)

    def _words_on_open_page(
        self, page: Any, objects: PageObjects, hidden: list[HiddenWords], unencoded: frozenset[str]
    ) -> PageWords:
        with closing(page.get_textpage()) as text_page:
            found = _read_words(page, text_page, objects, unencoded)
        return found._replace(hidden=[*found.hidden, *hidden])


def _read_words(
    page: Any, text_page: Any, objects: PageObjects, unencoded: frozenset[str]
) -> PageWords:
    count = text_page.count_chars()
    width, height = page.get_size()
    if not 0 < count <= MAX_PAGE_CHARS:
        return PageWords([], max(count, 0), width, height, [], False)
    detector = HiddenTextDetector(page, text_page, objects)
    text = _page_text(text_page.raw, count)
    font_of = partial(_font_name, text_page.raw)
    if unencoded:
        own = [
            at
            for at, letter in enumerate(text)
            if letter in IN_WINDOWS and bare_font_name(font_of(at)) in unencoded
        ]
        text = decode_as_windows_1252(text, own)
    words, places, boxes = _words_with_places_and_boxes(page, text, detector, font_of)
    _join_spaced_letters(partial(PDFIUM.FPDFText_IsGenerated, text_page.raw), words, places, boxes)
    _set_tilted_flags(text_page, words, places)
    _align_lone_signs(words)
    unseen, ocr = detector.detect(places, boxes)
    place = user_to_display_transform(page)
    rules = tuple(place(*box) for box in detector.objects.rules)
    seen: list[Word] = []
    hidden: list[HiddenWords] = []
    last_seen = last_hidden = -2
    newline = False
    repeated = _repeated_word_numbers(words, unseen)
    tiny = min(TINY, TINY_SHARE * width)
    for number, word in enumerate(words):
        reason = _reason_word_is_unseen(word, width, height, tiny) or unseen.get(number)
        if reason in (INVISIBLE, SAME_COLOUR) and not any(map(str.isalnum, word.text)):
            # Leaders in the paper's colour keep a line together.
            word = word._replace(text="")
            reason = None
        if number in repeated:
            newline = newline or word.newline
            continue
        if reason is None:
            first = places[number][0]
            if (
                last_seen == number - 1
                and first == places[last_seen][1] + 1
                and not word.newline
                and word.text
                and word.x0 - words[last_seen].x1 < SPACE * word.height
            ):
                seen[-1] = seen[-1].joined_with(word)
            else:
                # The line goes on after a hidden word that began it.
                seen.append(word._replace(newline=True) if newline and not word.newline else word)
            last_seen = number
            newline = False
            continue
        newline = newline or word.newline
        if last_hidden == number - 1:
            hidden[-1] = _extend_hidden_text(hidden[-1], word)
        else:
            hidden.append(HiddenWords(word.text, reason, (word.box,)))
        last_hidden = number
    return PageWords(seen, count, width, height, hidden, ocr, rules)


def _repeated_word_numbers(words: list[Word], hidden: Mapping[int, str]) -> set[int]:
    """The words that repeat one that is seen in its place: drawn twice to look bold, or in each
    tile of the page.
    """
    if len({(word.text, int(word.x0), int(word.top)) for word in words}) == len(words):
        return set()
    seen: set[tuple[str, int, int]] = set()
    repeated: set[int] = set()
    for number, word in sorted(enumerate(words), key=lambda item: item[0] in hidden):
        places = {
            (word.text, int(word.x0 + x), int(word.top + y)) for x in (0, 0.5) for y in (0, 0.5)
        }
        if not seen.isdisjoint(places):
            repeated.add(number)
        elif number not in hidden:
            seen |= places
    return repeated


def _extend_hidden_text(hidden: HiddenWords, word: Word) -> HiddenWords:
    *rest, last = hidden.boxes
    boxes = (*hidden.boxes, word.box) if word.newline else (*rest, box_around(last, word.box))
    return HiddenWords(f"{hidden.text} {word.text}", hidden.reason, boxes)


def _words_with_places_and_boxes(
    page: Any, text: str, detector: HiddenTextDetector, font_of: Callable[[int], str]
) -> tuple[list[Word], list[CharacterRange], list[Box]]:
    """The words, hidden ones too, their first and last characters, and their boxes in user
    space.
    """
    place = user_to_display_transform(page)
    words: list[Word] = []
    places: list[CharacterRange] = []
    boxes: list[Box] = []
    box_of = detector.box_of
    doubts = detector.doubts
    previous_end = 0
    for match in _WORD.finditer(text):
        start = match.start()
        newline = (
            start == 0 or text.find("\n", previous_end, start) >= 0 or text[start - 1] == "\ufffe"
        )
        previous_end = match.end()
        broken = previous_end - start > 1 and text[previous_end - 1] == "\ufffe"
        whole = (start, previous_end - 1 - broken)
        pieces = detector.pieces(*whole) if doubts else [whole]
        for at, (first, last) in enumerate(pieces):
            box = box_of(first)
            if not box:
                continue
            left, top, right, bottom = box
            newline = newline or (
                at > 0 and max(bottom - boxes[-1][3], boxes[-1][1] - top) > top - bottom
            )
            if last > first and (cut := _first_character_after_gap(text, box_of, first, last)):
                pieces[at : at + 1] = [(first, cut - 1), (cut, last)]
                last = cut - 1
            box = box_of(last) if last > first else None
            if box:
                left = min(left, box[0])
                right = max(right, box[2])
                if box[1] != top or box[3] != bottom:
                    top, bottom = _top_and_bottom(
                        text, (first, top, bottom), (last, box[1], box[3])
                    )
            bold = newline and _is_bold(font_of(first))
            end = previous_end if (first, last) == pieces[-1] else last + 1
            shown = text[first:end]
            if not shown.isascii():
                # A pair of surrogates is two characters; a glyph may say one letter twice.
                shown = "".join(
                    half
                    for at, half in enumerate(shown, first)
                    if at < 2
                    or text[at - 2] != half
                    or half < "\ud800"
                    or box_of(at - 2) != box_of(at)
                )
                shown = (
                    shown.replace("\ufffe", "-")
                    .encode("utf-16-le", "surrogatepass")
                    .decode("utf-16-le", "replace")
                )
            strong = bold or (
                not newline and bool(words) and words[-1].strong and _is_bold(font_of(first))
            )
            words.append(
                Word(shown, *place(left, bottom, right, top), newline, bold, False, strong)
            )
            places.append((first, last))
            boxes.append((left, bottom, right, top))
            newline = False
    return words, places, boxes


def _first_character_after_gap(
    text: str, box_of: Callable[[int], Box | None], first: int, last: int
) -> int:
    """The first character far from the one before, as hyphens in two cells, or after a missed
    space; 0 for none.
    """
    boxes = list(filter(None, map(box_of, range(first, last + 1))))
    gaps = [max(b[0] - a[2], b[3] - a[1], a[3] - b[1]) for a, b in pairwise(boxes)]
    size = max(max(b[2] - b[0], b[1] - b[3]) for b in boxes[:2])
    if len(gaps) < last - first or max(gaps) < SPACE * size:
        return 0
    space = max(SPACE * size, SPACED * median(gaps)) if len(gaps) > 2 else math.inf
    for at, gap in enumerate(gaps, first + 1):
        spaced = (
            gap > space
            and text[at].isalnum()
            and (text[at - 1].isalnum() or text[at - 1] in ".,;:)")
        )
        if gap > SPREAD * size or (spaced and text[at] < _UNSPACED):
            return at
    return 0


def _join_spaced_letters(
    inserted_spaces: Callable[[int], int],
    words: list[Word],
    places: list[CharacterRange],
    boxes: list[Box],
) -> None:
    """Joins "F e e s" or "Fee s" where pdfium made the spaces up: words of a letter or two, equally
    far apart, or a letter after a space far narrower than others."""
    starts = [at for at, word in enumerate(words) if word.newline or not at]
    for first, end in reversed(list(pairwise([*starts, len(words)]))):
        line = words[first:end]
        height = line[0].height
        gaps = [after.x0 - word.x1 for word, after in pairwise(line)]
        spaced = [
            a[1] + 1 < b[0] and all(map(inserted_spaces, range(a[1] + 1, b[0])))
            for a, b in pairwise(places[first:end])
        ]
        real = [gap for gap, made in zip(gaps, spaced) if not made]
        usual = median(gaps) if len(gaps) >= FEWEST_APART else 0.0
        apart = 0 < usual < APART * height and max(gaps) > WIDER * usual
        letters = [len(word.text) for word in line if word.text[0].isalnum()]
        apart = (
            apart and sum(letters) <= 2 * len(letters) and any(word.text.isalpha() for word in line)
        )
        if not apart:
            usual = min(NARROWER * min(real), NARROW * height) / WIDER if real else 0.0
        for at in range(end - 1, first, -1):
            (one, _), (_, other) = places[at - 1], places[at]
            before, word = words[at - 1 : at + 1]
            both = before.text[-1] + word.text[0]
            near = (
                -usual < gaps[at - first - 1] < WIDER * usual
                and both.isalnum()
                and max(both) < _UNSPACED
            )
            if near and spaced[at - first - 1] and (apart or len(word.text) == 1):
                del words[at]
                words[at - 1] = before.joined_with(word)
                places[at - 1 : at + 1], boxes[at - 1 : at + 1] = (
                    [(one, other)],
                    [box_around(*boxes[at - 1 : at + 1])],
                )


def _top_and_bottom(
    text: str, first: tuple[int, float, float], last: tuple[int, float, float]
) -> tuple[float, float]:
    """Top and bottom in user space, by the places of the first and last character: boxes of signs
    in fonts of mathematics are twice as high as a line."""
    low, high = sorted((first, last), key=lambda end: end[1] - end[2])
    if (
        _is_lone_sign(text[high[0]])
        and not _is_lone_sign(text[low[0]])
        and high[1] - high[2] > HIGH_SIGN * (low[1] - low[2])
    ):
        return low[1:]
    return max(first[1], last[1]), min(first[2], last[2])


def _is_lone_sign(letter: str) -> bool:
    return letter in _MARKS or unicodedata.category(letter) == "Sm"


def _align_lone_signs(words: list[Word]) -> None:
    """Gives lone signs of mathematics, far higher than the word beside them, its height."""
    for number, word in enumerate(words):
        if len(word.text) != 1 or not _is_lone_sign(word.text):
            continue
        for other in (words[number - 1 : number] if not word.newline else []) + words[
            number + 1 : number + 2
        ]:
            if (
                other.top < word.bottom
                and word.top < other.bottom
                and word.height > HIGH_SIGN * other.height
            ):
                words[number] = word._replace(top=other.top, bottom=other.bottom)
                break


def _set_tilted_flags(text_page: Any, words: list[Word], places: list[CharacterRange]) -> None:
    """Marks words at an angle; their boxes are far higher than those of the text."""
    usual = median_high(word.height for word in words) if words else 0.0
    for number, word in enumerate(words):
        if word.height > HIGH * usual:
            angle = PDFIUM.FPDFText_GetCharAngle(text_page.raw, places[number][0])
            turn = math.degrees(angle) % 90
            if min(turn, 90 - turn) > MIN_TILT:
                words[number] = word._replace(tilted=True)


def _reason_word_is_unseen(word: Word, width: float, height: float, tiny: float) -> str | None:
    x0, top, x1, bottom = word.box
    if x1 < 0 or bottom < 0 or x0 > width or top > height:
        return OUTSIDE
    if bottom - top >= tiny and x1 - x0 >= tiny:
        return None
    # A letter alone may be narrow; a word may be turned.
    return TOO_SMALL if len(word.text) > 1 or max(bottom - top, x1 - x0) < tiny else None


def _page_text(handle: Any, count: int) -> str:
    """Position i is pdfium's character i."""
    buffer = (ctypes.c_ushort * (count + 1))()
    written = PDFIUM.FPDFText_GetText(handle, 0, count, buffer)
    text = bytes(buffer)[: 2 * max(written - 1, 0)].decode("utf-16-le", "surrogatepass")
    if len(text) == count:
        return text
    # Characters without Unicode are missing from the text, others take two code units: ask one by
    # one.
    codes = (PDFIUM.FPDFText_GetUnicode(handle, i) for i in range(count))
    return "".join(
        "\ufffe" if code == 2 else chr(code) if 0 < code < 0x110000 else "\ufffd" for code in codes
    )


def _font_name(handle: Any, index: int) -> str:
    name = ctypes.create_string_buffer(_FONT_NAME_BYTES)
    flags = ctypes.byref(ctypes.c_int(0))
    size = PDFIUM.FPDFText_GetFontInfo(handle, index, name, _FONT_NAME_BYTES, flags)
    return name.value.decode("utf-8", "replace") if 0 < size <= _FONT_NAME_BYTES else ""


def _is_bold(font: str) -> bool:
    return any(part in font.lower() for part in ("bold", "black", "cmbx", "medi"))
