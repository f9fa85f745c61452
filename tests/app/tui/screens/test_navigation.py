"""Cites of an open document: followed by keys and clicks, shown in the text, copied."""

import threading
from dataclasses import replace
from typing import Any

import pytest

from docqa.app.answer.answer import EvidenceItem, Statement
from docqa.app.answer.events import Finished, Preview, ReadProgress
from docqa.app.answer.grades import Support

from .. import conftest as tui

WIDE = (120, 40)
NARROW = (80, 24)


@pytest.mark.parametrize("size", [WIDE, pytest.param(NARROW, marks=pytest.mark.slow)])
async def test_a_cite_is_followed_to_its_exact_span_and_back(running, answered, size):
    async with running(size=size) as pilot:
        panes = await tui.ask(pilot)
        assert "85 dollars" in tui.shown(panes.answers)
        before = panes.page.place
        await pilot.press("alt+n")
        assert tui.reversed_text(panes.page) == "The fee of part 5 is 85 dollars, payable in March."
        assert panes.page.place[0] in (4, 5)
        await pilot.press("alt+n")
        assert tui.reversed_text(panes.page) == "The fee of part 9 is 153 dollars"
        await pilot.press("alt+p")
        assert tui.reversed_text(panes.page) == "The fee of part 5 is 85 dollars, payable in March."
        await pilot.press("alt+left", "alt+left", "alt+left")
        assert panes.page.place == before


async def test_a_number_goes_to_that_cite_and_the_third_is_evidence(running, answered):
    async with running() as pilot:
        panes = await tui.ask(pilot)
        await pilot.press("alt+3")
        assert (
            tui.passage_text(panes.page)
            == "The keeper of part 7 writes line 3 of the register before noon."
        )
        assert tui.reversed_text(panes.page) == ""
        await pilot.press("alt+n")  # round the end
        assert "85 dollars" in tui.reversed_text(panes.page)
        await pilot.press("alt+p")
        assert "part 7" in tui.passage_text(panes.page)


async def test_what_else_was_looked_at_is_folded_and_stepped_over(running, answered):
    async with running() as pilot:
        panes = await tui.ask(pilot)
        card = panes.answers.cards[0]
        assert "▸ Also looked at (1)" in tui.shown(card)
        assert "writes line 3" not in tui.shown(card)
        await pilot.press("alt+n", "alt+n", "alt+n")
        assert card.current == 0
        await pilot.press("alt+v")
        await tui.until(pilot, lambda: "writes line 3" in tui.shown(card))
        await pilot.press("alt+p")
        assert card.current == 2
        await pilot.press("alt+n", "alt+v")
        await tui.until(pilot, lambda: "▸ Also looked at (1)" in tui.shown(card))


async def test_a_cite_that_is_clicked_highlights_its_span(running, answered):
    async with running() as pilot:
        panes = await tui.ask(pilot)
        card = panes.answers.cards[0]
        await tui.until(pilot, lambda: "p. 7 (PDF 9)" in tui.shown(card))
        lines = tui.shown(card).split("\n")
        (row,) = [y for y, line in enumerate(lines) if "p. 7 (PDF 9)" in line]
        # The border and the padding of a card come before its text.
        await pilot.click(card, offset=(lines[row].index("p. 7") + 3, row))
        await tui.until(pilot, lambda: "153" in tui.reversed_text(panes.page))


async def test_a_cite_of_a_preliminary_answer_is_followed_while_reading_goes_on(running, session):
    go = threading.Event()
    answer = tui.answer_of(session.documents[0])
    session.script[:] = [
        Preview(answer),
        ReadProgress(1000, 4000, 500.0, 6.0),
        go,
        Finished(answer),
    ]

    async with running() as pilot:
        panes = await tui.opened(pilot)
        await pilot.press("x", "enter")
        await tui.until(pilot, lambda: "p. 7 (PDF 9)" in tui.shown(panes.answers))
        card = panes.answers.cards[0]
        assert card.turn.running
        lines = tui.shown(card).split("\n")
        (row,) = [y for y, line in enumerate(lines) if "p. 7 (PDF 9)" in line]
        await pilot.click(card, offset=(lines[row].index("p. 7") + 3, row))
        await tui.until(
            pilot, lambda: tui.reversed_text(panes.page) == "The fee of part 9 is 153 dollars"
        )
        place = panes.page.place
        go.set()
        await tui.until(pilot, lambda: not card.turn.running)
        assert tui.reversed_text(panes.page) == "The fee of part 9 is 153 dollars"
        assert (card.current, panes.page.place) == (1, place)
        assert "85 dollars" in tui.shown(panes.answers)


async def test_numbers_go_to_the_cites_that_there_are(running, session):
    document = session.documents[0]
    quotes = tuple(
        tui.quote_of(document, f"The fee of part {n} is {n * 17} dollars") for n in range(1, 10)
    )
    session.script[:] = [Finished(tui.answer_of(document, quotes=quotes, evidence=()))]

    async with running() as pilot:
        panes = await tui.ask(pilot)
        for number in (9, 4, 8, 5, 7, 6, 2, 3, 1):
            await pilot.press(f"alt+{number}")
            assert (
                tui.reversed_text(panes.page)
                == f"The fee of part {number} is {number * 17} dollars"
            )
        panes.answers.current.stops = panes.answers.current.stops[:4]
        await pilot.press("alt+7")
        assert panes.answers.current.current == 0


async def test_a_quote_is_found_on_its_page_and_nothing_is_verified(running, answered):
    async with running() as pilot:
        panes = await tui.ask(pilot)
        text = tui.flat(panes.answers)
        assert "quote found on p. 3 (PDF 5)" in text
        assert "p. 7 (PDF 9) ≈ other signs between the words" in text
        assert "verified" not in text
        green = pilot.app.theme_variables["text-success"]
        styles = [part.style for y in range(10) for part in panes.answers.cards[0].render_line(y)]
        assert green not in [style.color.name for style in styles if style and style.color]


@pytest.mark.parametrize(
    ("changes", "first"),
    [
        ({"confidence": 0.93}, "● ███████░ 93 % very likely right 85 dollars 1 “The fee"),
        ({"confidence": 0.4}, "● ███░░░░░ 40 % uncertain 85 dollars"),
        (
            {
                "status": "possible",
                "answer": None,
                "refused": True,
                "quotes": (),
                "confidence": 0.3,
            },
            "◐ 1 Possibly on p. 5 (PDF 7): The keeper of part 7 writes line 3 of the register before noon. ██░░░░░░ 30",
        ),
        (
            {"status": "not_found", "answer": None, "refused": True, "quotes": ()},
            "○ Not found 1 7 Duties of keeper 7",
        ),
    ],
)
async def test_a_card_begins_with_what_it_is_and_how_sure(running, session, changes, first):
    session.script[:] = [Finished(tui.answer_of(session.documents[0], **changes))]

    async with running() as pilot:
        panes = await tui.ask(pilot)
        assert f"{tui.QUESTION} {first}" in tui.flat(panes.answers)
        assert "confidence 0." not in tui.flat(panes.answers)


async def test_a_refusal_opens_the_best_place_and_counts_nothing(running, session):
    refusal = tui.answer_of(
        session.documents[0], status="not_found", answer=None, refused=True, quotes=()
    )
    session.script[:] = [Finished(refusal)]

    async with running() as pilot:
        panes = await tui.ask(pilot)
        text = tui.shown(panes.answers)
        assert "Not found" in text
        assert "Searched" not in text
        await tui.until(pilot, lambda: "7. Duties of keeper 7" in tui.shown(panes.page))
        await pilot.press("alt+n")
        assert "part 7" in tui.passage_text(panes.page)


async def test_what_is_possible_stands_first_and_leads_to_its_passage(running, session):
    document = session.documents[0]
    lines = [document.pages[page - 1].text.split("\n")[3] for page in (7, 8)]
    evidence = tuple(
        EvidenceItem(document.path, page, str(page - 2), 1.0, line)
        for page, line in zip((7, 8), lines)
    )
    refusal = {
        "status": "possible",
        "answer": None,
        "refused": True,
        "quotes": (),
        "evidence": evidence,
    }
    session.script[:] = [Finished(tui.answer_of(document, **refusal))]

    async with running() as pilot:
        panes = await tui.ask(pilot)
        text = tui.flat(panes.answers)
        assert (
            f"1 Possibly on p. 5 (PDF 7): {lines[0]} ███████░ 90 % may well answer ▸ More passages (1)"
            in text
        )
        assert text.count(lines[0]) == 1
        await pilot.press("alt+n")
        assert "part 7" in tui.passage_text(panes.page)


async def test_a_list_shows_its_items_with_the_numbers_of_their_quotes(running, session):
    statements = (
        Statement("85 dollars", Support.QUOTED, (0,)),
        Statement("153 dollars", Support.PARTLY, (1,)),
    )
    answer = tui.answer_of(
        session.documents[0], answer="85 dollars; 153 dollars", statements=statements
    )
    session.script[:] = [Finished(answer)]

    async with running() as pilot:
        panes = await tui.ask(pilot)
        assert "• 85 dollars (1) • 153 dollars (2) [partly supported]" in tui.flat(panes.answers)


async def test_y_copies_the_quote_with_its_cite(running, answered):
    async with running() as pilot:
        await tui.ask(pilot)
        await pilot.press("alt+2", "ctrl+y")
        assert pilot.app.clipboard == "“The fee of part 9 is 153 dollars” (lease.pdf, p. 7 (PDF 9))"


async def test_a_cite_has_one_location_on_card_and_status_and_clipboard(running, session):
    document = session.documents[0]
    quote = tui.quote_of(document, "The fee of part 9 is 153 dollars")
    quote = replace(quote, cites=(replace(quote.cites[0], section="Article 9"),))
    session.script[:] = [Finished(tui.answer_of(document, quotes=(quote,), evidence=()))]

    async with running() as pilot:
        panes = await tui.ask(pilot)
        place = "Article 9 · p. 7 (PDF 9)"
        assert f"quote found in {place}" in tui.flat(panes.answers)
        await pilot.press("alt+1", "ctrl+y")
        assert f"cite 1 of 1 · {place}" in tui.screen_text(pilot)
        assert pilot.app.clipboard == f"“The fee of part 9 is 153 dollars” (lease.pdf, {place})"
        await pilot.press("home")
        assert place not in tui.screen_text(pilot).split("\n")[-3]


async def test_the_first_cite_of_an_answer_is_shown_at_once(running, answered):
    async with running() as pilot:
        panes = await tui.ask(pilot)
        await tui.until(pilot, lambda: pilot.app.screen.navigation._way_back)  # it was gone to
        await tui.until(pilot, lambda: "The fee of part 5" in tui.shown(panes.page))
        await pilot.press("alt+left")
        await tui.until(pilot, lambda: panes.page.place == (1, 0))


async def test_the_status_names_the_place_of_the_target(running, session):
    async with running() as pilot:
        panes = await tui.opened(pilot)
        await pilot.press("escape", "ctrl+f", *"part 8 is", "enter")
        assert panes.page.place[0] < 8
        assert "hit 1 of 1 · 8 Duties of keeper 8 · p. 6 (PDF 8)" in tui.screen_text(pilot)


async def test_the_next_best_answer_passes_over_what_was_shown(running, answered):
    document = answered.documents[0]
    asked: list[tuple[str, int]] = []

    def ask_again(question: str, without: Any, nearest: int = 0) -> Any:
        asked.append((question, len(without)))
        return tui.answer_of(
            document, answer="153 dollars", quotes=(tui.quote_of(document, "The fee of part 9"),)
        )

    answered.ask_again = ask_again

    async with running() as pilot:
        panes = await tui.opened(pilot)
        await pilot.press("ctrl+t")
        assert "no answer yet" in tui.notices(pilot)
        await tui.ask(pilot)
        await pilot.press("ctrl+t")
        await tui.until(pilot, lambda: "153 dollars" in tui.flat(panes.answers.cards[-1]))
        assert asked == [(tui.QUESTION, 2)]
        assert [card.turn.question for card in panes.answers.cards] == [tui.QUESTION] * 2


async def test_earlier_questions_fold_to_two_lines(running, answered):
    async with running() as pilot:
        panes = await tui.ask(pilot, "one")
        whole = panes.answers.cards[0].size.height
        await tui.ask(pilot, "two")
        await tui.until(pilot, lambda: panes.answers.cards[0].size.height < 4 < whole)
        await pilot.press("alt+up")
        await tui.until(pilot, lambda: panes.answers.cards[0].size.height == whole)


async def test_answers_are_stepped_through_and_each_has_its_own_cites(running, answered):
    async with running() as pilot:
        panes = await tui.ask(pilot, "one")
        await tui.ask(pilot, "two")
        assert panes.answers.current is panes.answers.cards[1]
        await pilot.press("alt+up", "alt+n")
        assert panes.answers.cards[0].current == 0
        assert panes.answers.cards[1].current is None
        await pilot.press("alt+down", "alt+n")
        assert [card.current for card in panes.answers.cards] == [None, 0]
