"""The history of questions and answers: kept, found, shared by processes, repaired, and
forgotten.
"""

import gzip
import re
import sqlite3
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from docqa.app.errors import InputError, ResourceError, UsageError
from docqa.app.history.database import SCHEMA
from docqa.app.history.history import History, open_if_stored, stored_documents
from docqa.app.history.query import phrases
from docqa.app.history.recorder import WHOLE_PAGE, Recorder, cited_pages, make_turn
from docqa.app.history.records import StoredTurn, parse_id
from docqa.app.storage.store import Store
from docqa.ingest.types import Document

from .answers import answer_of, quote_of

PAGES = (
    "The lease of unit 7 begins on 1 April 2021.\nIt ends on 31 March 2025 unless it is renewed in writing.",
    "The tenant pays 1,200 dollars of rent before the ninth day of each month.",
)


@pytest.fixture
def history(store: Store) -> Iterator[History]:
    with History(store) as opened:
        yield opened


@pytest.fixture
def lease_pages(document: Callable[..., Document]) -> Document:
    """Two labelled pages of a lease."""
    return document(*PAGES, path="lease.pdf", labels=("i", "1"))


def turn_of(document: Document, question: str = "When does it end?") -> StoredTurn:
    words = "It ends on 31 March 2025 unless it is renewed in writing."
    answer = answer_of(document, question, quote_of(document, words, "31 March 2025"))
    return make_turn([document], question, answer)


def kept(history: History, document: Document, *turns: StoredTurn, kind: str = "ask") -> int:
    """The number of a new session with `turns`."""
    session = history.start(kind, stored_documents([document]), turns[0].question)
    for turn in turns:
        history.keep(session, turn)
    return session


def everything(store: Store) -> bytes:
    """All bytes of the history's folder."""
    return b"".join(path.read_bytes() for path in (store.root / "history").iterdir())


# Keeping


def test_a_turn_comes_back_with_the_page_that_it_cites(history, lease_pages):
    turn = turn_of(lease_pages)
    session = kept(history, lease_pages, turn)
    (back,) = history.turns(session)
    assert back.answer == turn.answer
    assert (back.position, back.question, back.asked) == (1, turn.question, turn.asked)
    (page,) = back.pages
    cite = back.answer.quotes[0].cites[0]
    assert page.text[cite.start : cite.end] == back.answer.quotes[0].text
    record = history.session(session)
    assert (record.kind, record.questions, record.documents[0].id) == ("ask", 1, lease_pages.id)


def test_an_answer_kept_under_schema_1_is_read_found_and_said(history, lease_pages):
    turn = turn_of(lease_pages)
    session = kept(history, lease_pages, turn)
    with history._database._connection as writing:
        older = "json_set(json_remove(answer, '$.verdict', '$.statements'), '$.schema', 1)"
        writing.execute(f"UPDATE turns SET answer = {older}")
    (back,) = history.turns(session)
    assert back.answer == turn.answer
    assert history.search("31 March")[0][0].turn.answer == turn.answer


def test_the_database_is_its_owners_alone(store, lease_pages):
    with History(store) as history:
        kept(history, lease_pages, turn_of(lease_pages))
        with history._database._connection as writing:
            writing.execute("BEGIN IMMEDIATE")
            writing.execute("UPDATE sessions SET page = 2")
            modes = [
                stat.S_IMODE(file.stat().st_mode) for file in (store.root / "history").iterdir()
            ]
        assert modes == [0o600] * 2  # the journal beside it too
    assert stat.S_IMODE((store.root / "history").stat().st_mode) == 0o700


def test_a_long_text_is_kept_around_the_cite_only(document):
    filler = "Nothing of interest stands in this line of the text.\n" * 400
    text = f"{filler}The fee is 85 dollars in March.\n{filler}"
    long = document(text, path="long.txt", paged=False)
    quote = quote_of(long, "The fee is 85 dollars in March.", "85")
    (cite,) = quote.cites
    answer = answer_of(long, "q", quote, evidence=())
    (page,) = cited_pages(answer, [long])
    assert len(page.text) < WHOLE_PAGE < len(text)
    assert text[page.start : page.end] == page.text
    assert page.start < cite.start < cite.end < page.end
    assert page.text.startswith("Nothing") and page.text.endswith("text.\n")


def test_a_changed_turn_is_overwritten_and_those_of_others_stay(history, lease_pages):
    waiting = StoredTurn("When does it end?", 5.0, state="stopped", note="left")
    session = history.start("tui", stored_documents([lease_pages]), "lease")
    other = StoredTurn("And who pays?", 6.0, state="stopped")
    assert history.keep_all(session, [waiting, other], (2, 40)) == [1, 2]
    answered = replace(turn_of(lease_pages), position=1)
    assert history.keep_all(session, [answered, replace(other, position=0)], (1, 3)) == [1, 3]
    back = history.turns(session)
    assert [turn.status for turn in back] == ["answered", "stopped", "stopped"]
    assert back[0].asked == 5.0
    assert history.session(session).place == (1, 3)
    assert history.search("renewed")[1] == 1
    assert history.search("pays")[1] == 2


def test_a_file_name_that_is_no_text_is_kept_and_forgotten(history, document):
    odd = replace(document(*PAGES), path="l\udcffease.pdf")
    session = kept(history, odd, turn_of(odd))
    (back,) = history.turns(session)
    assert back.answer is not None
    assert back.answer.quotes[0].cites[0].file == "l\udcffease.pdf"
    assert history.forget((), "l\udcffease.pdf") == 1


def test_a_recorder_that_cannot_write_says_so_once(store, lease_pages, tmp_path):
    store.root.mkdir(parents=True)
    (store.root / "history").write_text("in the way")
    said = []
    recorder = Recorder(store, "ask", [lease_pages], said.append)
    for _ in range(2):
        recorder.keep(turn_of(lease_pages))
    recorder.close()
    assert len(said) == 1
    assert "not kept" in said[0]


def test_a_recorder_whose_session_is_forgotten_begins_another(store, lease_pages):
    recorder = Recorder(store, "chat", [lease_pages], pytest.fail)
    recorder.keep(turn_of(lease_pages))
    with History(store) as other:
        assert other.forget([lease_pages.id], "lease.pdf") == 1
    recorder.keep(turn_of(lease_pages, "Who pays?"))
    recorder.close()
    with History(store) as history:
        (session,) = history.sessions()
        assert [turn.question for turn in history.turns(session.id)] == ["Who pays?"]


def test_a_recorder_keeps_nothing_of_a_forgotten_document(store, lease_pages):
    said = []
    recorder = Recorder(store, "chat", [lease_pages], said.append)
    recorder.keep(turn_of(lease_pages))
    Store(store.root).forget([lease_pages.id], "lease.pdf")
    with History(store) as other:
        other.forget([lease_pages.id], "lease.pdf")
    for _ in range(2):
        recorder.keep(turn_of(lease_pages, "Who pays?"))
    recorder.close()
    with History(store) as history:
        assert history.sessions() == []
    assert len(said) == 1
    assert "until you open it again" in said[0]


# Finding


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        ("renewed", 1),  # in the quote only
        ("RENEWAL march", 1),  # case, inflection, and an answer
        ("ends 2025", 1),
        ("zeppelin", 0),
        ("renewed zeppelin", 0),  # every word must stand
        ("writ", 1),  # the beginning of a word
        ("1,200", 1),
        ("pay*", 1),
        ("NOT renewed", 0),  # operators are words
        ('"renewed', 1),
        ("question:end", 0),
        ("NEAR(renewed writing)", 0),
        ("(", 0),
        ("§", 0),
    ],
)
def test_every_word_counts_and_no_operator_does(history, lease_pages, query, hits):
    kept(history, lease_pages, turn_of(lease_pages))
    rent = "The tenant pays 1,200 dollars of rent before the ninth day of each month."
    quote = quote_of(lease_pages, rent, "1,200 dollars")
    answer = answer_of(lease_pages, "How much is the rent?", quote)
    kept(history, lease_pages, make_turn([lease_pages], answer.question, answer))
    assert history.search(query)[1] == hits


def test_the_newest_is_first_and_a_limit_says_how_many_there_are(history, lease_pages):
    for number in range(5):
        kept(history, lease_pages, StoredTurn(f"Question {number}?", float(number), state="failed"))
    listed, total = history.search("", limit=2)
    assert [item.turn.question for item in listed] == ["Question 4?", "Question 3?"]
    assert total == 5
    assert listed[0].id == "5.1"


@pytest.fixture(scope="module")
def searched(tmp_path_factory) -> Iterator[History]:
    """One history for all examples of a property."""
    with History(Store(tmp_path_factory.mktemp("searched"))) as history:
        yield history


@pytest.mark.parametrize(
    ("text", "query", "count"),
    [
        ("API文档的说明", "API", 1),  # scripts that are written together
        ("API文档的说明", "档", 1),
        ("API文档的说明", "api文档", 1),
        ("第3章の規定", "規定", 1),
        ("報告が真実で正確", "実で正", 1),
        ("ห้องสมุดแห่งชาติ", "สมุด", 1),  # no spaces between words, and vowels above the letters
        ("हिन्दी में", "हिन्", 1),  # marks within a word
        ("Le préavis", "preavis", 1),
        ("pre\u0301avis", "préa", 1),
        ("a running clock", "runni", 1),  # the beginning of a word, though its stem is another
        ("the universities agree", "university", 1),
        ("1,200 dollars", "1,2", 1),
        ("O’Brien signs", "brien", 1),
        ("a snake_case name", "case", 1),
        ("ﬁle № １２", "file no 12", 1),
        ("文章和档案", "文档", 0),
        ("a runway", "running", 0),
        ("API文档", "PI", 0),
    ],
)
def test_pieces_of_words_and_nothing_else_are_found_in_every_script(history, text, query, count):
    session = history.start("ask", (), text)
    history.keep(session, StoredTurn(text, 0.0, state="failed"))
    assert history.search(query)[1] == count


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text("abzäßéñøАбвΣσς漢字かなกข한글 \n.,;'-_01", max_size=40), st.data())
def test_any_kept_text_is_found_by_the_beginning_of_each_word(searched, text, data):
    session = searched.start("ask", (), text)
    searched.keep(session, StoredTurn(text, 0.0, state="failed"))
    words = re.findall(r"[^\W_]+", text)
    begun = [word[: data.draw(st.integers(1, len(word)))] for word in words]
    for query in (text, *words, *begun):
        if phrases(query):
            listed, _ = searched.search(query, limit=100_000)
            assert session in [item.session for item in listed], query


def test_a_search_of_a_thousand_words_is_no_harder(searched):
    assert searched.search(" ".join(f"words{number} 文档" for number in range(1_000)))[1] == 0


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.sampled_from("\"'*^:+-(){}[]~,;.\\ANDORTNE \x00aäß漢%_"), max_size=20))
def test_no_text_is_taken_for_an_operator(searched, query):
    searched.search(query)


@pytest.mark.parametrize("text", ["", "x", "1.", "1.2.3", "-1", "1.x", "１"])
def test_what_is_no_number_of_a_question_is_refused(text):
    with pytest.raises(UsageError, match="not the number"):
        parse_id(text)


def test_an_unknown_session_is_named(history):
    with pytest.raises(InputError, match="no session 7"):
        history.session(7)


# Several processes

WRITE = """
import sys
from pathlib import Path
from docqa.app.history.history import History
from docqa.app.history.records import StoredDocument, StoredTurn
from docqa.app.storage.store import Store
with History(Store(Path(sys.argv[1]))) as history:
    session = history.start("ask", [StoredDocument(sys.argv[2], "a.pdf", "/a.pdf")], sys.argv[2])
    for number in range(25):
        history.keep(session, StoredTurn(f"{sys.argv[2]} {number}?", float(number)))
    history.keep(1, StoredTurn(f"{sys.argv[2]} in the first?", 99.0))
"""


def test_processes_that_write_at_once_lose_nothing(store, python):
    running = [
        subprocess.Popen(
            [python, "-c", WRITE, str(store.root), name], stderr=subprocess.PIPE, text=True
        )
        for name in ("one", "two", "three", "four")
    ]
    assert [(process.communicate(timeout=60)[1], process.returncode) for process in running] == [
        ("", 0)
    ] * 4
    with History(store) as history:
        assert history.search("")[1] == 4 * 26
        first = history.turns(1)
        assert [turn.position for turn in first] == list(range(1, len(first) + 1))
        assert history.check() == ""


# Damage


@pytest.mark.parametrize("harm", ["garbage", "short", "page"])
def test_a_damaged_database_is_named_set_aside_and_made_anew(store, lease_pages, harm):
    with History(store) as history:
        for number in range(60):
            kept(history, lease_pages, turn_of(lease_pages, f"Question {number}?"))
        history._database.compact()
        path = history.path
    data = path.read_bytes()
    if harm == "garbage":
        path.write_bytes(b"no database at all" * 100)
    elif harm == "short":
        path.write_bytes(data[: len(data) * 4 // 5])
    else:
        middle = len(data) // 2 // 4096 * 4096
        path.write_bytes(data[:middle] + b"\xff" * 8192 + data[middle + 8192 :])
    with History(store) as history:
        with suppress(ResourceError):  # where the damage is met while it is in use
            history.search("question")
            for item in range(1, 61):
                history.turns(item)
        kept(history, lease_pages, turn_of(lease_pages, "Afterwards?"))
        assert history.search("Afterwards")[1] == 1
        assert history.check() == ""
        (notice,) = history.notices
        assert history.search("Question")[1] == 0
    assert "damaged" in notice
    aside = path.with_name("history.sqlite.damaged")
    assert str(aside) in notice
    assert aside.is_file()


@pytest.mark.parametrize("schema", [1, 2, 3])
def test_a_history_of_an_earlier_version_opens_with_everything_in_it(store, schema):
    """The files were written by commits 5c137911, 002b1576 and 22fe24d0."""
    file = Path(__file__).parents[2] / "data" / "histories" / f"schema_{schema}.sqlite.gz"
    store.folder("history", "history.sqlite").write_bytes(gzip.decompress(file.read_bytes()))
    with History(store) as history:
        assert [session.kind for session in history.sessions()] == ["tui", "chat"]
        first, second, third = history.turns(1)
        assert first.answer is not None and first.answer.answer == "31 March 2025"
        assert first.answer.quotes[0].cites[0].section == "4.2"
        assert first.pages[0].text.endswith(
            "It ends on 31 March 2025 unless it is renewed in writing."
        )
        assert (second.understood, second.status) == ("Who is Bob?", "not_found")
        assert (third.asked, third.note) == (102.0, "stopped")
        assert history.session(2).place == (2, 7)
        assert [each.note for each in history.annotations(2)] == ["ask Ada"] * (schema == 3)
        hits = {
            query: history.search(query)[1]
            for query in ("renewal", "Bob", "preav", "文档", "zeppelin")
        }
        assert list(hits.values()) == [2, 1, 1, 1, 0]
        history.keep(1, StoredTurn("And then?", 105.0))
        assert history.forget(["ab" * 32], "lease.pdf") == 2
        assert history.check() == "" and history.notices == []
        mode = history._database._connection.execute("PRAGMA journal_mode").fetchone()
        assert mode == ("delete",)


def test_a_history_stays_as_it_was_where_its_upgrade_fails(store, monkeypatch):
    file = Path(__file__).parents[2] / "data" / "histories" / "schema_3.sqlite.gz"
    path = store.folder("history", "history.sqlite")
    path.write_bytes(gzip.decompress(file.read_bytes()))
    with monkeypatch.context() as patch:
        patch.setattr("docqa.app.history.history.text_for_index", lambda text: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            History(store)
    with sqlite3.connect(path) as older:
        assert older.execute("PRAGMA user_version").fetchone() == (3,)
        assert older.execute("SELECT count(*) FROM words").fetchone() == (4,)
    with History(store) as history:
        assert history.search("renewed")[1] == 2


def test_a_database_of_a_newer_version_is_not_touched(store):
    with History(store) as history:
        history._database._connection.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    with pytest.raises(ResourceError, match="another program or version"):
        History(store)


def test_a_database_of_another_program_is_not_touched(store):
    path = store.folder("history", "history.sqlite")
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (x)")
    with pytest.raises(ResourceError, match="another program or version"):
        History(store)
    with sqlite3.connect(path) as other:
        assert other.execute("SELECT count(*) FROM theirs").fetchone() == (0,)


def test_an_answer_that_cannot_be_read_costs_only_itself(history, lease_pages):
    session = kept(history, lease_pages, turn_of(lease_pages), turn_of(lease_pages, "Who pays?"))
    history._database._connection.execute(
        "UPDATE turns SET answer = '{\"quotes\": 3}' WHERE position = 1"
    )
    first, second = history.turns(session)
    assert first.answer is None and "cannot be read" in first.note
    assert second.answer is not None


# Forgetting


def test_forget_leaves_no_word_of_a_document_behind(store, document):
    secret = document(
        "The xylophone of Quetzalcoatl is buried under the seventh oak of the park.",
        path="secret.pdf",
    )
    other = document(*PAGES, path="lease.pdf")
    with History(store) as history:
        answer = answer_of(
            secret, "Where?", quote_of(secret, secret.pages[0].text, "the seventh oak")
        )
        kept(history, secret, make_turn([secret], "Where is the xylophone?", answer))
        mixed = history.start("chat", stored_documents([other, secret]), "both")
        history.keep(mixed, make_turn([other, secret], "And Quetzalcoatl?", answer))
        kept(history, other, turn_of(other))
        assert b"uetzalcoatl" in everything(store)
        assert history.forget([secret.id], "elsewhere.pdf") == 2
        assert [session.documents[0].path for session in history.sessions()] == ["lease.pdf"]
        assert b"uetzalcoatl" not in everything(store)
        assert b"xylophon" not in everything(store)
        assert history.search("renewed")[1] == 1


def test_pruning_deletes_the_longest_unused_sessions_first(history, lease_pages):
    first = kept(history, lease_pages, *[turn_of(lease_pages, f"{n}?") for n in range(150)])
    second = kept(history, lease_pages, *[turn_of(lease_pages, f"{n}?") for n in range(150)])
    history.keep(first, turn_of(lease_pages, "last?"))
    history._database.compact()
    gone = history.prune(int(history.bytes() * 0.7))
    assert [session.id for session in gone] == [second]
    assert history.prune(10**9) == []
    assert [session.id for session in history.prune(0)] == [first]
    assert history.search("")[1] == 0


def test_nothing_kept_is_no_history(store):
    assert open_if_stored(store) is None
    assert not store.root.exists()


def test_the_history_needs_neither_model_nor_torch(run_python, tmp_path):
    code = (
        "import sys; from pathlib import Path; from docqa.app.storage.store import Store; "
        "from docqa.app.history import history, recorder, rendering; "
        f"history.History(Store(Path({str(tmp_path)!r}))).search('x'); "
        "print([name for name in ('torch', 'transformers', 'textual') if name in sys.modules])"
    )
    done = run_python(code)
    assert done.stdout.strip() == "[]"
