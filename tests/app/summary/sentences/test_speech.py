"""Whose words a sentence is: speech is marked, and is no finding of the document."""

import pytest

from docqa.app.summary.sentences.candidates import UNNAMED, speaker_at

PRAISE = "Our growth in the year was the best that this company has ever seen."
PRESS = f"""The company sold four thousand boats in the year and paid a dividend of nine cents. “We are glad.
{PRAISE} We thank our crews,” said Jane Doe, chief executive officer. The yard of the company has two new docks.
"""


@pytest.mark.parametrize(
    ("text", "words", "speaker"),
    [
        (PRESS, PRAISE, UNNAMED),
        (PRESS, "The yard of the company has two new docks.", None),
        (f'John Smith, CFO, added: "Well. {PRAISE} Thanks."', PRAISE, UNNAMED),
        (f"The wall of the office says this. “Well. {PRAISE} Thanks.”", PRAISE, UNNAMED),
        (
            "This is the “special character of the school environment” in law.",
            "special character",
            None,
        ),
    ],
)
def test_speech_is_told_from_the_documents_own_words(document, text, words, speaker):
    made = document(text)
    start = made.pages[0].text.index(words)
    assert speaker_at(made, 1, start, start + len(words)) == speaker


def test_a_quoted_sentence_is_marked_in_the_summary(summarize, document):
    record = summarize(document(PRESS), "abstract")
    assert all(
        sentence.speaker
        for sentence in record.sentences
        if sentence.text in PRESS.split("“")[1].split("”")[0]
    )
    assert summarize(document(PRESS), "brief").sentences[0].speaker is None
