"""The tally of cells that are told by the structure of their table."""

import json

from docqa.app.lab.tables import main

TABLE = "Ponds by state\n\n| State | 2007–08 | 2008–09 |\n|---|---|---|\n| Ohio | 31 | 42 |\n| Texas | 53 | 64 |\n"


def test_cells_are_counted_as_right_wrong_or_none(tmp_path, capsys):
    (tmp_path / "ponds.md").write_text(TABLE, encoding="utf-8")
    asked = [
        ("How many ponds did Texas have in 2008–09?", "64"),
        ("How many ponds did Ohio have in 2008–09?", "31"),
        ("How many ponds did Maine have in 2008–09?", "64"),
    ]
    lines = [json.dumps({"file": "ponds.md", "question": question, "value": value}) for question, value in asked]
    (tmp_path / "cells.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert main(["--data", str(tmp_path / "cells.jsonl")]) == 0
    tally = json.loads(capsys.readouterr().out.splitlines()[-1])["cells.jsonl"]
    assert (tally["right"], tally["wrong"], tally["none"]) == (1, 1, 1)
