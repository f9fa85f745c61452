"""Documents to summarize, and a way to summarize them with the tiny checkpoint."""

from collections.abc import Callable

import pytest

from docqa.app.context.context import lay_out
from docqa.app.summary.process import summarize_document
from docqa.app.summary.record import SummaryRecord
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest
from docqa.ingest.types import Document

PAPER = """# Night fishing by herons

## Abstract

We studied whether herons fish at night in four restored lagoons of the southern coast. Herons fished on two of
three nights, and most of all when the moon was high. The results suggest that lamps along the lagoons keep them away.

## Introduction

Herons are watched by day in most of the studies that count them on the coast. It is unknown whether they fish at
night as well. The aim of this study was to find out how often herons fish at night and what keeps them away.

## Methods

Two observers watched each lagoon with a thermal camera from dusk to dawn on sixty nights. They wrote down every
strike. Strikes were recorded for each hour, and the light of the moon was measured with a meter on the dam.

Figure 1. The four lagoons and the places of the cameras in each of them.

## Results

Herons struck 4.1 times an hour on moonlit nights and 1.2 times an hour on dark nights. However, under the lamps of
the harbour they struck only 0.3 times an hour. We found no difference between the four lagoons in any of the months.

## Discussion

Our results show that lamps change where herons fish more than the season does. The study is limited by its single
season and by the small number of lagoons. Further work should follow marked birds through a whole winter.

## References

Smith, J. and Brown, A. (2009) Herons of the coast. Journal of Birds, pp. 12-19, and the notes that belong to it.
"""
CONTRACT = """# Supply Agreement

## 1 Parties

1.1 This agreement is made between Alder Mills Limited (the "Supplier") and Birch Bakeries Limited (the "Buyer").

## 2 Term

2.1 This agreement takes effect on 3 March 2024 and continues for an initial term of two years.

## 3 Supply

3.1 The Supplier shall deliver forty tonnes of flour to the mill of the Buyer in every calendar month.

3.2 The Buyer shall pay the price of each delivery within thirty days of the invoice of the Supplier.

## 4 Liability

4.1 The total liability of the Supplier in a year shall not exceed the price paid by the Buyer in that year.

## 5 Termination

5.1 Either party may terminate this agreement on ninety days of notice in writing to the other party.

## 6 Law

6.1 This agreement is governed by the laws of Scotland, and the courts of Edinburgh have exclusive jurisdiction.
"""


def parsed(text: str, name: str = "a.md") -> Document:
    return read(ReadRequest(name, text.encode(), media_type="md"))


@pytest.fixture(scope="session")
def paper() -> Document:
    return parsed(PAPER, "folder/herons.md")


@pytest.fixture(scope="session")
def contract() -> Document:
    return parsed(CONTRACT, "supply.md")


@pytest.fixture(scope="session")
def summarize(model) -> Callable[..., SummaryRecord]:
    """Function(document, style, **more) -> the record by the tiny checkpoint."""

    def run(document: Document, style: str = "key-points", **more) -> SummaryRecord:
        return summarize_document(
            document, lay_out([document], model.tokenizer), model, style, **more
        )

    return run
