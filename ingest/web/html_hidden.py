"""Which elements of HTML a reader of the page does not see."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

_HIDDEN = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|font-size\s*:\s*0(?:\.0*)?(?:[a-z]+|%)?\s*(?:!|;|$)"
    r"|opacity\s*:\s*0(?:\.0*)?\s*(?:!|;|$)|mso-hide\s*:\s*all)",
    re.IGNORECASE,
)
_DISPLAY = re.compile(r"(?:^|;)\s*display\s*:\s*([a-z-]+)", re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->", re.DOTALL)
# What applies to print or to small screens is not what the page shows.
_AT_RULE = re.compile(r"@[^{};@]{0,1000}(?:;|\{(?:[^{}]*\{[^{}]*\})*[^{}]*\})")
# A page that hides all of itself is one that a script shows when it is ready.
_WHOLE = ("html", "body")
_MAX_RULES = 200
_MAX_SHEET_CHARS = 2**20


def is_hidden(tag: str, attributes: Mapping[str, str | None]) -> bool:
    """Whether the element itself says that it is not shown. `aria-hidden` hides from the ear only."""
    if tag in _WHOLE:
        return False
    if "hidden" in attributes or (tag == "dialog" and "open" not in attributes):
        return True
    style = attributes.get("style")
    return bool(style) and _HIDDEN.search(style or "") is not None


def hidden_by_stylesheet(tree: LexborHTMLParser) -> set[int]:
    """`mem_id` of the elements that the style sheets in the page set to `display: none`.

    The later rule wins, whatever its weight: a cascade in full is a browser's work. At most 200 rules are looked at.
    """
    from selectolax.lexbor import SelectolaxError

    hidden: set[int] = set()
    rules = 0
    for style in tree.css("style"):
        sheet = _AT_RULE.sub("", _COMMENT.sub("", style.text()[:_MAX_SHEET_CHARS]))
        for rule in sheet.split("}"):
            selector, _, body = rule.rpartition("{")
            display = _DISPLAY.findall(body)
            if not display or not selector.strip() or ":" in selector:
                continue
            none = display[-1].lower() == "none"
            if rules >= _MAX_RULES or not (none or hidden):
                continue
            rules += 1
            try:
                matched = {node.mem_id for node in tree.css(selector.strip()) if node.tag not in _WHOLE}
            except SelectolaxError:  # a selector that this parser does not know hides nothing
                continue
            hidden = hidden | matched if none else hidden - matched
    return hidden
