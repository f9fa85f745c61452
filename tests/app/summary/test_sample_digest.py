"""The digest of the sample folder with the bundled weights: every document is named, every cite
holds its words.
"""

from dataclasses import replace

import pytest

from docqa.app.answerers.loading import load_model
from docqa.app.options import Options
from docqa.app.quotes.normalise import fold
from docqa.app.session.engine import open_session
from docqa.app.summary.markdown import digest_markdown, escaped, place
from docqa.app.summary.process import summarize_document

pytestmark = [pytest.mark.weights, pytest.mark.slow]


def test_the_digest_of_the_sample_folder_quotes_every_document(sample_docs):
    options = Options(store=False, preview=False)
    model = load_model(options)
    paths = sorted(path for path in sample_docs.iterdir() if path.suffix in (".pdf", ".xml"))
    records = []
    words = {}
    for path in paths:
        with open_session([str(path)], options, model=model) as session:
            document = replace(session.documents[0], path=path.name)
            record = summarize_document(document, session.context, model, "key-points")
            records.append(record)
            for sentence in record.every_sentence():
                texts = [
                    session.documents[0].pages[(cite.page or 1) - 1].text for cite in sentence.cites
                ]
                assert fold(sentence.text).text in fold("\n".join(texts)).text
                words[escaped(sentence.text)] = escaped(place(sentence))
    digest = digest_markdown(records)
    for path, record in zip(paths, records, strict=True):
        assert f"## {escaped(path.name)}" in digest
        assert record.sentences
    shown = [text for text in words if text in digest]
    assert len(shown) >= 3 * len(paths)
    assert all(
        f"{text} ({words[text]}" in digest or f", {words[text]})" in digest for text in shown
    )
