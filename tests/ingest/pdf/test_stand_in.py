"""Text in fonts that neither the PDF nor the machine has."""

import pytest

from tests.ingest.drawing import one_page
from tests.ingest.reading import pdf_page

LINES = ("わたくしといふ現象は", "ひとつの青い照明です", "風景やみんなといっしょに")


def japanese(encoding: bytes, content: bytes) -> bytes:
    return one_page(
        content,
        b"<< /Type /Font /Subtype /Type0 /BaseFont /Ryumin-Light-%s /Encoding /%s /DescendantFonts [6 0 R] >>"
        % (encoding, encoding),
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /Ryumin-Light /DW 1000 /FontDescriptor 7 0 R "
        b"/CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >> >>",
        b"<< /Type /FontDescriptor /FontName /Ryumin-Light /Flags 4 /FontBBox [-170 -331 1024 903] /Ascent 723 "
        b"/Descent -241 /CapHeight 709 /ItalicAngle 0 /StemV 69 >>",
    )


def coded(text: str) -> bytes:
    return b"<%s> Tj" % text.encode("shift_jis").hex().encode()


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        (
            b"90ms-RKSJ-V",
            b"".join(
                b"BT /F 12 Tf %d 700 Td %s ET\n" % (500 - 20 * number, coded(text))
                for number, text in enumerate(LINES)
            ),
        ),
        (
            b"90ms-RKSJ-H",
            b"".join(
                b"BT /F 12 Tf %d %d Td %s ET\n" % (72 + 12 * at, 700 - 20 * number, coded(letter))
                for number, text in enumerate(LINES)
                for at, letter in enumerate(text)
            ),
        ),
    ],
    ids=["from top to bottom", "letter by letter"],
)
def test_text_in_a_font_that_is_not_there_is_read(encoding, content):
    page = pdf_page(japanese(encoding, content))
    assert "".join(page.text.split()) == "".join(LINES)
