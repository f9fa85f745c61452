"""Pages that are images of text, recognised where docqa-reader[ocr] is installed.

RapidOCR's models come in its wheel; it is given their paths, so that it never looks for others on a
network.
"""

import os
from collections.abc import Callable, Sequence
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from docqa.ingest.limits import MAX_OCR_PAGES

from .errors import error_reason
from .measures import (
    DOUBTFUL_SCORE,
    IMAGE_SHARE,
    MOSTLY_IMAGE,
    OCR_MAX_SIDE,
    OCR_PIXELS_PER_POINT,
    OUTLINES,
)

if TYPE_CHECKING:  # every question asks what is `available`, few read a page
    from .raw_page import Word

INSTALL = "pip install 'docqa-reader[ocr]'"
_MODELS = {"Det.model_path": "*_det_*.onnx", "Rec.model_path": "*_rec_*.onnx"}


class OcrResult(NamedTuple):
    """The words of a page with their lines' places, the mean score (0 to 1), and the number of
    doubted lines.
    """

    words: "list[Word]"
    score: float
    doubted: int


class OcrFailed(Exception):
    """An image was not recognised, for the reason given."""


@cache
def is_ocr_available() -> bool:
    """Whether the extra is installed, models and all."""
    return bool(find_spec("onnxruntime")) and len(_model_paths_by_setting()) == len(_MODELS)


def is_image_of_text(page: Any, letters: int) -> bool:
    """Whether `page`, with so few visible `letters`, is an image of text or letters drawn as
    outlines.
    """
    from .visibility.objects import PageObjects, image_share

    objects = PageObjects(page)
    share = image_share(objects.covers, page.get_bbox())
    # A title on a page-wide photograph has its words; a stamp on a scan does not have those of the
    # scan.
    if letters:
        return share >= MOSTLY_IMAGE
    return share >= IMAGE_SHARE or len(objects.covers) >= OUTLINES


class Recogniser:
    """Recognises pages of one document, `on_page` is called with the number (from 1) of each first."""

    def __init__(self, on_page: Callable[[int], None]) -> None:
        self._on_page = on_page
        self._count = 0

    def recognise(self, page: Any, number: int) -> OcrResult:
        """The words of page `number`; none where its images are too large to draw. Raises
        NotRecognised, also past MAX_OCR_PAGES."""
        from .visibility.raster import page_png

        self._count += 1
        if self._count > MAX_OCR_PAGES:
            raise OcrFailed(
                f"a picture past the limit of {MAX_OCR_PAGES:,} that are recognised, not read"
            )
        self._on_page(number)
        png = page_png(page, OCR_PIXELS_PER_POINT)
        try:
            output = self._ocr_engine(png) if png is not None else None
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - OpenCV, ONNX Runtime and RapidOCR share no kind of error
            raise OcrFailed(
                f"a picture that could not be recognised, not read ({error_reason(error)})"
            ) from error
        if output is None or not output.txts:
            return OcrResult([], 0.0, 0)
        # The image may be coarser than asked for.
        points = page.get_size()[0] / output.img.shape[1]
        lines = list(zip(output.txts, output.boxes.tolist(), output.scores))
        letters = sum(len(text) for text, _, _ in lines)
        score = sum(len(text) * float(score) for text, _, score in lines) / max(letters, 1)
        words = [
            word
            for text, corners, _ in lines
            for word in _words_of_recognised_line(text, corners, points)
        ]
        return OcrResult(words, score, sum(float(score) < DOUBTFUL_SCORE for _, _, score in lines))

    @cached_property
    def _ocr_engine(self) -> Any:
        from rapidocr import RapidOCR

        one = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
        rest = {
            "Global.use_cls": False,
            "Global.log_level": "critical",
            "Global.max_side_len": OCR_MAX_SIDE,
        }
        return RapidOCR(params={**_model_paths_by_setting(), **one, **rest})


def _model_paths_by_setting() -> dict[str, str]:
    """The models in RapidOCR's wheel by the name of their setting; fewer than two where it is not
    whole.
    """
    spec = find_spec("rapidocr")
    if spec is None or spec.origin is None:
        return {}
    folder = Path(os.path.dirname(spec.origin)) / "models"
    found = {name: sorted(folder.glob(pattern)) for name, pattern in _MODELS.items()}
    return {name: str(files[0]) for name, files in found.items() if files}


def _words_of_recognised_line(
    text: str, corners: Sequence[Sequence[float]], points: float
) -> "list[Word]":
    """The words of a recognised line, each with its share of the line."""
    from .raw_page import Word
    from .visibility.objects import box_around_points

    left, top, right, bottom = (edge * points for edge in box_around_points(corners))
    step = (right - left) / max(len(text), 1)
    words: list[Word] = []
    start = 0
    for part in text.split():
        start = text.index(part, start)
        end = start + len(part)
        words.append(
            Word(part, left + start * step, top, left + end * step, bottom, not words, False)
        )
        start = end
    return words
