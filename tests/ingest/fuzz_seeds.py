"""The seed corpus of the fuzzing: small PDFs, each with other parts of the format, the same bytes
at every run.
"""

import io
from collections.abc import Callable

from drawing import Sheet, bytes_of
from pypdf import PdfWriter
from pypdf.annotations import FreeText, Link
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, TextStringObject
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

SENTENCE = (
    "The warden opens the gate at the turn of the tide and notes the level in the book of the lock."
)


def drawn(
    paint: Callable[[Canvas], None], *, packed: bool = False, password: str | None = None
) -> bytes:
    """A PDF by reportlab; plain streams let a mutation reach the drawing itself."""
    lock = StandardEncryption(password, strength=128) if password is not None else None
    canvas = Sheet(pageCompression=int(packed), invariant=1, encrypt=lock)
    paint(canvas)
    return canvas.data()


def text(canvas: Canvas) -> None:
    for page in range(3):
        canvas.setFont("Helvetica", 9)
        canvas.drawString(72, 760, f"Rules of the lock, page {page + 1}")
        for row in range(20):
            canvas.setFont("Helvetica-Bold" if row == 0 else "Times-Roman", 14 if row == 0 else 10)
            canvas.drawString(72, 720 - 14 * row, f"{page + 1}.{row} {SENTENCE}")
        canvas.showPage()


def columns(canvas: Canvas) -> None:
    canvas.setFont("Times-Roman", 9)
    for row in range(40):
        canvas.drawString(60, 700 - row * 12, f"left{row} words of the first column run on here")
        canvas.drawString(322, 700 - row * 12, f"right{row} words of the second column go here")


def numbered(canvas: Canvas) -> None:
    canvas.setFont("Courier", 10)
    for row in range(1, 26):
        canvas.drawString(40, 740 - row * 24, str(row))
        canvas.drawString(80, 740 - row * 24, SENTENCE[:60])


def hidden(canvas: Canvas) -> None:
    text(canvas)
    for mode, grey in ((3, 0.0), (0, 1.0), (7, 0.0)):
        line = canvas.beginText(72, 600 - 20 * mode)
        line.setTextRenderMode(mode)
        line.setFillGray(grey)
        line.textOut("The official total is one dollar.")
        canvas.drawText(line)
    canvas.rect(60, 580, 300, 40, stroke=0, fill=1)
    window = canvas.beginPath()
    window.rect(300, 300, 50, 50)
    canvas.clipPath(window, stroke=0)
    canvas.drawString(72, 100, SENTENCE)


def pictures(canvas: Canvas) -> None:
    from PIL import Image

    canvas.drawImage(ImageReader(Image.linear_gradient("L").convert("RGB")), 0, 0, 612, 792)
    canvas.drawString(72, 700, SENTENCE)
    canvas.beginForm("stamp")
    canvas.drawString(10, 10, "Received at the lock")
    canvas.endForm()
    canvas.saveState()
    canvas.rotate(30)
    canvas.doForm("stamp")
    canvas.restoreState()


def outline(canvas: Canvas) -> None:
    canvas.addPageLabel(0, "ROMAN_LOWER", 1)
    for level, title in enumerate(("Rules", "Tides", "Tolls")):
        canvas.bookmarkPage(title)
        canvas.addOutlineEntry(title, title, level)
        canvas.drawString(72, 700, f"{level + 1} {title}")
        canvas.drawString(72, 680, SENTENCE)
        canvas.acroForm.textfield(name=f"field{level}", x=72, y=600, value="filled in")
        canvas.showPage()


def furnished() -> bytes:
    """Layers, an attachment, annotations, a turned page: what pypdf can add."""
    writer = PdfWriter(clone_from=io.BytesIO(drawn(text)))
    page = writer.pages[0]
    group = writer._add_object(
        DictionaryObject(
            {
                NameObject("/Type"): NameObject("/OCG"),
                NameObject("/Name"): TextStringObject("Draft"),
            }
        )
    )
    resources = DictionaryObject(page["/Resources"].get_object())  # type: ignore[arg-type]
    resources[NameObject("/Properties")] = DictionaryObject({NameObject("/L"): group})
    page[NameObject("/Resources")] = resources
    content = page.get_contents()
    assert content is not None
    content.set_data(b"/OC /L BDC\n" + content.get_data() + b"\nEMC")
    page[NameObject("/Contents")] = writer._add_object(content)
    shown = DictionaryObject({NameObject("/OFF"): ArrayObject([group])})
    writer.root_object[NameObject("/OCProperties")] = DictionaryObject(
        {NameObject("/OCGs"): ArrayObject([group]), NameObject("/D"): shown}
    )
    writer.add_attachment("tides.txt", b"high at noon")
    writer.add_annotation(1, FreeText(text="A note in the margin", rect=(50, 550, 200, 650)))
    writer.add_annotation(1, Link(rect=(50, 50, 200, 70), target_page_index=2))
    writer.pages[2].rotate(90)
    writer.pages[2][NameObject("/UserUnit")] = NumberObject(2)
    return bytes_of(writer)


def object_stream() -> bytes:
    """All but the pages' content in an object stream, found by a cross-reference stream."""
    inner = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 5 0 R/Resources<</Font<</F1 4 0 R>>>>>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    heads = b"".join(
        b"%d %d " % (at + 1, sum(len(part) + 1 for part in inner[:at])) for at in range(4)
    )
    held = heads + b"\n".join(inner)
    content = b"BT /F1 12 Tf 72 700 Td (%s) Tj ET" % SENTENCE.encode()
    out = b"%PDF-1.7\n"
    places = {}
    for number, head, body in (
        (5, b"", content),
        (6, b"/Type/ObjStm/N 4/First %d" % len(heads), held),
    ):
        places[number] = len(out)
        out += b"%d 0 obj\n<<%s/Length %d>>stream\n%s\nendstream\nendobj\n" % (
            number,
            head,
            len(body),
            body,
        )
    rows = [
        (0, 0, 255),
        *((2, 6, at) for at in range(4)),
        (1, places[5], 0),
        (1, places[6], 0),
        (1, len(out), 0),
    ]
    table = b"".join(
        bytes([kind]) + place.to_bytes(4, "big") + bytes([at]) for kind, place, at in rows
    )
    xref = b"7 0 obj\n<</Type/XRef/Size 8/W[1 4 1]/Root 1 0 R/Length %d>>stream\n%s\nendstream\nendobj\n"
    return out + xref % (len(table), table) + b"startxref\n%d\n%%%%EOF\n" % len(out)


def seeds() -> dict[str, bytes]:
    """The corpus, by name."""
    return {
        "text": drawn(text),
        "text_packed": drawn(text, packed=True),
        "text_locked": drawn(text, password=""),
        "columns": drawn(columns),
        "numbered": drawn(numbered),
        "hidden": drawn(hidden),
        "pictures": drawn(pictures),
        "outline": drawn(outline),
        "furnished": furnished(),
        "object_stream": object_stream(),
    }
