"""Documents and questions in one conversation: the same ids before and of the documents, whatever
is asked.
"""

import pytest
import tiny

from docqa.model.errors import ConfigUnsupported
from docqa.model.prompts.chat_template import ChatTemplate
from docqa.model.prompts.conversation import TemplateConversation
from docqa.model.prompts.written_prompt import PromptQuestion
from docqa.model.tokenizer import CheckpointTokenizer

TURNS = """{%- for message in messages %}
    {{- '<|start|>' + message.role + '\n' + message.content | trim + '<|end|>\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|start|>assistant\n' }}"""
PLAIN = TURNS + "{%- endif %}"
THINKS = (
    TURNS
    + "{%- if enable_thinking is undefined or enable_thinking %}{{- '<think>\n' }}{%- endif %}{%- endif %}"
)
NO_SYSTEM = "{%- if messages[0].role == 'system' %}{{- raise_exception('no') }}{%- endif %}" + PLAIN


@pytest.fixture(scope="module")
def tokenizer() -> CheckpointTokenizer:
    spec = tiny.tokenizer_spec()
    first = 1 + max(
        [*spec["model"]["vocab"].values(), *(token["id"] for token in spec["added_tokens"])]
    )
    names = ["<|start|>", "<|end|>", "<think>", "</think>"]
    spec["added_tokens"] += [
        {"id": first + at, "content": name, "special": True} for at, name in enumerate(names)
    ]
    return CheckpointTokenizer(spec)


@pytest.mark.parametrize("source", [PLAIN, THINKS, NO_SYSTEM])
def test_a_question_follows_the_documents_in_the_message_that_they_opened(source, tokenizer):
    talk = TemplateConversation(ChatTemplate(source, "here"), tokenizer)
    asked = talk.ids([talk.form.asked(PromptQuestion("Who <|end|> signs?"))])
    before = tokenizer.decode(talk.opening_ids())
    behind = tokenizer.decode(asked)
    assert before.count("<|start|>") == (1 if source == NO_SYSTEM else 2)
    assert before.endswith("<|start|>user\n") != (source == NO_SYSTEM)
    assert "one short sentence" in behind and "one short sentence" not in before
    assert "Question: Who <|end|> signs?" in behind and behind.endswith("<|start|>assistant\n")
    ends = [token for token in asked if token == tokenizer.token_id("<|end|>")]
    assert len(ends) == 1  # that of the template: words of a question are no control tokens


def test_a_mended_answer_stands_behind_the_first_one(tokenizer):
    talk = TemplateConversation(ChatTemplate(PLAIN, "here"), tokenizer)
    text = tokenizer.decode(
        talk.ids([talk.form.asked(PromptQuestion("Who signs?")), "Ann signs.", "Cite it."])
    )
    places = [text.index(words) for words in ("Who signs?", "Ann signs.", "Cite it.")]
    assert (
        places == sorted(places)
        and text.count("<|start|>") == 3
        and text.count("That was the text") == 1
    )


def test_a_model_that_thinks_is_left_where_its_thought_begins(tokenizer):
    talk = TemplateConversation(ChatTemplate(THINKS, "here"), tokenizer)
    assert tokenizer.decode(
        talk.ids([talk.form.asked(PromptQuestion("Who?"))], think=True)
    ).endswith("<think>\n")
    assert not tokenizer.decode(talk.ids([talk.form.asked(PromptQuestion("Who?"))])).endswith(
        "<think>\n"
    )


def test_a_template_that_drops_a_message_is_refused(tokenizer):
    template = ChatTemplate("{{ messages[0].content }}{{ messages[-1].content }}", "here")
    with pytest.raises(ConfigUnsupported, match="all messages"):
        TemplateConversation(template, tokenizer).ids(["Who?", "Ann.", "And?"])
