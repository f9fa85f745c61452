"""Equations of Office documents as one line of text: "x^2", "(a)/(b)", "√(n)"."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from docqa.ingest.xml_tree import attribute, child, local


def math_text(element: Element) -> str:
    """The equation in `element` on one line, fractions, powers and roots kept apart from what stands beside them."""
    name = local(element)
    if name == "t":
        return element.text or ""
    if name == "f":
        return f"({_part(element, 'num')})/({_part(element, 'den')})"
    if name in ("sSup", "sSub", "sSubSup"):
        below = _group("_", _part(element, "sub")) if name != "sSup" else ""
        above = _group("^", _part(element, "sup")) if name != "sSub" else ""
        return f"{_part(element, 'e')}{below}{above}"
    if name == "rad":
        return f"{_part(element, 'deg')}√({_part(element, 'e')})"
    if name == "nary":
        sign = attribute(child(element, "naryPr", "chr"), "val") or "∫"
        limits = _group("_", _part(element, "sub")) + _group("^", _part(element, "sup"))
        return f"{sign}{limits} {_part(element, 'e')}"
    if name == "d":
        opening = attribute(child(element, "dPr", "begChr"), "val")
        closing = attribute(child(element, "dPr", "endChr"), "val")
        inner = ", ".join(math_text(e) for e in element if local(e) == "e")
        return f"{'(' if opening is None else opening}{inner}{')' if closing is None else closing}"
    if name.endswith("Pr"):
        return ""
    return "".join(math_text(e) for e in element)


def _part(element: Element, name: str) -> str:
    found = child(element, name)
    return math_text(found) if found is not None else ""


def _group(sign: str, text: str) -> str:
    if not text:
        return ""
    return f"{sign}{text}" if len(text) == 1 else f"{sign}({text})"
