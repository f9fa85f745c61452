"""What stands between quotation marks stands in the text, whatever the model would have written."""

import pytest
import torch

from docqa.model.decode.quotation import LONGEST_QUOTATION, QuotableText, QuotingRule
from docqa.model.folder import BUNDLED
from docqa.model.tokenizer import CheckpointTokenizer

LEASE = (
    "The tenant pays 119 dollars before the ninth day. “Premises” means the house. The tenant doesn’t keep dogs. "
    "The landlord keeps the roof in repair."
)


@pytest.fixture(scope="module")
def tokenizer():
    return CheckpointTokenizer.load(BUNDLED)


def unlikely(tokenizer):
    """Logits under which no token is likely."""
    return torch.full((tokenizer.vocab_size,), -10.0)


def written(tokenizer, wishes, text=LEASE, most=200):
    """What comes of a model that wants to write `wishes`; it gives up a wish where the rule takes
    another token.
    """
    rule = QuotingRule(QuotableText(text), tokenizer, tokenizer.eos_ids)
    tokens = []
    for wish in wishes:
        for token in tokenizer.encode(wish):
            logits = unlikely(tokenizer)
            logits[
                tokenizer.encode('"')[0]
            ] = -5.0  # the mark is likelier than anything that is not wanted
            logits[token] = 5.0
            tokens.append(rule.choose(logits))
            if tokens[-1] != token:
                break
        assert len(tokens) < most
    while rule.is_quoting and len(tokens) < most:
        logits = unlikely(tokenizer)
        logits[tokenizer.eos_ids[0]] = 5.0
        tokens.append(rule.choose(logits))
    return tokenizer.decode(tokens)


def test_words_of_the_text_are_quoted(tokenizer):
    wish = 'He pays "119 dollars before the ninth day".'
    assert written(tokenizer, [wish]) == wish


def test_a_quotation_that_cannot_go_on_is_closed(tokenizer):
    said = written(tokenizer, ['He pays "119 dollars every Friday" of the month'])
    assert said == 'He pays "119 dollars"'


def test_prose_is_free_and_the_first_letter_may_change_its_case(tokenizer):
    wish = 'Elephants sing: "the landlord keeps the roof" every day.'
    assert written(tokenizer, [wish]) == wish


def test_a_text_does_not_end_inside_a_quotation(tokenizer):
    assert written(tokenizer, ['See "The tenant pays 1']) == 'See "The tenant pays 119"'


def test_marks_of_the_document_inside_a_quotation_do_not_close_it(tokenizer):
    for wish in (
        'So "before the ninth day. "Premises" means the house" it is.',
        'So "The tenant doesn\'t keep dogs" it is.',
    ):
        assert written(tokenizer, [wish]) == wish


def test_an_empty_document_leaves_no_quotation_open(tokenizer):
    said = written(tokenizer, ['He says "yes" to that.'], text="")
    assert said.count('"') == 2 and "yes" not in said


def test_a_quotation_does_not_swallow_the_whole_document(tokenizer):
    text = " ".join(f"clause {number} is in force and stays so" for number in range(200))
    said = written(tokenizer, [f'It says "{text}"'], text, most=3000)
    _, quoted, _ = said.split('"')
    assert quoted in text and len(quoted) <= LONGEST_QUOTATION + 12


def test_a_line_does_not_begin_with_the_number_of_a_sentence(tokenizer):
    rule = QuotingRule(QuotableText(LEASE), tokenizer, tokenizer.eos_ids)
    mark, word, line = (tokenizer.encode(text)[0] for text in ("[", "rent", "\n"))
    chosen = []
    for wanted in (word, mark, line, word):
        logits = unlikely(tokenizer)
        logits[wanted], logits[mark] = 4.0, 5.0
        chosen.append(rule.choose(logits))
    assert chosen[:2] == [word, mark]
