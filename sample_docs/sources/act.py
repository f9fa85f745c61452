"""The statute: harbour_act.txt becomes USLM XML, and the PDF is set from that XML.

Source lines: `!key value` head, `== n|heading` chapter, `## n|heading` section, `~ text` chapeau or continuation,
`(a) [heading] text` provision (its depth is its indent, a space each), `$ text` source credit, `% heading|text` note.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from io import BytesIO
from pathlib import Path
from typing import Any

from reportlab.lib.pagesizes import LETTER
from reportlab.platypus import Flowable, Paragraph, Spacer

from layout import (
    SERIF_BOLD,
    SERIF_ITALIC,
    SOURCES,
    RecordingDoc,
    centred,
    escape,
    heading,
    justified,
    save_with_labels,
    single_frame,
    style,
)

USLM = "http://xml.house.gov/schemas/uslm/1.0"
DC = "http://purl.org/dc/elements/1.1/"
LEVELS = ("subsection", "paragraph", "subparagraph", "clause")
WIDTH, HEIGHT = LETTER
CHAPTER = centred("chapter", 13, 17, fontName=SERIF_BOLD, spaceBefore=16, spaceAfter=8, keepWithNext=1)
SECTION = style("section", 11.4, 15, fontName=SERIF_BOLD, spaceBefore=11, spaceAfter=4, keepWithNext=1)
SMALL = style("credit", 9, 11.6, spaceBefore=2, spaceAfter=3)
NOTE_HEAD = centred("notehead", 9, 12, fontName=SERIF_ITALIC, spaceBefore=3, keepWithNext=1)


def tag(name: str) -> str:
    return f"{{{USLM}}}{name}"


def child(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, tag(name), attributes)
    element.text = text
    return element


def numbered(parent: ET.Element, name: str, value: str, shown: str, title: str) -> ET.Element:
    """Adds a level with its identifier, `num` and `heading` and returns it."""
    step = f"ch{value}" if name == "chapter" else f"s{value}" if name == "section" else value
    root = parent.get("identifier", "")
    if name == "section":
        root = root.rsplit("/", 1)[0]
    element = child(parent, name, identifier=f"{root}/{step}")
    child(element, "num", shown, value=value)
    if title:
        child(element, "heading", title)
    return element


def head(source: list[str]) -> tuple[ET.Element, ET.Element]:
    """Returns the document and its title element from the `!` lines."""
    fields = dict(line[1:].split(" ", 1) for line in source if line.startswith("!"))
    number, name = fields["title"].split("|")
    root = ET.Element(tag("lawDoc"), {"identifier": fields["code"], "{http://www.w3.org/XML/1998/namespace}lang": "en"})
    meta = child(root, "meta")
    for key, text in (("title", f"Title {number} - {name}"), ("type", "MerrowCodeTitle"), ("language", "en")):
        ET.SubElement(meta, f"{{{DC}}}{key}").text = text
    child(meta, "docNumber", fields["docno"])
    child(meta, "property", "yes", role="is-positive-law")
    main = child(root, "main")
    child(main, "enactingFormula", fields["preamble"])
    title = child(main, "title", identifier=fields["code"])
    child(title, "num", f"TITLE {number}", value=number)
    child(title, "heading", name.upper())
    return root, title


def provision(line: str, path: list[ET.Element]) -> list[ET.Element]:
    """Adds one provision or `~` text under the right ancestor; returns the new path from the section down."""
    depth = len(line) - len(line.lstrip())
    text = line.strip()
    if text.startswith("~"):
        owner = path[depth]
        after = any(owner.find(tag(name)) is not None for name in LEVELS)
        child(owner, "continuation" if after else "chapeau", text[1:].strip())
        return path[: depth + 1]
    match = re.match(r"\((\w+)\) (?:\[(.+?)\] )?(.*)", text)
    if match is None:
        raise ValueError(f"harbour_act.txt: not a provision: {line!r}")
    path = path[: depth + 1]
    level = LEVELS[depth if match[1].isalpha() or depth else 1]
    element = numbered(path[-1], level, match[1], f"({match[1]})", match[2] or "")
    element.set("class", f"indent{depth}")
    child(element, "chapeau" if match[3].endswith("—") else "content", match[3])
    return [*path, element]


def to_xml(source: list[str]) -> ET.Element:
    """Returns the USLM document of the statute."""
    root, title = head(source)
    chapter = section = title
    path: list[ET.Element] = []
    for line in source:
        mark, rest = line[:2], line[2:].strip()
        if mark == "==":
            number, text = rest.split("|")
            chapter = numbered(title, "chapter", number, f"CHAPTER {number}", text.upper())
        elif mark == "##":
            number, text = rest.split("|")
            section = numbered(chapter, "section", number, f"§ {number}.", text)
            path = [section]
        elif mark == "$ ":
            child(section, "sourceCredit", rest)
        elif mark == "% ":
            topic, text = rest.split("|")
            note = child(child(section, "notes", type="uscNote"), "note", topic=topic.split()[0].lower())
            child(note, "heading", topic)
            child(note, "p", text)
        elif line.strip() and not line.startswith("!"):
            path = provision(line, path)
    return root


def provision_flowables(element: ET.Element, depth: int) -> list[Flowable]:
    """Returns a provision and all below it; the number runs in with its first text."""
    body = justified(f"level{depth}", 10.8, 14.2, leftIndent=max(0, 20 * depth + 8), spaceAfter=3)
    run_in = element.findtext(tag("num"), "") if depth >= 0 else ""
    if title := element.findtext(tag("heading"), "") if depth >= 0 else "":
        run_in += f" <i>{escape(title)}.</i>"
    flowables: list[Flowable] = []
    for part in element:
        name = part.tag.removeprefix(f"{{{USLM}}}")
        if name in LEVELS:
            flowables += provision_flowables(part, depth + 1)
        elif name in ("content", "chapeau", "continuation"):
            text = escape(part.text or "")
            opening = name != "continuation"
            flowables.append(Paragraph(f"{run_in} {text}".strip() if opening else text, body))
    return flowables


def section_flowables(section: ET.Element) -> list[Flowable]:
    title = f"{section.findtext(tag('num'))} {section.findtext(tag('heading'))}"
    flowables: list[Flowable] = [heading(title, SECTION, 1), *provision_flowables(section, -1)]
    flowables.append(Paragraph(escape(section.findtext(tag("sourceCredit"), "")), SMALL))
    for note in section.iter(tag("note")):
        flowables.append(Paragraph(escape(note.findtext(tag("heading"), "")), NOTE_HEAD))
        flowables.append(Paragraph(escape(note.findtext(tag("p"), "")), SMALL))
    return flowables


def story(main: ET.Element, title: ET.Element) -> list[Flowable]:
    """Returns the flowables of the statute from its `main` and `title` elements."""
    big = centred("title", 17, 22, fontName=SERIF_BOLD, spaceAfter=4)
    flowables: list[Flowable] = [
        Paragraph("THE CODE OF THE COMMONWEALTH OF MERROW", centred("code", 11, 15, spaceAfter=10)),
        Paragraph(f"{title.findtext(tag('num'))} - {title.findtext(tag('heading'))}", big),
        Spacer(1, 8),
        Paragraph(escape(main.findtext(tag("enactingFormula"), "")), justified("preface", 10.8, 14.2)),
    ]
    for chapter in title.iter(tag("chapter")):
        name = f"{chapter.findtext(tag('num'))} - {chapter.findtext(tag('heading'))}"
        flowables.append(heading(name, CHAPTER, 0))
        for section in chapter.iter(tag("section")):
            flowables += section_flowables(section)
    return flowables


def furniture(canvas: Any, doc: Any) -> None:
    """Draws the running header with the section in force at the foot of the page."""
    canvas.setFont(SERIF_ITALIC, 9)
    canvas.drawString(80, HEIGHT - 48, f"Page {doc.page}")
    canvas.drawCentredString(WIDTH / 2, HEIGHT - 48, "TITLE 9 - HARBOURS AND PILOTAGE")
    canvas.drawRightString(WIDTH - 80, HEIGHT - 48, doc.current.get(1, "").split(". ")[0])


def build(xml_path: Path, pdf_path: Path) -> None:
    """Writes the statute as XML, then sets the PDF from that file."""
    ET.register_namespace("", USLM)
    ET.register_namespace("dc", DC)
    source = (SOURCES / "harbour_act.txt").read_text(encoding="utf-8").splitlines()
    tree = ET.ElementTree(to_xml(source))
    ET.indent(tree, " ")
    tree.write(xml_path, encoding="utf-8", xml_declaration=True)
    main = ET.parse(xml_path).getroot().find(tag("main"))
    title = None if main is None else main.find(tag("title"))
    if main is None or title is None:
        raise ValueError(f"{xml_path}: no title element")
    target = BytesIO()
    template = single_frame(LETTER, (80, 64, 80, 74), furniture)
    doc = RecordingDoc(target, pagesize=LETTER, title="Harbours and Pilotage, Title 9 of the Code of Merrow",
                       author="Assembly of the Commonwealth of Merrow", pageTemplates=[template])
    doc.build(story(main, title))
    save_with_labels(target, pdf_path, 0)
