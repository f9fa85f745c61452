"""How letters of LaTeX are set, as far as it can hide them: colours, sizes, and places off the
page.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from docqa.ingest.colours import BLACK, WHITE, Colour, are_alike, colour_of, mix_colours
from docqa.ingest.language.lengths import USUAL_SIZE, length_in_pixels
from docqa.ingest.language.words import word_set

# What holds for all that follows in a group, and what holds for the last argument.
SETTING = word_set(
    "color pagecolor rowcolor cellcolor transparent fontsize hspace vspace normalsize small large Large"
)
WITHIN = word_set("textcolor colorbox fcolorbox texttransparent scalebox resizebox raisebox")
# Their last argument is not printed where it is.
UNPRINTED = word_set("phantom hphantom vphantom savebox sbox note invisible")
# pixels, shares
_SMALLEST = 2.7
_LEAST = 0.1
# pixels: more than a page is wide, its text
_FAR = 750.0
_PAGE = 600.0


class LetterAppearance(NamedTuple):
    """`colour` and `ground`: None where unknown; `away`: too small or clear, `aside`: off the
    page.
    """

    colour: Colour | None = BLACK
    ground: Colour | None = WHITE
    away: bool = False
    aside: bool = False

    @property
    def unseen(self) -> bool:
        """Whether such letters cannot be seen."""
        return are_alike(self.colour, self.ground) or self.away or self.aside

    def after_macro(
        self, name: str, arguments: Sequence[str], named_colours: "NamedColours"
    ) -> "LetterAppearance":
        """The look that the macro `name` gives with these arguments."""
        last = arguments[-1].strip() if arguments else ""
        named_colours.named["."] = self.colour
        if name.endswith(("color", "colorbox")):
            colour = named_colours.parse_colour(last, arguments[0] if len(arguments) > 1 else "")
            if name in ("color", "textcolor"):
                return self._replace(colour=colour)
            return self._replace(ground=colour)
        if name.endswith("transparent"):
            return self._replace(away=(length_in_pixels(last) or 0.0) < _LEAST)
        if name in ("scalebox", "resizebox"):
            sizes = [
                abs(size) for part in arguments if (size := _pixels_of_length(part)) is not None
            ]
            least = _LEAST if name == "scalebox" else _SMALLEST
            return self._replace(away=self.away or any(size <= least for size in sizes))
        if name in ("hspace", "vspace", "raisebox"):
            moved = _pixels_of_length(arguments[0] if name == "raisebox" else last) or 0.0
            return self._replace(aside=self.aside or abs(moved) >= _FAR)
        high = arguments[0].strip() if arguments else "10"
        size = length_in_pixels(high if high[-1:].isalpha() else f"{high}pt")
        return self._replace(away=size is not None and size <= _SMALLEST)


def _pixels_of_length(text: str) -> float | None:
    r"""In pixels, of the page (`2\textwidth`) or of letters, too."""
    number, _, name = text.partition("\\")
    size = _PAGE if name.strip().endswith(("width", "height", "dimen")) else USUAL_SIZE
    return length_in_pixels(f"{number or 1}em" if name else text, size)


class NamedColours:
    """The colours that a document names."""

    def __init__(self) -> None:
        self.named: dict[str, Colour | None] = {}

    def parse_colour(self, colour_text: str, model: str = "") -> Colour | None:
        """The colour `colour_text` in a model (rgb, RGB, gray, HTML, cmyk), or by names mixed as in
        xcolor, or None.
        """
        parts = colour_text.split(",")
        with suppress(ValueError, IndexError):
            if model.strip() == "cmyk":  # what the inks leave of each light
                model = "rgb"
                parts = [str(1 - float(part) - float(parts[3])) for part in parts[:3]]
            if model.strip() in _MODELS:
                return colour_of(_MODELS[model.strip()].format(*map(str.strip, parts)))
        first, *rest = colour_text.lstrip("-").split("!")
        colour = self.named[first] if first in self.named else colour_of(first)
        for share, other in zip(rest[::2], [*rest[1::2], "white"], strict=False):
            second = self.named[other] if other in self.named else colour_of(other)
            part = length_in_pixels(share)
            if colour is None or second is None or part is None:
                return None
            colour = mix_colours(colour, second, part / 100)
        if colour and colour_text.startswith("-"):
            red, green, blue = colour
            return 255 - red, 255 - green, 255 - blue
        return colour


# The colours of a model in CSS.
_MODELS = {
    "rgb": "color(srgb {} {} {})",
    "RGB": "rgb({} {} {})",
    "gray": "color(srgb {0} {0} {0})",
    "HTML": "#{}",
}
