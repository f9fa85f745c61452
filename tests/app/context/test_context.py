"""The Context: token ids in a fixed causal layout, and the way from every token back to its
page.
"""

from array import array

from hypothesis import given, settings
from hypothesis import strategies as st

from docqa.app.context.context import lay_out, prefix_hashes

PAGES = (
    "The keeper returns the deposit within nine days. The lock of the door was broken in March.",
    "",
    "Ünïcode — the tenant’s “notice” is sent to floor 12. 合意書は三月に終わる。",
)


def test_every_token_of_a_passage_leads_to_its_own_characters(document, model):
    context = lay_out([document(*PAGES)], model.tokenizer)
    for token, number in enumerate(context.token_passage):
        if number < 0:
            continue
        page = context.passages[number].passage.page
        offset = context.token_offset[token]
        said = model.tokenizer.decode([context.ids[token]])
        if "\ufffd" not in said:
            assert said.strip() in PAGES[page - 1][max(offset - 1, 0) : offset + len(said) + 1]


def test_passages_own_consecutive_token_ranges_that_decode_to_their_text(document, model):
    context = lay_out([document(*PAGES)], model.tokenizer)
    for placed in context.passages:
        ids = list(context.ids[placed.token_start : placed.token_end])
        assert model.tokenizer.decode(ids).strip() == context.text_of(placed)


def test_page_marks_carry_printed_labels_and_unpaged_text_has_none(document, model):
    paged = lay_out([document("One page.", labels=("xiv",))], model.tokenizer)
    plain = lay_out([document("One page.", paged=False)], model.tokenizer)
    assert "[page xiv]" in model.tokenizer.decode(list(paged.ids))
    assert "[page" not in model.tokenizer.decode(list(plain.ids))


def test_a_document_that_grows_keeps_all_ids_before_its_change(document, model):
    short = lay_out([document(*PAGES)], model.tokenizer)
    grown = lay_out([document(*PAGES, "A fourth page with more.")], model.tokenizer)
    assert list(grown.ids[: len(short)]) == list(short.ids)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 500), min_size=1, max_size=40), st.integers(0, 39))
def test_prefix_hashes_agree_exactly_up_to_the_first_difference(ids, at):
    changed = list(ids)
    changed[min(at, len(ids) - 1)] += 1000
    mine = prefix_hashes(array("i", ids), "profile", 4)
    other = prefix_hashes(array("i", changed), "profile", 4)
    for position in mine:
        assert (mine[position] == other[position]) == (position <= min(at, len(ids) - 1))


def test_another_profile_has_other_hashes():
    ids = array("i", range(9))
    assert not set(prefix_hashes(ids, "a", 4).values()) & set(prefix_hashes(ids, "b", 4).values())
