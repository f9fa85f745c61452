"""`docqa ask --format` and `--sections`: what is printed, and of what part of a document."""

import json

import pytest

QUESTION = "What does the tenant of unit 7 pay to the keeper named Alder7?"

pytestmark = pytest.mark.usefixtures("tiny_model")


def test_markdown_has_question_answer_and_numbered_quotes(docqa, note):
    code, out, err = docqa("ask", note, QUESTION, "--format", "md")
    assert code == 0 and out.startswith("# ") and f"## {QUESTION}" in out
    assert "> “" in out and "\\[1\\]" in out and "answer" not in err


def test_html_is_one_page_of_all_questions_and_files(docqa, note, tmp_path, write_file):
    other = write_file(
        "other.txt", "The tenant of unit 8 shall pay 136 dollars to the keeper named Alder8.\n"
    )
    asked = write_file("questions.txt", f"{QUESTION}\nWho is the keeper?\n")
    code, out, _ = docqa(
        "ask",
        note,
        other,
        tmp_path / "none.txt",
        "--each",
        "--questions",
        asked,
        "--format",
        "html",
    )
    assert code == 3 and out.count("<!DOCTYPE html>") == 1 and out.rstrip().endswith("</html>")
    assert "note.txt" in out and "other.txt" in out and "none.txt" in out
    assert out.count('<a href="#q') == 6


def test_json_is_also_a_format(docqa, note):
    _, out, _ = docqa("ask", note, QUESTION, "--format", "json")
    assert json.loads(out)["question"] == QUESTION


@pytest.mark.parametrize("wrong", [("--format", "pdf"), ("--format", "md", "--json")])
def test_an_unknown_or_second_form_is_status_2(refused, note, wrong):
    assert "--format" in refused(2, "ask", note, QUESTION, *wrong)


def test_only_named_sections_answer_and_the_answer_says_so(docqa, refused, write_file):
    lease = write_file(
        "lease.md",
        "# 1. Rent\n\nThe rent is 9 dollars.\n\n# 2. Term\n\nThe rent of the term is 7 dollars.\n",
    )
    code, out, _ = docqa("ask", lease, "What is the rent in dollars?", "--sections", "2", "--json")
    answer = json.loads(out)
    assert answer["coverage"]["warnings"] == ["only the sections 2 were used"]
    assert answer["provenance"]["options"]["sections"] == "2"
    assert answer["evidence"] and all(
        "9 dollars" not in each["text"] for each in answer["evidence"]
    )
    assert "there is no section '5'" in refused(
        3, "ask", lease, "What is the rent?", "--sections", "5"
    )


PAPER = """# Night-Time Oxygen

Ilse Marrand^1^, Tobin de Achterberg

Skarra Marsh Institute, 3 May 2024, doi:10.1234/pond.56

# Abstract

The tenant of unit 7 shall pay 124 dollars to the keeper named Alder7.
"""


def test_a_cite_is_made_of_the_front_matter(docqa, printed, write_file):
    paper = write_file("paper.md", PAPER)
    out = printed("ask", paper, QUESTION, "--format", "bibtex")
    assert "@misc{marrand2024nighttime," in out and "{Ilse Marrand and Tobin de Achterberg}" in out
    assert (
        "title = {{Night-Time Oxygen}}," in out
        and "doi = {10.1234/pond.56}" in out
        and "pages" not in out
    )
    out = printed("ask", paper, QUESTION, "--format", "ris")
    assert (
        "AU  - Tobin de Achterberg\n" in out and "PY  - 2024\n" in out and out.endswith("ER  - \n")
    )
    assert docqa("ask", paper, "Who won?", "--format", "ris")[:2] == (5, "")
