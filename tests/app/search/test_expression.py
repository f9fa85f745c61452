"""What plain words and regular expressions match."""

import re
import subprocess
import sys
import time
from typing import Any

import pytest

from docqa.app.errors import UsageError
from docqa.app.search.expression import ExpressionPattern, expression_pattern, words_pattern


def found(pattern: Any, text: str) -> list[str]:
    return [text[span.start : span.end] for span in pattern.spans(text)]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("the last day", "on the\nlast  day of"),
        ("agreement", "this agree-\nment ends"),
        ("well-known", "a well-\nknown rule"),
        ('don\'t "stop" - ever', "we don’t “stop” – ever"),
        ("中文字", "中文\n字"),
        ("a+b (c)", "is a+b (c)?"),
    ],
)
def test_plain_words_are_found_as_pages_print_them(words, text):
    assert len(found(words_pattern(words), text)) == 1


def test_case_and_word_ends_count_as_asked():
    text = "Rent, rental, RENT"
    assert found(words_pattern("rent"), text) == ["rent"]
    assert found(words_pattern("rent", ignore_case=True), text) == ["Rent", "rent", "RENT"]
    assert found(words_pattern("rent", ignore_case=True, whole_words=True), text) == [
        "Rent",
        "RENT",
    ]


def test_a_word_takes_linear_time_on_a_text_that_nearly_has_it():
    pattern = words_pattern("a-a-a a a-a b")
    times = []
    for length in (20_000, 80_000):
        begun = time.process_time()
        assert found(pattern, "a-\na a " * length) == []
        times.append(time.process_time() - begun)
    assert times[1] < 10 * times[0] + 0.1


def test_a_space_of_an_expression_goes_over_line_ends():
    text = "Section 4\napplies, and section\n5 (a b)"
    assert found(expression_pattern(r"section \d", ignore_case=True), text) == [
        "Section 4",
        "section\n5",
    ]
    assert found(expression_pattern(r"[ a]{2}"), text) == [" a", "a "]
    assert found(expression_pattern(r"^applies.*$"), text) == ["applies, and section"]
    assert found(expression_pattern(r"(?x) 4 \s applies"), text) == ["4\napplies"]


@pytest.mark.parametrize("written", [r"[]' ]+x", r"[^]' ]+x", r"\[' x", r"[\] ']x", r"\\ x"])
def test_spaces_in_a_class_stay_as_they_are(written):
    text = "a] 'x [' x \\ x [ x ab x"
    assert found(expression_pattern(written), text) == [
        match.group() for match in re.finditer(written, text)
    ]


def test_letters_of_all_scripts_are_word_characters():
    assert found(expression_pattern(r"\w+", whole_words=True), "Größe été мир") == [
        "Größe",
        "été",
        "мир",
    ]


def test_places_without_words_are_no_hits():
    assert found(expression_pattern("x*"), "axxb") == ["xx"]


def test_an_expression_that_explodes_is_stopped():
    pattern = expression_pattern("(x+x+)+y")
    begun = time.process_time()
    with pytest.raises(UsageError, match="takes more than 0.5 seconds"):
        found(
            ExpressionPattern(pattern.pattern, pattern.written, seconds=0.5),
            "y" + "x" * 5000 + "zy",
        )
    assert time.process_time() - begun < 10


def test_many_slow_matches_have_one_limit_together():
    pattern = expression_pattern(r"(?:\w+ )*?\w+?ing")
    with pytest.raises(UsageError, match="make it simpler"):
        found(
            ExpressionPattern(pattern.pattern, pattern.written, seconds=0.2),
            "being seen " * 2_000_000,
        )


@pytest.mark.parametrize("written", ["(", "", "[a", "*"])
def test_what_is_no_expression_is_a_usage_error(written):
    with pytest.raises(UsageError):
        expression_pattern(written)


def test_an_expression_keeps_little_of_a_long_text_in_mind():
    code = (
        "import resource; from docqa.app.search.expression import expression_pattern as of\n"
        "def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024\n"
        "text = 'a word ' * 500_000 + 'b z and b z'; list(of('b z').spans(text)); before = peak()\n"
        r"print(len(list(of(r'((\w+|x)\s+)+z').spans(text))), len(list(of('b z').spans(text))), peak() - before)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *hits, grown = map(int, done.stdout.split())
    assert hits == [1, 2] and grown < 60


@pytest.mark.parametrize("written", ["a{1000000}", "(a{1000}){1000}", "((a{100}){100}){100}"])
def test_counts_that_would_take_hundreds_of_megabytes_are_refused(written):
    with pytest.raises(UsageError, match="over 100,000 times"):
        expression_pattern(written)
