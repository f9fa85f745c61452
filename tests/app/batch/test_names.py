"""Names of output files: equal for equal paths, told apart on every file system, never those of
docqa's own files.
"""

import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from docqa.app.batch.names import LONGEST_NAME_BYTES, RESERVED, output_names

_PARTS = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=12
)
_PATHS = st.builds(
    "/".join, st.lists(_PARTS.filter(lambda part: part not in (".", "..")), min_size=1, max_size=3)
)


def _same(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def test_a_name_is_the_relative_path_and_md():
    found = output_names(["a.pdf", "a.md", "sub/b.txt"])
    assert found == {"a.pdf": "a.pdf.md", "a.md": "a.md.md", "sub/b.txt": "sub/b.txt.md"}


def test_names_that_some_disks_treat_as_equal_become_different():
    composed = unicodedata.normalize("NFC", "é.txt")
    decomposed = unicodedata.normalize("NFD", "é.txt")
    names = output_names(["A.txt", "a.txt", composed, decomposed])
    assert names["A.txt"] == "A.txt.md"
    assert names["a.txt"].startswith("a~")
    assert names["a.txt"].endswith(".txt.md")
    assert len({_same(name) for name in names.values()}) == 4


def test_no_page_overwrites_the_digest_or_takes_the_name_of_a_folder():
    names = output_names(["digest", "ledger.sqlite/a.txt", "x", "x.md/y.txt"])
    assert names["digest"] != "digest.md"
    assert not names["ledger.sqlite/a.txt"].startswith("ledger.sqlite/")
    assert names["x"] != "x.md"
    assert names["x.md/y.txt"] == "x.md/y.txt.md"


def test_a_name_that_would_be_too_long_is_cut():
    (name,) = output_names(["é" * 125 + ".txt"]).values()
    assert len(name.encode()) <= LONGEST_NAME_BYTES
    assert name.endswith(".txt.md")


@settings(max_examples=60)
@given(st.lists(_PATHS, unique=True, max_size=8))
def test_any_paths_get_different_names_whatever_their_order(paths):
    names = output_names(paths)
    folded = [_same(name) for name in names.values()]
    assert len(set(folded)) == len(paths)
    assert not {_same(name) for name in RESERVED} & set(folded)
    folders = {
        name.rsplit("/", count)[0] for name in folded for count in range(1, name.count("/") + 1)
    }
    assert not folders & set(folded)
    assert output_names(reversed(paths)) == names
