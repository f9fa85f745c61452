"""The tree of sections with their pages, and a mark where the reader is. Children are made when
their parent is opened, so that any length opens at once."""

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.binding import Binding
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from docqa.app.output.render import printable
from docqa.app.tui.page.spans import section_title
from docqa.ingest.types import Document, Section

_OPEN_UP_TO = 40
"""A smaller tree is shown with all headings."""
_HERE = "◂"


class OutlineTree(Tree["Section"]):
    """Headings; Enter posts the place of one. `follow` marks where the reader is."""

    BINDINGS = [
        Binding("enter", "select_cursor", "Go there"),
        Binding("left,right", "toggle_node", "Open or fold", key_display="←→"),
    ]

    def __init__(self) -> None:
        # Before the tree is made, which draws its labels.
        self._document: Document | None = None
        self._below: dict[str | None, list[Section]] = {}
        self._sections: dict[str, Section] = {}
        self._made: dict[str, TreeNode[Section]] = {}
        self._section: Section | None = None  # where the reader is
        self._here: TreeNode[Section] | None = (
            None  # what is marked: that, or what it is folded into
        )
        super().__init__("Outline", id="outline")
        self.show_root = False
        self.guide_depth = 2
        self.auto_expand = False  # Enter goes there; left and right open and close it

    def show(self, document: Document) -> None:
        self._document = document
        self.set_class(not document.sections, "-empty")
        self._below = {}
        self._sections = {section.id: section for section in document.sections}
        for section in document.sections:
            parent = section.parent if section.parent in self._sections else None
            self._below.setdefault(parent, []).append(section)
        self.clear()
        self._made = {}
        self._here = None
        self._fill(self.root, None, len(self._sections) <= _OPEN_UP_TO)
        self.root.expand()
        if not self.root.children:
            self.root.add_leaf(Text("no headings found", style="italic"))
        self._mark()
        if self.cursor_line < 0:
            self.cursor_line = 0

    def follow(self, page: int, offset: int) -> None:
        """Mark the heading above a place, and bring it into view unless somebody is choosing
        here.
        """
        section = self._document.section_of(page, offset) if self._document else None
        if section != self._section:
            self._section = section
            self._mark()

    def render_label(self, node: TreeNode[Section], base_style: Style, style: Style) -> Text:
        label = super().render_label(node, base_style, style)
        here = node is self._here
        page = f" {_HERE if here else ' '}{self._page_of(node)}" if node.data else ""
        # Less the scroll bar, which is not there yet.
        room = max(
            self.size.width - 1 - (len(_nodes_above(node)) - 1) * self.guide_depth - cell_len(page),
            8,
        )
        if label.cell_len > room:  # shortened in the middle, so that two differ
            label = Text("…").join([label[: room - 1 - room // 3], label[-(room // 3) :]])
        label.truncate(room, pad=True)
        if here:
            label.stylize("bold")
        return label.append(page, style + Style(bold=here, dim=not here))

    def on_tree_node_expanded(self, event: Tree.NodeExpanded[Section]) -> None:
        if event.node.data and not event.node.children:
            self._fill(event.node, event.node.data.id, False)
        self._mark()

    def on_tree_node_collapsed(self, event: Tree.NodeCollapsed[Section]) -> None:
        self._mark()

    async def on_tree_node_selected(self, event: Tree.NodeSelected[Section]) -> None:
        event.stop()
        section = event.node.data
        if section:
            await self.run_action(
                f"screen.call('navigation', 'jump', ({section.page}, {section.start or 1}))"
            )

    def _fill(self, node: TreeNode[Section], parent: str | None, deep: bool) -> None:
        for section in self._below.get(parent, ()):
            label = Text(section_title(section))
            above = section.id in self._below
            child = node.add(label, section, expand=above and deep, allow_expand=above)
            self._made[section.id] = child
            if deep:
                self._fill(child, section.id, True)

    def _mark(self) -> None:
        """Mark the node of the reader's section, or the nearest one above it that is not folded
        away.
        """
        section = self._section
        node = None
        while section and node is None:
            node = self._made.get(section.id)
            if node and not all(above.is_expanded for above in _nodes_above(node)):
                node = None
            section = self._sections.get(section.parent or "")
        for changed in {self._here, node}:
            if changed:
                changed.refresh()
        self._here = node
        if node and not self.has_focus:
            self.call_after_refresh(self._show_here)

    def _show_here(self) -> None:
        if self._here and self._here.line >= 0 and not self.has_focus:
            self.move_cursor(self._here)

    def _page_of(self, node: TreeNode[Section]) -> str:
        if not self._document or not self._document.paged or not node.data:
            return ""
        return printable(self._document.pages[node.data.page - 1].label or str(node.data.page))


def _nodes_above(node: TreeNode[Section]) -> list[TreeNode[Section]]:
    return [node.parent, *_nodes_above(node.parent)] if node.parent else []
