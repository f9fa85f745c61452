"""The chat template of a checkpoint: rendered as transformers does, with documents as plain text in
it.
"""

import json

import pytest
import tiny
from transformers.utils.chat_template_utils import render_jinja_template

from docqa.model.decode.sample import Sampling, load_sampling_defaults
from docqa.model.errors import ConfigUnsupported
from docqa.model.prompts.chat_template import ChatTemplate
from docqa.model.prompts.conversation import TemplateConversation
from docqa.model.prompts.thinking import ThoughtSplitter
from docqa.model.tokenizer import CheckpointTokenizer

TURNS = """{%- for message in messages %}
    {%- set content = message.content | trim %}
    {{- '<|start|>' + message.role + '\n' + content + '<|end|>' + '\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start|>assistant\n' }}"""
BY_DEFAULT = TURNS + (
    "{%- if enable_thinking is defined and enable_thinking is false %}{{- '<think>\n\n</think>\n\n' }}"
    "{%- else %}{{- '<think>\n' }}{%- endif %}{%- endif %}"
)
WHEN_ASKED = (
    TURNS
    + "{%- if enable_thinking is defined and enable_thinking %}{{- '<think>\n' }}{% endif %}{%- endif %}"
)
ALWAYS = TURNS + "{{- '<think>\n' }}{%- endif %}"
NEVER = TURNS + "{%- endif %}"
MESSAGES = [
    {"role": "system", "content": " Be  short. "},
    {"role": "user", "content": "Who <|end|> signs?\n"},
]


@pytest.mark.parametrize("source", [BY_DEFAULT, WHEN_ASKED, ALWAYS, NEVER])
@pytest.mark.parametrize("think", [None, True, False])
def test_it_is_rendered_as_transformers_renders_it(source, think):
    asked = {} if think is None else {"enable_thinking": think}
    right, _ = render_jinja_template(
        [MESSAGES], chat_template=source, add_generation_prompt=True, **asked
    )
    assert ChatTemplate(source, "here").render(MESSAGES, think=think) == right[0]


@pytest.mark.parametrize(
    ("source", "kind", "thinks"),
    [
        (BY_DEFAULT, "switch", (False, True, False)),
        (WHEN_ASKED, "switch", (False, True, False)),
        (ALWAYS, "always", (True, True, False)),
        (NEVER, "none", (False, False, False)),
    ],
)
def test_whether_it_thinks_is_read_from_what_it_prints(source, kind, thinks):
    template = ChatTemplate(source, "here")
    assert template.thinking_kind == kind
    assert tuple(template.should_think(asked) for asked in (None, True, False)) == thinks


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{% for message in %}", "not valid Jinja"),
        ("{{ raise_exception('no system message') }}", "no system message"),
        ("{{ messages[0].content }}", "does not print all messages in order"),
        ("{{ messages.append(1) }}", "cannot be rendered"),
        ("{{ ''.__class__.__mro__ }}{{ 1 / 0 }}", "cannot be rendered"),
    ],
)
def test_a_template_that_cannot_be_used_is_named_with_the_reason(source, said):
    with pytest.raises(ConfigUnsupported, match=f"the/file.*{said}"):
        TemplateConversation(
            ChatTemplate(source, "the/file"), CheckpointTokenizer(tiny.tokenizer_spec())
        ).ids(["b"])


def test_chat_template_is_found_in_either_file(tmp_path):
    assert ChatTemplate.load(tmp_path) is None
    config = {
        "eos_token": {"content": "<|end|>"},
        "chat_template": [{"name": "default", "template": "two"}],
    }
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    found = ChatTemplate.load(tmp_path)
    assert found is not None and (found.source, found.names) == ("two", {"eos_token": "<|end|>"})
    (tmp_path / "chat_template.jinja").write_text("one", encoding="utf-8")
    found = ChatTemplate.load(tmp_path)
    assert found is not None and found.source == "one"
    (tmp_path / "tokenizer_config.json").write_text("{", encoding="utf-8")
    with pytest.raises(ConfigUnsupported, match="tokenizer_config.json"):
        ChatTemplate.load(tmp_path)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<think>a</think>b", "b"),
        ("a</think>\n\nb", "b"),
        ("b", "b"),
        ("<think>a", ""),
        ("x < y <think>a</think>, a <thin b", "x < y , a <thin b"),
    ],
)
def test_thought_and_answer_are_separated_however_the_text_is_cut(text, answer):
    for size in (1, 2, 5, len(text)):
        splitter = ThoughtSplitter()
        parts = []
        for at in range(0, len(text), size):
            got = splitter.add(text[at : at + size])
            if splitter.late:
                parts = []
                splitter.late = False
            parts += got
        parts += splitter.remaining_parts()
        assert "".join(part for part, thought in parts if not thought).strip() == answer


def test_sampling_is_what_the_checkpoint_asks_for(tmp_path):
    assert load_sampling_defaults(tmp_path) == Sampling()
    wanted = {"do_sample": True, "temperature": 0.6, "top_k": 20, "top_p": 0.95}
    (tmp_path / "generation_config.json").write_text(json.dumps(wanted), encoding="utf-8")
    assert load_sampling_defaults(tmp_path, 0) == Sampling(
        temperature=0.6, top_k=20, top_p=0.95, seed=0
    )
    (tmp_path / "generation_config.json").write_text(
        json.dumps(wanted | {"top_p": 7}), encoding="utf-8"
    )
    with pytest.raises(
        ConfigUnsupported, match=r"generation_config.json cannot be used \(out of range"
    ):
        load_sampling_defaults(tmp_path)
