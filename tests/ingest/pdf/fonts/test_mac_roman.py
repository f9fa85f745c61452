"""Letters of Windows that are read by the table of the Mac."""

import pytest

from docqa.ingest.pdf.fonts.mac_roman import with_windows_letters


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("La DurÈe du contrat", "La Durée du contrat"),
        ("Allg‰u, f¸r K‰ufer und ÷lm¸hle", "Allgäu, für Käufer und Ölmühle"),
    ],
)
def test_letters_are_those_that_make_words(read, meant):
    assert with_windows_letters(read, lambda _: "F") == meant


@pytest.mark.parametrize("text", ["ÈCOLE 5‰ of a≈b", "fa¸cade, na¨ıve", "Tiếng Durée", "für K‰r"])
def test_other_texts_keep_their_letters(text):
    assert with_windows_letters(text, lambda _: "F") == text


def test_only_the_font_that_is_wrong_is_read_anew():
    text = "DurÈe et ÈTÉ"
    assert with_windows_letters(text, lambda at: "F" if at < 5 else "G") == "Durée et ÈTÉ"
