"""What a question takes in one process, and the share of the reader in it."""

import re

from docqa.app.answerers.loading import load_network
from docqa.app.bench.asking import question_row
from docqa.app.options import Options


def test_the_time_of_a_question_says_what_of_it_is_the_readers(tmp_path):
    note = tmp_path / "note.txt"
    note.write_text("The red distress button is held down for five seconds. Guests pay two crowns.\n", encoding="utf-8")
    model = load_network(Options())
    (row,) = question_row(model, note)
    of_reader = re.search(r"own time in it: (\d+\.\d+) s$", row.method)
    assert (row.name, row.unit) == ("question", "s") and of_reader is not None
    assert row.value >= float(of_reader[1]) - 0.01
    assert type(model.reader).__name__ == "ExcerptReader"
    assert list(question_row(model, tmp_path / "gone.pdf")) == []
