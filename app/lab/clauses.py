"""Fit the clause heads (docqa.app.reading.clauses) to contracts whose clauses are marked, those of
roles.py to what it tells, and the kinds of documents.

    python -m docqa.app.lab.clauses --data DATA

DATA: a folder with `qa/train/cuad.jsonl.gz`, contracts in the form of `questions.py` whose
questions are those of the fields that name a clause, and the texts of roles.py. Contracts in plain
words, whose questions are the clauses themselves, are in `questions/contracts.jsonl`. Prints, by
documents left out, how often the best sentence of one that has the clause is in it, and how often
"it has none" is told rightly; writes the file that ships.
"""

import argparse
import json
import re
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from docqa.app.answerers.corpus import Corpus
from docqa.app.answerers.loading import load_model
from docqa.app.eval.questions import read_eval_file
from docqa.app.lab.calibration.fitting import logistic
from docqa.app.options import Options
from docqa.app.reading.clauses import (
    FILE,
    SHORTEST,
    WIDTH,
    ClauseClassifier,
    ClauseSentence,
    clause_sentences,
    sentences_naming_parties,
)
from docqa.app.reading.parties import (
    BEGINS,
    GOES_ON,
    OUTSIDE,
    QUOTES,
    best_state_sequence,
    token_spans,
    word_features,
)
from docqa.app.storage.arrays import save_summed

from .dates import TIMES, date_rows, opening_rows
from .fields import ALSO_MARKED, NARROWED
from .roles import ROLES, kinds, role_rows

FOLDS = 4
PULL = 3e-6
LONGEST = 400_000
LONGEST_NAME = 12
MARKS = set("\"“”('")
NAMES_PULL = 3e-5
KINDS_PULL = 1e-5
# log-odds added to those that a name begins: one that is left out harms more than one too many
RATHER_NAMED = 2.0
Rows = tuple[list[ClauseSentence], np.ndarray]
"""The sentences of a contract, and which has which clause, [sentences, clauses], nan where that is
not known.
"""


def rows_of(path: str, asked: Mapping[str, str]) -> list[Rows]:
    """The rows of every contract; `asked`: the question of each clause."""
    tokenizer = load_model(Options()).tokenizer
    found = []
    for document in read_eval_file(path):
        if len(document.text) > LONGEST:
            continue
        parsed, places = document.parse()
        context = Corpus((parsed,), tokenizer, []).context
        rows = clause_sentences(context)
        starts = [context.passages[row.passage_number].passage.start for row in rows]
        texts = [
            context.text_of(context.passages[row.passage_number])[row.start : row.end]
            for row in rows
        ]
        y = np.full((len(rows), len(asked)), np.nan, dtype=np.float32)
        golds = {question.text: question for question in document.questions}
        for column, (clause, text) in enumerate(asked.items()):
            if clause in golds or text in golds:
                gold = golds.get(clause) or golds[text]
                spans = list(places.spans(gold.spans))
                words = NARROWED.get(clause, "") if gold.text == text else ""
                narrowed = re.compile(words, re.IGNORECASE)
                held = [
                    any(at + row.start < b and a < at + row.end for a, b in spans)
                    and bool(narrowed.search(said))
                    for at, row, said in zip(starts, rows, texts)
                ]
                if any(held) or clause in NARROWED or gold.unanswerable:
                    y[:, column] = held
        found.append((rows, y))
    return found


def named(path: str, question: str, head: ClauseClassifier) -> list[tuple[list[str], list[int]]]:
    """The words of the sentences that name the parties, as `head` tells, and how each stands to the
    names; what a party is called elsewhere in quotation marks is none."""
    tokenizer = load_model(Options()).tokenizer
    found = []
    for document in read_eval_file(path):
        asked = next((each for each in document.questions if each.text == question), None)
        if len(document.text) > LONGEST or asked is None:
            continue
        parsed, places = document.parse()
        text = parsed.pages[0].text
        names = sorted({text[a:b] for a, b in places.spans(asked.spans)}, key=len, reverse=True)
        names = [
            name for name in names if len(name.split()) <= LONGEST_NAME and not MARKS & set(name)
        ]
        names = [
            name
            for name in names
            if not any(mark + name.removeprefix("the ") in text for mark in QUOTES)
        ]
        context = Corpus((parsed,), tokenizer, []).context
        rows = clause_sentences(context)
        for row in sentences_naming_parties(rows, head.scores(rows)):
            found.append(
                _labelled(
                    context.text_of(context.passages[row.passage_number])[row.start : row.end],
                    names,
                )
            )
    return found


def _labelled(sentence: str, names: list[str]) -> tuple[list[str], list[int]]:
    """The words of a sentence and how they stand to `names`, the longest first, wherever they are
    but in quotation marks and brackets: what a party is called there is no name."""
    parts = token_spans(sentence)
    labels = [OUTSIDE] * len(parts)
    for name in names:
        at = sentence.find(name)
        while at >= 0:
            inside = [n for n, each in enumerate(parts) if at <= each.start < at + len(name)]
            if (
                inside
                and not any(labels[n] for n in inside)
                and not MARKS & set(sentence[max(at - 5, 0) : at])
            ):
                labels[inside[0] : inside[-1] + 1] = [BEGINS, *[GOES_ON] * (len(inside) - 1)]
            at = sentence.find(name, at + len(name))
    return [sentence[each.start : each.end] for each in parts], labels


def fit_names(rows: list[tuple[list[str], list[int]]]) -> tuple[np.ndarray, np.ndarray]:
    """Weights [3, WIDTH] of how words stand to names, [3, 3] of one state after another: a
    conditional random field (Lafferty et al. 2001)."""
    around = torch.tensor(np.concatenate([np.stack(word_features(words)) for words, _ in rows]))
    wanted = [torch.tensor(labels) for _, labels in rows]
    lengths = torch.tensor([len(labels) for labels in wanted])
    target = pad_sequence(wanted, batch_first=True)
    there = torch.arange(target.shape[1])[None] < lengths[:, None]
    weights = torch.zeros(WIDTH, 3, requires_grad=True)
    follow = torch.zeros(3, 3, requires_grad=True)
    search = torch.optim.LBFGS([weights, follow], max_iter=60, line_search_fn="strong_wolfe")

    def loss() -> float:
        search.zero_grad()
        each = functional.embedding_bag(around, weights, mode="sum")
        scores = torch.zeros(*there.shape, 3).masked_scatter(
            there[..., None].expand(-1, -1, 3), each
        )
        total = scores[:, 0]
        for at in range(1, there.shape[1]):
            reach = torch.logsumexp(total[:, :, None] + follow[None], 1) + scores[:, at]
            total = torch.where(there[:, at, None], reach, total)
        right = (scores.gather(2, target[..., None])[..., 0] * there).sum(1)
        right = right + (follow[target[:, :-1], target[:, 1:]] * there[:, 1:]).sum(1)
        found = (
            torch.logsumexp(total, 1) - right
        ).sum() / lengths.sum() + NAMES_PULL * weights.square().sum()
        found.backward()
        return found.item()

    search.step(loss)
    follow = follow.detach() + RATHER_NAMED * functional.one_hot(torch.tensor(BEGINS), 3)
    return weights.detach().T.numpy(), follow.numpy()


def matrix(contracts: list[Rows]) -> torch.Tensor:
    """The features of all sentences, sparse [sentences, WIDTH]."""
    rows = [row for found, _ in contracts for row in found]
    ends = np.cumsum([0, *(len(row.features) for row in rows)])
    columns = np.concatenate([row.features for row in rows])
    values = np.repeat([row.weight for row in rows], np.diff(ends)).astype(np.float32)
    return torch.sparse_csr_tensor(
        torch.tensor(ends), torch.tensor(columns), torch.tensor(values), (len(rows), WIDTH)
    )


def fit(contracts: list[Rows]) -> tuple[np.ndarray, np.ndarray]:
    """Logistic regressions of all clauses: weights [clauses, WIDTH] and biases [clauses]."""
    x = matrix(contracts)
    y = torch.tensor(np.concatenate([y for _, y in contracts]))
    known = ~y.isnan()
    wanted = y.nan_to_num()
    rare = ((known.sum(0) - wanted.sum(0)) / wanted.sum(0)).sqrt()
    weights, bias = (
        torch.zeros(*shape, requires_grad=True) for shape in ((WIDTH, y.shape[1]), (y.shape[1],))
    )
    search = torch.optim.LBFGS([weights, bias], max_iter=80, line_search_fn="strong_wolfe")

    def loss() -> float:
        search.zero_grad()
        each = functional.binary_cross_entropy_with_logits(
            x @ weights + bias, wanted, pos_weight=rare, reduction="none"
        )
        total = (each * known).sum() / len(y) + PULL * weights.square().sum()
        total.backward()
        return total.item()

    search.step(loss)
    return weights.detach().T.numpy(), bias.detach().numpy()


def fit_kinds(found: list[np.ndarray], numbers: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Weights [kinds, WIDTH] and biases [kinds] of a softmax regression; documents of all kinds
    count alike.
    """
    x = matrix([([ClauseSentence(0, 0, 0, each) for each in found], np.zeros(0))])
    y = torch.tensor(numbers)
    count = y.bincount()
    weights = torch.zeros(WIDTH, len(count), requires_grad=True)
    bias = torch.zeros(len(count), requires_grad=True)
    search = torch.optim.LBFGS([weights, bias], max_iter=60, line_search_fn="strong_wolfe")

    def loss() -> float:
        search.zero_grad()
        total = (
            functional.cross_entropy(x @ weights + bias, y, 1 / count)
            + KINDS_PULL * weights.square().sum()
        )
        total.backward()
        return total.item()

    search.step(loss)
    return weights.detach().T.numpy(), bias.detach().numpy()


def fit_dates(contracts: str, question: str) -> tuple[np.ndarray, np.ndarray]:
    """Weights [WIDTH] and bias [1] of what a document's date is; prints how often it is right of
    openings left out.
    """
    marked = list(date_rows(contracts, question))
    openings = list(opening_rows())
    right = []
    for fold in range(FOLDS + 1):
        others = [rows for number, rows in enumerate(openings) if number % FOLDS != fold]
        weights, bias = fit([*marked, *others * TIMES])
        head = ClauseClassifier(weights[0], float(bias[0]), 1.0, 0.0)
        right += [
            y[head.scores(rows).argmax(), 0]
            for rows, y in openings[fold::FOLDS]
            if fold < FOLDS and y.any()
        ]
    print(json.dumps({"openings": len(right), "date_right": float(np.mean(right))}))
    return weights[0] * SHORTEST**-0.5, bias


def fit_heads(rows: list[Rows], names: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights [names, WIDTH] and biases [names] by all rows, and lines [names, 2] to log-odds by
    rows left out.
    """
    held = []
    lines = []
    for fold in range(FOLDS):
        weights, bias = fit([row for number, row in enumerate(rows) if number % FOLDS != fold])
        held += [
            (
                np.stack(
                    [ClauseClassifier(w, b, 1.0, 0.0).scores(found) for w, b in zip(weights, bias)],
                    1,
                ),
                y,
            )
            for found, y in rows[fold::FOLDS]
        ]
    for column, name in enumerate(names):
        known = [
            (s[k, column], y[k, column]) for s, y in held if (k := ~np.isnan(y[:, column])).any()
        ]
        best, right, there = np.array(
            [(s.max(), y[s.argmax()], y.any()) for s, y in known], dtype=float
        ).T
        line = logistic(best[:, None], right, pull=1.0)
        sure = line.weights[0] * best + line.bias > 0
        figures = {
            "best_sentence": right[there == 1].mean(),
            "well_told": ((right == 1) == sure).mean(),
        }
        print(
            json.dumps(
                {"clause": name, "documents": len(known), "with": int(there.sum()), **figures}
            )
        )
        lines.append([line.weights[0], line.bias])
    return *fit(rows), np.array(lines)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Fit the clause heads.")
    parser.add_argument("--data", type=Path, required=True, help="folder of data")
    given = parser.parse_args(arguments)
    contracts = str(given.data / "qa/train/cuad.jsonl.gz")
    preset = tomllib.loads(
        files("docqa.app.batch").joinpath("presets/contract.toml").read_text(encoding="utf-8")
    )
    fields = [each for each in preset["field"] if each.get("clause", ROLES[0]) not in ROLES]
    asked = {each["clause"]: ALSO_MARKED.get(each["question"], each["question"]) for each in fields}
    tokenizer = load_model(Options()).tokenizer
    roles = {role: role for role in ROLES}
    plain = str(files("docqa.app.lab").joinpath("questions/contracts.jsonl"))
    found = [
        fit_heads([*rows_of(contracts, asked), *rows_of(plain, asked)], list(asked)),
        fit_heads([*role_rows(given.data, tokenizer), *rows_of(plain, roles)], list(ROLES)),
    ]
    weights, bias, lines = (np.concatenate(parts) for parts in zip(*found))
    at = list(asked).index("parties")
    head = ClauseClassifier(weights[at], bias[at], 1.0, 0.0)
    sentences_of = [*named(contracts, asked["parties"], head), *named(plain, "names", head)]
    part = len(sentences_of) // FOLDS
    names, follow = fit_names(sentences_of[part:])
    same = [
        best_state_sequence(
            np.stack([names[:, row].sum(1) for row in word_features(words)]), follow
        )
        == labels
        for words, labels in sentences_of[:part]
    ]
    print(json.dumps({"sentences_with_names": len(sentences_of), "all_right": sum(same) / part}))
    names, follow = fit_names(sentences_of)
    openings, numbers = kinds(given.data)
    left = np.arange(len(numbers)) % FOLDS == 0
    others = np.flatnonzero(~left).tolist()
    kind, kind_bias = fit_kinds([openings[at] for at in others], [numbers[at] for at in others])
    told = [int((kind[:, row].sum(1) * len(row) ** -0.5 + kind_bias).argmax()) for row in openings]
    print(
        json.dumps({"kinds": int(left.sum()), "right": float(np.equal(told, numbers)[left].mean())})
    )
    kind, kind_bias = fit_kinds(openings, numbers)
    dates, date_bias = fit_dates(contracts, asked["agreement date"])
    scale = np.abs(weights).max(1) / 127
    arrays = {
        "weights": np.round(weights / scale[:, None]).astype(np.int8),
        "scale": scale.astype(np.float32),
        "lines": np.hstack([bias[:, None], lines]).astype(np.float32),
        "names": names.astype(np.float16),
        "follow": follow.astype(np.float32),
        "kinds": kind.astype(np.float16),
        "kind_bias": kind_bias.astype(np.float32),
        "dates": dates.astype(np.float16),
        "date_bias": date_bias.astype(np.float32),
    }
    ship = Path(str(files("docqa.app.reading").joinpath(FILE)))
    save_summed(ship, arrays, names=json.dumps([*asked, *ROLES]))


if __name__ == "__main__":
    main()
