"""`docqa verify` as a person and a script run it."""

import io
import json
from pathlib import Path

import jsonschema
import pytest

from docqa.app.quotes.normalise import FOLDING

LEASE = "4.1 The Tenant shall not assign this lease without consent.\n\n5.1 The deposit is returned within nine days.\n"


@pytest.fixture
def lease(write_file) -> Path:
    return write_file("lease.txt", LEASE)


@pytest.fixture
def brief(tmp_path):
    """Function(text) that writes it to a file and returns the path."""

    def write(text: str) -> Path:
        path = tmp_path / "brief.md"
        path.write_text(text)
        return path

    return write


def test_a_bent_quotation_is_shown_with_its_difference_and_fails_unless_allowed(
    docqa, lease, brief
):
    text = brief('It says "The Tenant may assign this lease without consent" (Section 5.1).')
    code, out, _ = docqa("verify", text, lease)
    assert (code, docqa("verify", text, lease, "--allow-near")[0]) == (5, 0)
    assert f'{text}:1: "The Tenant may assign this lease without consent"' in out
    assert "[not verified: near (some words differ); not where it is cited]" in out
    assert (
        "differs, [-quoted-]{+document+}: The Tenant [-may-]{+shall not+} assign this lease without consent"
        in out
    )
    assert "1 quotation: 1 near, 1 not where cited" in out


def test_anything_absent_is_status_5(docqa, lease, brief):
    code, out, _ = docqa(
        "verify", brief('"The deposit is returned" and "all the cats are fed at noon".'), lease
    )
    assert code == 5
    assert "absent (in none of the documents)" in out


def test_json_has_the_contracts_quotes_and_what_verify_adds(printed, lease, brief, repository):
    out = printed(
        "verify",
        brief('"The deposit is returned within nine days" (Section 5.1).'),
        lease,
        "--json",
    )
    value = json.loads(out)
    assert (value["schema"], value["status"], value["counts"]["exact"]) == (1, "answered", 1)
    (quote,) = value["quotes"]
    schema = json.loads(
        (repository / "app" / "output" / "schemas" / "answer.schema.json").read_text()
    )
    keys = schema["$defs"]["quote"]["properties"]
    contract = {"$defs": schema["$defs"], "$ref": "#/$defs/quote"}
    jsonschema.validate({key: quote[key] for key in keys}, contract)
    assert (quote["grade"], quote["place"], quote["cites"][0]["file"]) == (
        "exact",
        "as_cited",
        str(lease),
    )
    start = quote["cites"][0]["start"]
    end = quote["cites"][0]["end"]
    assert quote["reads"] == "The deposit is returned within nine days"
    assert end - start == len(quote["reads"])
    assert out.count("\n") == 1


def test_a_text_without_quotations_says_so(printed, lease, brief):
    assert "No quotation and no cite was found" in printed(
        "verify", brief("Nothing is quoted here."), lease
    )


def test_the_text_may_come_from_standard_input(printed, lease, monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(b'"The deposit is returned"'))
    monkeypatch.setattr("sys.stdin", stream)
    assert '-:1: "The deposit is returned"' in printed("verify", "-", lease)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("{brief}",), 2, "Missing argument"),
        (("-", "-"), 2, "only once"),
        (("{folder}/none.md", "{lease}"), 3, "does not exist"),
        (("{brief}", "{folder}/none.pdf"), 3, "no such file"),
        (("{empty}", "{lease}"), 3, "is empty"),
    ],
)
def test_what_cannot_be_checked_ends_with_its_status_and_a_line(
    refused, tmp_path, write_file, lease, brief, arguments, code, said
):
    empty = write_file("empty.md", "\n")
    names = {"brief": brief('"quoted words"'), "lease": lease, "folder": tmp_path, "empty": empty}
    assert said in refused(code, "verify", *(argument.format(**names) for argument in arguments))


def test_a_mark_without_partner_is_a_warning_with_its_line(docqa, lease, brief):
    text = brief('One.\nAn "open mark.\n')
    _, _, err = docqa("verify", text, lease)
    assert f"{text}:2: this quotation mark has no partner" in err


def test_the_help_prints_what_verified_means(printed):
    words = " ".join(printed("verify", "--help").split())
    assert all(rule in words for rule in FOLDING.split("; "))


def test_it_loads_no_model_and_no_torch(run_python, lease, brief):
    text = brief('"The deposit is returned within ten days" (Section 5.1).')
    code = (
        f"import sys\nfrom docqa.app.cli import run\nrun(['verify', {str(text)!r}, {str(lease)!r}])\n"
        "print([m for m in ('torch', 'transformers', 'tiktoken') if m in sys.modules])"
    )
    done = run_python(code)
    assert done.stdout.splitlines()[-1] == "[]"
