"""Letters beyond U+FFFF, of which pdfium makes two characters each, and signs of fonts of
mathematics.
"""

from pathlib import Path

import pytest
import reportlab

from tests.ingest.drawing import Sheet, one_page, stream
from tests.ingest.reading import pdf_page

UNICODE = b"""/CIDInit /ProcSet findresource begin 12 dict begin begincmap
1 begincodespacerange <00> <FF> endcodespacerange
1 beginbfrange <20> <7E> <0020> endbfrange
2 beginbfchar <21> <D835DC54> <23> <D835DC5FD835DC5F> endbfchar
endcmap end end"""


def test_letters_are_those_that_are_shown_and_words_hold_together():
    apart = b" ".join(
        b"12 0 Td" if c == 32 else b"(%c) Tj 8.6 0 Td" % c for c in b"Sum of all fees"
    )
    words = (
        b"BT /F 12 Tf 72 700 Td (the !#-band magnitude of the ! star) Tj 0 -50 Td " + apart + b" ET"
    )
    made = one_page(
        words,
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /FirstChar 0 /LastChar 127 /Widths [%s] "
        b"/ToUnicode 6 0 R >>" % b" ".join([b"500"] * 128),
        stream(UNICODE),
    )
    page = pdf_page(made)
    assert (
        page.text
        == "the \U0001d454\U0001d45f-band magnitude of the \U0001d454 star\nSum of all fees"
    )


def test_a_last_letter_set_apart_is_of_its_word():
    canvas = Sheet()
    x = 72.0
    for word in ("The", "French", "line", "of", "Beijing"):
        canvas.drawString(x, 700, word[:-1])
        canvas.drawString(x + canvas.stringWidth(word[:-1]) + 2.2, 700, word[-1] + " ")
        x += canvas.stringWidth(word + "  ") + 5
    assert pdf_page(canvas.data()).text == "The French line of Beijing"


@pytest.mark.parametrize(
    ("drawn", "words"),
    [
        (b"(Cu) Tj 3 Tc (tt) Tj 0 Tc 25 0 Td (he) Tj", ["Cut", "the"]),
        (b"(A) Tj 0 -40 Td (B) Tj", ["A", "B"]),
    ],
)
def test_words_end_where_there_is_a_gap(drawn, words):
    made = one_page(
        b"BT /F 12 Tf 72 700 Td %b ET" % drawn,
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    assert pdf_page(made).text.split() == words


def test_numbers_of_columns_close_to_each_other_stay_apart():
    canvas = Sheet()
    numbers = [str(number) for number in range(8, 30)]
    for at, number in enumerate(numbers):
        canvas.drawString(72 + 16.5 * at, 700, number)
    assert pdf_page(canvas.data()).text.replace(" |", "").split() == numbers


MINUS = b"""/CIDInit /ProcSet findresource begin 12 dict begin begincmap
1 begincodespacerange <00> <FF> endcodespacerange 1 beginbfchar <21> <2212> endbfchar
endcmap end end"""


def test_values_behind_high_minus_signs_stay_in_their_row():
    rows = [
        (b"0.00", b"3.20"),
        (b"-0.25", b"2.64"),
        (b"-0.50", b"2.68"),
        (b"-1.00", b"2.83"),
        (b"-2.00", b"2.99"),
    ]
    words = b"BT /F 10 Tf 100 700 Td (rate) Tj 90 0 Td (factor) Tj 60 0 Td (size) Tj ET\n"
    for number, (rate, factor) in enumerate(rows):
        sign = b"/G 10 Tf (!) Tj " if rate.startswith(b"-") else b""
        line = b"BT %b/F 10 Tf (%b) Tj 1 0 0 1 190 %d Tm (%b) Tj 60 0 Td (4.1) Tj ET\n"
        words += line.replace(b"BT ", b"BT 1 0 0 1 100 %d Tm ", 1) % (
            688 - 12 * number,
            sign,
            rate.lstrip(b"-"),
            688 - 12 * number,
            factor,
        )
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /%b /FirstChar 0 /LastChar 127 /Widths [%b] "
    widths = b" ".join([b"500"] * 128)
    made = one_page(
        words,
        font % (b"Helvetica", widths) + b">>",
        font % (b"ABCDEF+CMSY10", widths) + b"/ToUnicode 7 0 R /FontDescriptor 8 0 R >>",
        stream(MINUS),
        b"<< /Type /FontDescriptor /FontName /ABCDEF+CMSY10 /Flags 4 /FontBBox [-29 -960 1116 775] /Ascent 750 "
        b"/Descent -960 /CapHeight 683 /ItalicAngle 0 /StemV 40 >>",
        fonts=b"/F 5 0 R /G 6 0 R",
    )
    page = pdf_page(made)
    found = page.text.splitlines()[1:]
    assert found == [
        f"{rate.decode().replace('-', chr(0x2212))} | {factor.decode()} | 4.1"
        for rate, factor in rows
    ]


@pytest.mark.parametrize(
    "words", ["“The keeper’s dog” of 2006–2007", "Der Käfer für 5 €", "français à l'école"]
)
def test_codes_of_a_font_without_encoding_are_those_that_make_words(words):
    codes = words.encode("mac_roman" if "ç" in words else "cp1252")
    drawn = one_page(
        b"BT /F 12 Tf 72 700 Td (%s) Tj ET" % codes,
        b"<< /Type /Font /Subtype /TrueType /BaseFont /ABCDEF+Alder /FontDescriptor 6 0 R >>",
        b"<< /Type /FontDescriptor /FontName /ABCDEF+Alder /Flags 4 /Ascent 9 /Descent 0 /FontFile2 7 0 R >>",
        stream((Path(reportlab.__file__).parent / "fonts" / "Vera.ttf").read_bytes()),
    )
    assert pdf_page(drawn).text == words
