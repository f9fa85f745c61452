"""What is drawn on a PDF page, in drawing order: text objects, and the shapes, images, clips and
layers that can hide them.

Objects are addresses (int): pypdfium2's own pointers are slow to make and cannot be keys.
"""

import ctypes
import math
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from docqa.ingest.colours import WHITE, Colour, are_alike

Box = tuple[float, float, float, float]  # x0, y0, x1, y1 in user space, y up
_Matrix = tuple[float, float, float, float, float, float]
_Paint = tuple[int, int, int, int]  # red, green, blue and alpha
_Point = tuple[float, float]

_TEXT = 1
_PATH = 2
_IMAGE = 3
_SHADING = 4
_FORM = 5
_MIN_COVER_POINTS = 3.0  # thinner shapes are rules
# of 255; from the first on nothing can be seen through a cover
OPAQUE = 242
_HALF_OPAQUE = 128
_SAME_EDGE = 2.0  # points
_MAX_DEPTH = 8
_GRID = 20
_PATTERN = (191, 191, 191, 255)  # what pdfium gives for the colour of a pattern
_UNITY: _Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_EVERYWHERE: Box = (-math.inf, -math.inf, math.inf, math.inf)
_MAX_CLIP_POINTS = 10_000
_MARK_BYTES = 64
# links and windows that open
_NOT_OVER = (2, 16)
_MAX_ANNOTATIONS = 2_000
# kinds of segments of a path
_LINE = 0
_MOVE = 2
_MIN_RULE_POINTS = 6.0
_MAX_RULE_SEGMENTS = 20_000  # of a page: a map has more, and no tables


class _PdfiumFunctions:
    """The functions of pdfium by name, with addresses in place of typed pointers."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        import pypdfium2.raw as raw

        typed = getattr(raw, name)
        kinds = [
            kind if issubclass(kind, ctypes._SimpleCData) else ctypes.c_void_p
            for kind in (typed.restype, *typed.argtypes)
        ]
        function = ctypes.CFUNCTYPE(*kinds)(ctypes.cast(typed, ctypes.c_void_p).value or 0)
        setattr(self, name, function)
        return function


PDFIUM = _PdfiumFunctions()


class PaintedShape(NamedTuple):
    """A painted shape or an image: number in drawing order, bounds, colour (None: several),
    opacity (0 to 255).
    """

    place: int
    box: Box
    colour: Colour | None
    alpha: int
    image: bool

    @property
    def area(self) -> float:
        """Square points of the bounds."""
        return (self.box[2] - self.box[0]) * (self.box[3] - self.box[1])

    def contains(self, box: Box) -> bool:
        """Whether `box` is in the bounds, which may be wider than what is painted."""
        mine = self.box
        return (
            box[0] >= mine[0] - 1
            and box[1] >= mine[1] - 1
            and box[2] <= mine[2] + 1
            and box[3] <= mine[3] + 1
        )


class Clip(NamedTuple):
    """What a text object is seen through: the bounds, and whether it is a rectangle that fills
    them.
    """

    box: Box
    plain: bool


class PageObjects:
    """The objects of a page.

    `order`: text objects with their numbers in drawing order, `fills`: with what fills them,
    `blended`: those not painted as they are, `layers`: those in a range of the drawing that may be
    switched off, with its address (where `layered`). `covers` in that order, `over` those that may
    hide what they lie over, annotations last. `colours`: of paper and filled shapes. `pixels`: of
    all images. `rules`: level and upright lines and edges of frames, as thin boxes in user space.
    `annotated`: something was put over the page. `whole`: no forms lie too deep in each other.
    """

    def __init__(self, page: Any, *, layered: bool = False) -> None:
        self._layered = layered
        self.layers: dict[int, int] = {}
        self.blended: set[int] = set()
        self._clips: dict[tuple[int, int, int], Clip | None] = {}
        self._floats: Any = (ctypes.c_float * 4)()
        self._levels: Any = (ctypes.c_uint * 4)()
        # Where pdfium writes each of them.
        self._float_places = [ctypes.byref(self._floats, 4 * at) for at in range(4)]
        self._level_places = [ctypes.byref(self._levels, 4 * at) for at in range(4)]
        self.order: dict[int, int] = {}
        self.fills: dict[int, _Paint | None] = {}
        self._alike: dict[Colour, bool] = {}
        self.covers: list[PaintedShape] = []
        self.rules: list[Box] = []
        self._segments_left = _MAX_RULE_SEGMENTS
        self.colours = {WHITE}
        self.pixels = 0
        self.whole = True
        self._matrices: dict[int, _Matrix] = {}
        self._drawn = 0
        self._band: Box = (0.0, 0.0, 0.0, 0.0)
        get = PDFIUM.FPDFPage_GetObject
        count = PDFIUM.FPDFPage_CountObjects(page.raw)
        self._collect_page_objects((get(page.raw, i) for i in range(count)), _UNITY, 0, 0)
        self.over = [cover for cover in self.covers if cover.alpha >= _HALF_OPAQUE]
        annotations = [
            PaintedShape(self._drawn + 1, box, None, 0, False)
            for box in self._annotations(page.raw)
        ]
        self.annotated = bool(annotations)
        self.over += annotations

    def boxes(self, text_page: Any) -> Callable[[int], Box | None]:
        """From a character to its left, top, right and bottom in user space, or None."""
        read = PDFIUM.FPDFText_GetLooseCharBox
        handle = ctypes.cast(text_page.raw, ctypes.c_void_p).value
        floats = (ctypes.c_float * 4)()
        address = ctypes.addressof(floats)
        unpack = struct.Struct("4f").unpack_from
        return lambda char: unpack(floats) if read(handle, char, address) else None

    def owner(self, text_page: Any, char: int) -> int:
        """The text object that drew character `char`, 0 where pdfium made it up."""
        return PDFIUM.FPDFText_GetTextObject(text_page.raw, char) or 0

    def colour(self, item: int, kind: str = "Fill") -> _Paint | None:
        """Red, green, blue and alpha (0 to 255) of its fill, or of its `Stroke`, or None."""
        if not getattr(PDFIUM, f"FPDFPageObj_Get{kind}Color")(item, *self._level_places):
            return None
        return tuple(self._levels)

    def blends(self, colour: Colour) -> bool:
        """Whether the paper or a filled shape has nearly that colour."""
        if colour not in self._alike:
            self._alike[colour] = any(are_alike(other, colour) for other in self.colours)
        return self._alike[colour]

    def _annotations(self, page: Any) -> Iterator[Box]:
        import pypdfium2.raw as raw

        box = raw.FS_RECTF()
        for at in range(min(raw.FPDFPage_GetAnnotCount(page), _MAX_ANNOTATIONS)):
            item = raw.FPDFPage_GetAnnot(page, at)
            over = raw.FPDFAnnot_GetSubtype(item) not in _NOT_OVER or raw.FPDFAnnot_HasKey(
                item, b"AP"
            )
            if over and raw.FPDFAnnot_GetRect(item, box):
                yield box.left, box.bottom, box.right, box.top
            raw.FPDFPage_CloseAnnot(item)

    def bounds(self, item: int) -> Box:
        """In user space, empty where unknown."""
        if not PDFIUM.FPDFPageObj_GetBounds(item, *self._float_places):
            return 0.0, 0.0, 0.0, 0.0
        box: Box = tuple(self._floats)
        matrix = self._matrices.get(item)
        return box if not matrix else _transform_box(box, matrix)

    def text(self, text_page: Any, text_object: int) -> str:
        """The characters of a text object."""
        size = PDFIUM.FPDFTextObj_GetText(text_object, text_page.raw, None, 0)
        buffer = ctypes.create_string_buffer(max(size, 2))
        PDFIUM.FPDFTextObj_GetText(text_object, text_page.raw, buffer, size)
        return buffer.raw[: max(size - 2, 0)].decode("utf-16-le", "replace").strip()

    def actual_text_by_object(self) -> dict[int, str]:
        """The text objects that the file says how to read (`ActualText`), and how."""
        found: dict[int, str] = {}
        for item in self.order:
            for mark in self._content_marks(item):
                if words := self._actual_text_of_mark(mark):
                    found[item] = words
        return found

    def remove_actual_text(self, items: Iterable[int]) -> None:
        """Takes what `items` are to be read as from this open page."""
        for item in items:
            for mark in reversed(list(self._content_marks(item))):
                if self._actual_text_of_mark(mark):
                    PDFIUM.FPDFPageObj_RemoveMark(item, mark)

    def _content_marks(self, item: int) -> Iterator[int]:
        get = PDFIUM.FPDFPageObj_GetMark
        return (get(item, at) for at in range(PDFIUM.FPDFPageObj_CountMarks(item)))

    def _actual_text_of_mark(self, mark: int) -> str:
        size = ctypes.c_ulong(0)
        read = PDFIUM.FPDFPageObjMark_GetParamStringValue
        if not read(mark, b"ActualText", None, 0, ctypes.byref(size)) or size.value <= 2:
            return ""
        buffer = ctypes.create_string_buffer(size.value)
        read(mark, b"ActualText", buffer, size.value, ctypes.byref(size))
        return buffer.raw[:-2].decode("utf-16-le", "replace")

    def set_active(self, items: Iterable[int], active: bool) -> None:
        """Leaves `items` out of later renderings of this open page, or takes them back."""
        for item in items:
            PDFIUM.FPDFPageObj_SetIsActive(item, int(active))

    def clip(self, item: int) -> Clip | None:
        """What `item` is clipped to, in user space; None where it is unknown, or does not clip."""
        handle = PDFIUM.FPDFPageObj_GetClipPath(item)
        count = PDFIUM.FPDFClipPath_CountPaths(handle) if handle else 0
        if count <= 0:
            return None
        # Objects of one graphics state share the points of their clip, which tells without reading
        # them.
        matrix = self._matrices.get(item, _UNITY)
        key = (
            count,
            PDFIUM.FPDFClipPath_GetPathSegment(handle, count - 1, 0) or 0,
            hash(matrix),
        )
        if key not in self._clips:
            self._clips[key] = self._read_clip(handle, count, matrix)
        clip = self._clips[key]
        if clip is not None and clip.plain and box_around(self.bounds(item), clip.box) == clip.box:
            return None
        return clip

    def _collect_page_objects(
        self,
        items: Iterator[int],
        matrix: _Matrix,
        depth: int,
        layer: int,
        *,
        blended: bool = False,
    ) -> None:
        kind_of = PDFIUM.FPDFPageObj_GetType
        order = self.order
        for item in items:
            self._drawn += 1
            kind = kind_of(item)
            if matrix is not _UNITY:
                self._matrices[item] = matrix
            if kind == _TEXT:
                order[item] = self._drawn
                self.fills[item] = fill = self.colour(item)
                if blended or fill == _PATTERN or PDFIUM.FPDFPageObj_HasTransparency(item):
                    self.blended.add(item)
                if self._layered and (mark := self._optional_content_number(item) or layer):
                    self.layers[item] = mark
            elif kind == _FORM and depth < _MAX_DEPTH:
                get = PDFIUM.FPDFFormObj_GetObject
                count = PDFIUM.FPDFFormObj_CountObjects(item)
                inner = (get(item, i) for i in range(count))
                # A form may be on a layer by itself, of which pdfium does not tell.
                above = (
                    (self._optional_content_number(item) or layer or item) if self._layered else 0
                )
                through = blended or bool(PDFIUM.FPDFPageObj_HasTransparency(item))
                self._collect_page_objects(
                    inner,
                    self._matrix_to_user_space(item),
                    depth + 1,
                    above,
                    blended=through,
                )
            elif kind == _FORM:
                self.whole = False
            elif kind in (_PATH, _IMAGE, _SHADING):
                self._add_cover(item, kind)

    def _optional_content_number(self, item: int) -> int:
        for mark in reversed(list(self._content_marks(item))):
            name = ctypes.create_string_buffer(_MARK_BYTES)
            size = ctypes.c_ulong(0)
            named = mark and PDFIUM.FPDFPageObjMark_GetName(
                mark, name, _MARK_BYTES, ctypes.byref(size)
            )
            if named and name.raw[: max(size.value - 2, 0)] == "OC".encode("utf-16-le"):
                return int(mark)
        return 0

    def _read_clip(self, handle: int, count: int, matrix: _Matrix) -> Clip | None:
        box = _EVERYWHERE
        plain = True
        # Whether a box with level edges still has them.
        straight = (matrix[1] == 0 and matrix[2] == 0) or (matrix[0] == 0 and matrix[3] == 0)
        for at in range(count):
            points = self._clip_points(handle, at)
            if points:
                bounds = _transform_box(box_around_points(points), matrix)
                box = shared_box(box, bounds)
                plain = plain and _is_rectangle(points) and straight
        return None if box == _EVERYWHERE else Clip(box, plain)

    def _clip_points(self, handle: int, path: int) -> list[_Point]:
        get = PDFIUM.FPDFClipPath_GetPathSegment
        place = PDFIUM.FPDFPathSegment_GetPoint
        points: list[_Point] = []
        for at in range(min(PDFIUM.FPDFClipPath_CountPathSegments(handle, path), _MAX_CLIP_POINTS)):
            if place(get(handle, path, at), *self._float_places[:2]):
                points.append(tuple(self._floats[:2]))
        return points

    def _add_cover(self, item: int, kind: int) -> None:
        colour: _Paint | None = None
        if kind == _IMAGE:
            sized = PDFIUM.FPDFImageObj_GetImagePixelSize(item, *self._level_places[:2])
            self.pixels += self._levels[0] * self._levels[1] if sized else 0
        box = self.bounds(item)
        thin = _thickness(box)
        if kind == _PATH:
            PDFIUM.FPDFPath_GetDrawMode(item, *self._level_places[:2])
            filled, stroked = map(bool, self._levels[:2])
            self._add_rules(item, filled, stroked)
            if filled:
                colour = self.colour(item)
            elif stroked and (thin < _MIN_COVER_POINTS or self._ink_width(item) >= 0.5 * thin):
                colour = self.colour(item, "Stroke")
            if not colour:
                return
        if thin < _MIN_COVER_POINTS:
            # Lines close to each other may cover as well as one that is thick.
            box = box_around(box, self._band) if _continues_rule(self._band, box) else box
            self._band = box
            if _thickness(box) < _MIN_COVER_POINTS:
                return
        alpha = 255 if not colour else colour[3]
        plain = colour[:3] if colour and alpha >= OPAQUE else None
        if plain:
            self.colours.add(plain)
        self.covers.append(PaintedShape(self._drawn, box, plain, alpha, kind == _IMAGE))

    def _ink_width(self, path: int) -> float:
        PDFIUM.FPDFPageObj_GetStrokeWidth(path, self._float_places[0])
        width = self._floats[0]
        matrix = self._matrix_to_user_space(path)
        lines = PDFIUM.FPDFPath_CountSegments(path) / 2
        return float(width * max(map(abs, matrix[:4])) * lines)

    def _add_rules(self, item: int, filled: bool, stroked: bool) -> None:
        """All of a thin path, the straight sides of one whose outline is drawn."""
        box = self.bounds(item)
        if _thickness(box) < _MIN_COVER_POINTS:
            if (filled or stroked) and max(box[2] - box[0], box[3] - box[1]) >= _MIN_RULE_POINTS:
                self.rules.append(box)
            return
        count = PDFIUM.FPDFPath_CountSegments(item)
        # Words stand between thin filled pieces as well: one path may draw all rules of a table.
        if not 2 <= count <= self._segments_left or not (stroked or count >= 10):
            return
        self._segments_left -= count
        matrix = self._matrix_to_user_space(item)
        for a, b in self._straight_sides(item, count):
            side = _transform_box(box_around_points((a, b)), matrix)
            wide = side[2] - side[0]
            high = side[3] - side[1]
            if min(wide, high) < 0.5 and max(wide, high) >= _MIN_RULE_POINTS:
                self.rules.append(side)

    def _straight_sides(self, path: int, count: int) -> Iterator[tuple[_Point, _Point]]:
        get = PDFIUM.FPDFPath_GetPathSegment
        place = PDFIUM.FPDFPathSegment_GetPoint
        start = before = (0.0, 0.0)
        for at in range(count):
            segment = get(path, at)
            if not place(segment, *self._float_places[:2]):
                continue
            point = tuple(self._floats[:2])
            kind = PDFIUM.FPDFPathSegment_GetType(segment)
            if kind == _MOVE:
                start = point
            elif kind == _LINE:
                yield before, point
            before = point
            if kind != _MOVE and PDFIUM.FPDFPathSegment_GetClose(segment):
                yield point, start
                before = start

    def _matrix_to_user_space(self, item: int) -> _Matrix:
        own: Any = (ctypes.c_float * 6)()
        known = PDFIUM.FPDFPageObj_GetMatrix(item, own)
        outer = self._matrices.get(item, _UNITY)
        return _multiply_matrices(tuple(own) if known else _UNITY, outer)


def box_around(*boxes: Box) -> Box:
    """The smallest box around all of `boxes`."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def shared_box(a: Box, b: Box) -> Box:
    """What two boxes share, which is upside down where they share nothing."""
    return max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])


def widen_box(box: Box, margin: float) -> Box:
    """`box` with a `margin` on each side."""
    return box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin


def _thickness(box: Box) -> float:
    return min(box[2] - box[0], box[3] - box[1])


def box_around_points(points: Iterable[Sequence[float]]) -> Box:
    """The smallest box around all of `points`, each of which is x and y."""
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _continues_rule(band: Box, line: Box) -> bool:
    along = (
        max(abs(band[0] - line[0]), abs(band[2] - line[2])),
        max(abs(band[1] - line[1]), abs(band[3] - line[3])),
    )
    apart = max(line[1] - band[3], band[1] - line[3]), max(line[0] - band[2], band[0] - line[2])
    return any(a <= _SAME_EDGE and b <= _SAME_EDGE for a, b in zip(along, apart, strict=True))


def do_overlap(a: Box, b: Box) -> bool:
    """Whether two boxes share more than an edge."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _is_rectangle(points: Sequence[_Point]) -> bool:
    corners = points[:-1] if len(points) == 5 and points[0] == points[4] else points
    if len(corners) != 4:
        return False
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = corners
    return (ax == bx and by == cy and cx == dx and dy == ay) or (
        ay == by and bx == cx and cy == dy and dx == ax
    )


def image_share(covers: Sequence[PaintedShape], page: Box) -> float:
    """The share of the page (0 to 1) under images; scans are often cut into strips."""
    images = [cover for cover in covers if cover.image]
    width = (page[2] - page[0]) / _GRID
    height = (page[3] - page[1]) / _GRID
    points = [
        (page[0] + (i + 0.5) * width, page[1] + (j + 0.5) * height)
        for i in range(_GRID)
        for j in range(_GRID)
    ]
    seen = sum(
        any(c.box[0] <= x <= c.box[2] and c.box[1] <= y <= c.box[3] for c in images)
        for x, y in points
    )
    return seen / len(points)


def _multiply_matrices(a: _Matrix, b: _Matrix) -> _Matrix:
    return (
        a[0] * b[0] + a[1] * b[2],
        a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2],
        a[2] * b[1] + a[3] * b[3],
        a[4] * b[0] + a[5] * b[2] + b[4],
        a[4] * b[1] + a[5] * b[3] + b[5],
    )


def _transform_box(box: Box, m: _Matrix) -> Box:
    corners = [
        (x * m[0] + y * m[2] + m[4], x * m[1] + y * m[3] + m[5])
        for x in box[::2]
        for y in box[1::2]
    ]
    return box_around_points(corners)
