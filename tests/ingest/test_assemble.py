"""The grade of a page by its text."""

import pytest

from docqa.ingest.assemble import grade_page_text


@pytest.mark.parametrize("text", ["ٱĴǎƶơǎƹŎķຊا࠘᧽䋔ٱ˄Ⱊاور 䆀ឮᑽٱĴǎ", "Ԕΰ ߙΨ́ϣķϙ ʆϢڞж ϸЇΰ ԔϣΨ"])
def test_words_of_letters_of_several_scripts_are_doubtful(text):
    assert grade_page_text(text) == "C"


@pytest.mark.parametrize(
    "text",
    [
        "Масса нетто Δt и ток, напряжение, сопротивление",
        "大韓民國은 民主共和國이다. PDF文書の電子署名、ナンバーＡ４",
        "Zażółć gęślą jaźń; ψυχή και σώμα; הגדרה של שער, تعريف البوابة",
    ],
)
def test_texts_in_several_scripts_are_not(text):
    assert grade_page_text(text) == "A"
