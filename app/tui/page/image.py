"""The image of the page, as large as its pane allows. The cells below it stay blank; the terminal
draws over them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from textual import events, on
from textual.cache import LRUCache
from textual.geometry import Region
from textual.reactive import reactive
from textual.strip import Strip
from textual.timer import Timer
from textual.widgets import Static

from docqa.app.output.render import printable
from docqa.app.tui.bridge import run_in_thread
from docqa.ingest.types import Document, Page

from . import graphics
from .graphics import WHOLE, LineBox, Terminal, touched
from .spans import PageSpan

_SETTLES_S = 0.15
"""Pages pass faster than they are drawn."""
_KEPT = 8
_LARGEST = 3  # times the whole page


class PageImage(NamedTuple):
    """A page as a grey PNG, its (width, height), and where the lines of its text are on it."""

    png: bytes
    size: tuple[float, float]
    lines: tuple[LineBox, ...] = ()


@dataclass(frozen=True)
class PageImages:
    """A terminal that shows images, and what makes one of a page, or an error."""

    terminal: Terminal
    of: Callable[[Document, Page], PageImage]


class ImagePane(Static):
    """Shows the page that `follow` names while it is displayed, or in words why it cannot."""

    marks: reactive[tuple[PageSpan, ...]] = reactive(())

    def __init__(self, images: PageImages | None) -> None:
        super().__init__(id="image", markup=False)
        self._images = images
        self._document: Document | None = None
        self._page = 0
        self._offset = 0
        self._times = 1
        self._scale = 1  # cells show letters from four times on
        self._made: LRUCache[int, PageImage] = LRUCache(_KEPT)
        self._image: PageImage | None = None
        self._timer: Timer | None = None
        self._drawn = False
        self._in_cells: tuple[Any, ...] = ()  # what the cells show
        self._asked = False

    def follow(self, document: Document, page: int, offset: int) -> None:
        """Show `page` of `document`, from 1, as soon as the reader stays there; enlarged the part
        with `offset`.
        """
        if document is not self._document:
            self._made.clear()
        elif page == self._page and (offset == self._offset or self._times == 1):
            return
        self._document = document
        self._page = page
        self._offset = offset
        if self.display:
            self._start_wait_for_reader()

    def enlarge(self) -> None:
        """Twice, then three times as large a part of the page; then the whole again."""
        self._times = self._times % _LARGEST + 1
        in_cells = self._images and self._images.terminal.protocol == graphics.BLOCKS
        self._scale = 2 * self._times if in_cells else self._times
        self.border_subtitle = f"{self._scale} times as large" if self._times > 1 else ""
        self._start_wait_for_reader()

    def on_show(self, _: events.Show) -> None:
        self._start_wait_for_reader()

    def _start_wait_for_reader(self) -> None:
        if self._timer:
            self._timer.stop()
        self._timer = self.set_timer(_SETTLES_S, self._make_image)

    def _make_image(self) -> None:
        document = self._document
        page = self._page
        if not document or not self._images:
            return
        if page in self._made:
            self._show(page, self._made[page])
            return
        self._show(page, None, "drawing the page …")
        draw = self._images.of  # waits for a child process
        run_in_thread(
            self,
            lambda: PageImage(*draw(document, document.pages[page - 1])),
            partial(self._show, page),
            lambda problem: self._show(page, None, printable(problem)),
        )

    def _show(self, page: int, image: PageImage | None, why: str = "") -> None:
        """Show and keep the image of `page`, or say why there is none; only keep it where the
        reader has gone on.
        """
        if image:
            self._made[page] = image
        if page == self._page:
            self.erase()
            self._image = image
            self._in_cells = ()
            self.update(why)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The blank cells; whenever they are written, the image is gone and is drawn again."""
        if self._image and not self._asked:
            self._asked = True
            self.call_after_refresh(self._draw_image)
        return super().render_lines(crop)

    def _draw_image(self) -> None:
        self._asked = False
        if self._image is None or not self._images or not self.is_attached:
            return
        region = self.content_region
        terminal = self._images.terminal
        if (
            self.app.screen is not self.screen
            or not self.display
            or region.width < 2
            or region.height < 2
        ):
            return
        ranges = [(span.start, span.end) for span in self.marks if span.page == self._page]
        boxes = touched(self._image.lines, ranges)
        part = WHOLE
        shape = self._image.size
        room = region.size
        if self._times > 1:
            at = (
                boxes
                or touched(self._image.lines, [(self._offset, self._offset + 1)])
                or [(0.0, 0.0, 1.0, 0.0)]
            )
            part = graphics.enlarged(terminal, shape, *room, self._scale, at[0])
            shape = shape[0] * (part[2] - part[0]), shape[1] * (part[3] - part[1])
        columns, rows = graphics.fitted(terminal, shape, *room)
        if terminal.protocol == graphics.BLOCKS:
            self._show_in_cells(boxes, part, columns, rows)
            return
        left = region.x + (region.width - columns) // 2
        self._send(
            graphics.drawing(terminal, self._image.png, left, region.y, columns, rows, boxes, part)
        )
        self._drawn = True

    def _show_in_cells(self, *drawn: Any) -> None:
        if self._image and drawn != self._in_cells:
            from .pixels import blocks

            self._in_cells = drawn
            boxes, part, columns, rows = drawn
            shades = graphics.marked_shades(graphics.grey_pixels(self._image.png), boxes, part)
            self.update(blocks(shades, columns, rows))

    @on(events.Hide)
    @on(events.Unmount)
    def erase(self) -> None:
        """Take away what text would not write over, as another screen."""
        if self._drawn and self._images:
            self._drawn = False
            self._send(graphics.erasing(self._images.terminal))
            self.refresh()

    def _send(self, sequence: str) -> None:
        self.app.send(sequence)  # type: ignore[attr-defined]
