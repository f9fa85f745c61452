"""The section tree of a document; children are made when their parent is opened, so that any length opens at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.widgets import Tree

from docqa.app.tui.page.view import PlaceChosen, section_title

if TYPE_CHECKING:
    from rich.style import Style
    from textual.widgets.tree import TreeNode

    from docqa.ingest.types import Document, Section

_OPEN_UP_TO = 40
"""A tree of at most so many headings is shown with all of them."""


class OutlineTree(Tree[str]):
    """Headings; Enter posts the place of one."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__("Outline", id=id)
        self.show_root = False
        self.guide_depth = 2
        self.auto_expand = False  # Enter goes to a heading; space opens and closes it
        self._below: dict[str | None, list[Section]] = {}
        self._sections: dict[str, Section] = {}

    def show(self, document: Document) -> None:
        """Fill the tree with the sections of `document`."""
        self.clear()
        self._below, self._sections = {}, {section.id: section for section in document.sections}
        for section in document.sections:
            parent = section.parent if section.parent in self._sections else None
            self._below.setdefault(parent, []).append(section)
        self._fill(self.root, None, len(document.sections) <= _OPEN_UP_TO)
        self.root.expand()
        if not document.sections:
            self.root.add_leaf(Text("no headings found", style="italic"))

    def render_label(self, node: TreeNode[str], base_style: Style, style: Style) -> Text:
        """The label on one line, with `…` where the pane is too narrow for it."""
        label = super().render_label(node, base_style, style)
        depth = 0
        while node.parent is not None and node.parent is not self.root:
            node, depth = node.parent, depth + 1
        # A column less: the scroll bar is not there yet when the label is made.
        label.truncate(max(self.size.width - 1 - depth * self.guide_depth, 8), overflow="ellipsis")
        return label

    def on_tree_node_expanded(self, event: Tree.NodeExpanded[str]) -> None:
        """Make the children of a node that is opened for the first time."""
        if event.node is not self.root and not event.node.children:
            self._fill(event.node, event.node.data, False)

    def on_tree_node_selected(self, event: Tree.NodeSelected[str]) -> None:
        event.stop()
        if event.node.data is not None:
            section = self._sections[event.node.data]
            self.post_message(PlaceChosen(section.page, section.start or 1))

    def _fill(self, node: TreeNode[str], parent: str | None, deep: bool) -> None:
        for section in self._below.get(parent, ()):
            label = Text(section_title(section))
            if section.id not in self._below:
                node.add_leaf(label, section.id)
                continue
            child = node.add(label, section.id, expand=deep)
            if deep:
                self._fill(child, section.id, True)
