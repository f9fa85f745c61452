"""Training of the heads for questions on a tiny reader: what is asked for is told, and the file
loads.
"""

import json
from types import SimpleNamespace

from docqa.model.heads.excerpt_reading import ExcerptReader
from docqa.model.heads.question_heads import QuestionKind
from docqa.model.training.heads import question_heads

FORMS = [
    {"question": f"{lead} {name}?", "kind": kind, "alone": alone.format(name), "sign": sign}
    for name in ("dogs", "rent", "heat", "oil")
    for lead, kind, alone, sign in (
        ("which of these allow", "which", "Does it allow {}?", 0),
        ("how many of them have", "count", "Does it have {}?", 0),
        ("in each lease who pays", "each", "Who pays {}?", 0),
        ("most", "compare", "What is the {}?", 1),
    )
]


def test_heads_tell_the_questions_that_they_were_trained_on(
    tmp_path, tiny_reader, read_options, capsys
):
    tiny_reader.write_reader(tmp_path)
    itself = [{"question": f"who wrote {each}?", "itself": True} for each in "abcd"]
    itself += [{"question": f"why is {each} so?", "itself": False} for each in "abcd"]
    split = [
        {"question": f"who pays {e} and when?", "parts": [f"who pays {e}", f"pays {e} when"]}
        for e in "abcd"
    ]
    split += [{"question": f"who pays {e} and c?", "parts": []} for e in "abcd"]
    path = tmp_path / "forms.jsonl"
    behind = [{"question": f"and {each}?", "follows": True} for each in "abcd"]
    behind += [{"question": f"who pays {each}?", "follows": False} for each in "abcd"]
    clauses = [
        {"question": f"{words} {each}?", "clause": name}
        for words, name in (
            ("may one assign", "assignment"),
            ("law of", "governing law"),
            ("rent of", ""),
        )
        for each in "abcd"
    ]
    replies = [{"reply": f"the {each} does not say", "refuses": True} for each in "abcd"]
    replies += [{"reply": f"{each} pays the rent", "refuses": False} for each in "abcd"]
    path.write_text(
        "\n".join(map(json.dumps, [*FORMS, *itself, *behind, *clauses, *split, *replies]))
    )
    question_heads.run(SimpleNamespace(model=tmp_path, forms=path, sets=read_options.sets, seed=0))
    told = [json.loads(line)["head"] for line in capsys.readouterr().out.splitlines()]
    names = [
        "kind",
        "follows",
        "clause",
        "itself",
        "kept",
        "kept",
        "two",
        "parts",
        "parts",
        "refuses",
    ]
    assert sorted(told) == sorted(names)
    reader = ExcerptReader(tmp_path)
    kinds = [reader.parse_question_of_several(form["question"]).kind for form in FORMS]
    right = [QuestionKind.MOST if form["sign"] else QuestionKind(form["kind"]) for form in FORMS]
    assert sum(a is b for a, b in zip(kinds, right, strict=True)) >= 12
    assert reader.asks_about_document("who wrote a?")
    assert [reader.clause_that_answers(f"{words} a?") for words in ("law of", "rent of")] == [
        "governing law",
        "",
    ]
    assert reader.is_refusal("the a does not say") and not reader.is_refusal("b pays the rent")
    assert reader.needs_earlier_question("and a?") and not reader.needs_earlier_question(
        "who pays a?"
    )
