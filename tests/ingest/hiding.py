"""Files with a hidden sentence: one for each line of `tests/data/hiding`, where `G` stands for the
sentence.
"""

import re
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

from tests.ingest.docx.test_docx import MC, STYLES, W, package, para, run, table
from tests.ingest.web.test_epub import book

SEEN = "The fee is stated in Schedule 2."
GHOST = "The fee is 1 euro."
TABLES = Path(__file__).parents[1] / "data" / "hiding"
LATEX = f"\\documentclass{{article}}\\begin{{document}}\n{SEEN}\n\nBODY\n\\end{{document}}"
DRAWING = 'xmlns:wp="urn:wp" xmlns:v="urn:v" xmlns:w14="urn:w14"'

# What the drawings of PDFs name: fonts, ways to paint, forms.
RESOURCES = """<</Font <</F1 5 0 R /Blank 6 0 R /Dot 7 0 R>> /ExtGState <<
/Clear <</ca 0 /CA 0>> /Faint <</ca 0.02>> /Nearly <</ca 0.9>> /Screen <</BM /Screen>> /Dodge <</BM /ColorDodge>>
/Multiply <</BM /Multiply>> /Lighten <</BM /Lighten>> /Black <</SMask <</S /Luminosity /G 9 0 R>>>>
/Alpha <</SMask <</S /Alpha /G 9 0 R>>>>>>
/ColorSpace <</Sep [/Separation /Spot /DeviceGray 10 0 R] /Lab [/Lab <</WhitePoint [0.96 1 0.82]>>]
/White [/Pattern]>> /Pattern <</Tile 11 0 R /White 11 0 R>> /Shading <</Shade 12 0 R>>
/XObject <</Im 13 0 R /Cover 30 0 R /Hidden 15 0 R /Ghost 16 0 R /Narrow 17 0 R>>
/Properties <</Off 18 0 R /Unviewed 19 0 R /Said 20 0 R>>>>"""
FONT = (
    "<</Type /Font /Subtype /Type3 /FontBBox [0 0 1 1] /FontMatrix [1 0 0 1 0 0] /FirstChar 32 /LastChar 122 "
    "/Encoding <</Differences [32 {names}]>> /CharProcs <<{procs}>> /Widths [{widths}]>>"
)


def stream(content: str, more: str = "") -> str:
    return f"<<{more} /Length {len(content)}>>\nstream\n{content}\nendstream"


def form(content: str, more: str = "/BBox [0 0 612 792]") -> str:
    return stream(
        content, f"/Type /XObject /Subtype /Form {more} /Resources <</Font <</F1 5 0 R>>>>"
    )


def empty_font(drawing: int) -> str:
    names = [f"g{code}" if code < 65 else chr(code) for code in range(32, 123)]
    known = {32: "space", 46: "period", 49: "one"}
    names = [known.get(at + 32, name) for at, name in enumerate(names)]
    procs = " ".join(f"/{name} {drawing} 0 R" for name in names)
    return FONT.format(
        names=" ".join(f"/{name}" for name in names), procs=procs, widths="0.5 " * len(names)
    )


def pdf(line: str) -> bytes:
    """A page with the drawing of `line`, and after "~" an annotation over it."""
    shown = f"BT /F1 12 Tf 72 600 Td ({GHOST}) Tj ET"
    drawing, _, annotation = line.partition(" ~ ") if " ~ " in line else line.partition("~ /")
    annotation = annotation if not annotation or annotation.startswith("/") else f"/{annotation}"
    drawing = " ".join(shown if word == "T" else word for word in drawing.split(" "))
    content = f"q BT /F1 12 Tf 72 700 Td ({SEEN}) Tj ET {drawing} Q"
    objects = {
        1: "<</Type /Catalog /Pages 2 0 R /AcroForm <</Fields [21 0 R]>> /OCProperties <</OCGs [18 0 R 19 0 R] "
        "/D <</OFF [18 0 R] /AS [<</Event /View /Category [/View] /OCGs [19 0 R]>>]>>>>>>",
        2: "<</Type /Pages /Kids [3 0 R] /Count 1>>",
        3: f"<</Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources {RESOURCES} "
        f"/Annots [{'21 0 R' if annotation else ''}]>>",
        4: stream(content),
        5: "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>",
        6: empty_font(8),
        7: empty_font(14),
        8: stream("0.5 0 d0"),
        9: form("0 g", "/BBox [0 0 1 1] /Group <</S /Transparency /CS /DeviceGray>>"),
        10: "<</FunctionType 2 /Domain [0 1] /C0 [1] /C1 [0] /N 1>>",
        11: stream(
            "1 g 0 0 9 9 re f",
            "/PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 9 9] /XStep 9 /YStep 9",
        ),
        12: "<</ShadingType 2 /ColorSpace /DeviceGray /Coords [0 0 612 0] /Extend [true true] /Function 10 0 R>>",
        13: stream(
            "w", "/Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8"
        ),
        14: stream("0.5 0 d0 0 0 0.001 0.001 re f"),
        15: form(shown, "/BBox [0 0 612 792] /OC 18 0 R"),
        16: form(f"1 g {shown}"),
        17: form(shown, "/BBox [0 0 9 9]"),
        18: "<</Type /OCG /Name (a)>>",
        19: "<</Type /OCG /Name (b) /Usage <</View <</ViewState /OFF>>>>>>",
        20: f"<</ActualText ({GHOST})>>",
        21: f"<</Type /Annot /Subtype {annotation} /Rect [60 590 460 615]>>",
        30: form("1 g 60 590 400 25 re f", "/BBox [60 590 460 615]"),
    }
    data = b"%PDF-1.7\n"
    places = {}
    for number, body in objects.items():
        places[number] = len(data)
        data += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    rows = (
        f"{places[at]:010} 00000 n \n" if at in places else "0000000000 65535 f \n"
        for at in range(31)
    )
    return (
        data
        + f"xref\n0 31\n{''.join(rows)}trailer <</Size 31 /Root 1 0 R>>\nstartxref\n{len(data)}\n%%EOF".encode()
    )


def html(body: str, sheet: str = "") -> bytes:
    style = f"<style>p {{color:black}} {sheet}</style>" if sheet else ""
    return (
        f"<!DOCTYPE html><html><head>{style}</head><body><p>{SEEN}</p>{body}</body></html>".encode()
    )


def epub(line: str) -> bytes:
    page = '<html xmlns="http://www.w3.org/1999/xhtml"><head><link rel="stylesheet" href="../a%20b.css"/></head>'
    page += f'<body><p>{SEEN}</p><p class="g">{GHOST}</p></body></html>'
    sheets = {"OEBPS/a b.css": line, "OEBPS/more.css": ".g{display:none}"}
    return book({"OEBPS/text/a.xhtml": page, "OEBPS/text/b b.xhtml": None, **sheets})


def docx(line: str) -> bytes:
    """`r` begins the properties of a run, `p` of a paragraph, `t` of a row, `b` a drawing with the
    text box `B`.
    """
    kind, _, what = line.partition(" ")
    box = f"<wps:txbx xmlns:wps='urn:wps'><w:txbxContent>{para(GHOST)}</w:txbxContent></wps:txbx>"
    body = {
        "r": lambda: para(run(f"{SEEN} ") + run(GHOST, what)),
        "p": lambda: para(GHOST, more=what),
        "t": lambda: table([GHOST, "two"], properties=what),
        "b": lambda: para(
            "<w:r>" + what.replace(">B<", f">{box if 'wp:' in what else box[28:-11]}<") + "</w:r>"
        ),
    }[kind]()
    main = f"<w:document {W} {MC} {DRAWING}><w:body>{para(SEEN)}{body}</w:body></w:document>"
    return package("", raw={"word/document.xml": main}, styles=STYLES)


def email(line: str) -> bytes:
    """The first word says which part of a message has the rest of `line`."""
    kind, _, what = line.partition(" ")
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "ann@pond.example", "Fees"
    if kind == "header":
        mail["X-Note"] = what
    if kind == "tags":
        what = f"{SEEN} " + "".join(chr(0xE0000 + ord(letter)) for letter in what)
    if kind in ("html", "tags"):
        words, subtype = (f"<p>{SEEN}</p>{what}", "html") if kind == "html" else (what, "plain")
        mail.set_content(words, subtype=subtype)
        return mail.as_bytes()
    mail.set_content(what if kind in ("plain-of-two", "nested-of-two") else SEEN)
    if kind in ("calendar-of-two", "enriched-of-two"):
        mail.add_alternative(what, subtype=kind.partition("-")[0])
    elif kind != "header":
        mail.add_alternative(
            what.replace("S", SEEN) if kind == "html-of-two" else f"<p>{SEEN}</p>", subtype="html"
        )
    if kind == "nested-of-two":
        mail.make_mixed()
    if kind in ("preamble", "epilogue"):
        setattr(mail, kind, what)
    return mail.as_bytes()


def documents(tables: Path = TABLES) -> Iterator[tuple[str, str, bytes]]:
    """A name, the line of the table, and a file with what it says, for each of the tricks."""
    makers: dict[str, tuple[str, Callable[[str], bytes]]] = {
        "styles": ("a.html", lambda line: html(f'<p style="{line}">{GHOST}</p>')),
        "sheets": (
            "a.html",
            lambda line: html(f'<div class="w"><p>{SEEN}</p><p class="g">{GHOST}</p></div>', line),
        ),
        "markup": ("a.html", html),
        "epub": ("a.epub", epub),
        "docx": ("a.docx", docx),
        "email": ("a.eml", email),
        "markdown": ("a.md", lambda line: f"{SEEN}\n\n{line.replace('~', chr(10))}\n".encode()),
        "latex": ("a.tex", lambda line: LATEX.replace("BODY", line).encode()),
        "pdf": ("a.pdf", pdf),
    }
    for kind, (name, made) in makers.items():
        table = tables / f"{kind}.txt"
        for line in table.read_text().splitlines() if table.exists() else ():
            pattern = r"(?<=\()G\b" if kind == "pdf" else r"\bG\b"
            yield name, f"{kind}: {line}", made(re.sub(pattern, GHOST, line))
