"""Words as ranking counts them."""

import tracemalloc

from docqa.app.evidence.terms import distinct_terms, terms

LONG = "The tenants paid rents on time. " * 20_000


def test_distinct_terms_of_a_long_text_take_little_memory():
    tracemalloc.start()
    assert distinct_terms(LONG) == set(terms(LONG[:32])) and tracemalloc.get_traced_memory()[
        1
    ] < 4 * len(LONG)
    tracemalloc.stop()
