"""Reads mutated DOCX, EPUB, HTML, e-mail, LaTeX and zip files, as `fuzz.py` does PDFs. Of a zip
mostly one entry is mutated and packed again, so that what reads the entry meets it."""

import io
import random
import sys
import tempfile
import zipfile
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

sys.path.insert(0, str(Path(__file__).parent))

from fuzz import checked, insert, mutated, mutations, refused, run_cases, swap  # noqa: E402
from fuzz_office_seeds import seeds  # noqa: E402
from zipped import zip_of  # noqa: E402

_TOKENS = (
    b"<",
    b">",
    b"</",
    b"/>",
    b"&",
    b"&amp;",
    b"&#x0;",
    b"&#1114112;",
    b"<!--",
    b"-->",
    b"<![CDATA[",
    b"]]>",
    b"<?xml",
    b"<!DOCTYPE a [<!ENTITY b 'c'>]>",
    b"<table><tr><td>",
    b"<div style='position:absolute;left:-9999px'>",
    b"<p>" * 300,
    b"<style>*{color:#fff}</style>",
    b"<w:p>",
    b"</w:p>",
    b"<w:r>",
    b"</w:r>",
    b"<w:tbl><w:tr><w:tc>",
    b'w:val="-1"',
    b'w:val="99999999"',
    b'<w:fldChar w:fldCharType="begin"/>',
    b'<w:footnoteReference w:id="1"/>',
    b'<w:commentRangeStart w:id="1"/>',
    b"\\",
    b"{",
    b"}",
    b"$",
    b"$$",
    b"%",
    b"\\begin{",
    b"\\end{document}",
    b"\\input{a}",
    b"\\footnote{",
    b"\\section{",
    b"\\item",
    b"&&&&",
    b"(" * 500,
    b"<" * 500,
    b"> " * 200,
    b"=?utf-8?q?",
    b"?=",
    b"Content-Type: multipart/mixed; boundary=b\n\n",
    b"--b\n",
    b"--b--\n",
    b"\n\n",
    b"From: a\n",
    b"On a b wrote:\n",
    b"Content-Transfer-Encoding: base64\n",
    b"\xff\xfe",
    b"\x00",
    b"\xed\xa0\x80",
    b"\xe2\x80\x8b",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"../",
    b"/etc/passwd",
    b'" *' * 50,
    b"a" * 20_000,
)
_VALUES = (
    "",
    "0",
    "1",
    "2",
    "-1",
    "99999999999",
    "1e9",
    "Title",
    "begin",
    "separate",
    "end",
    "none",
    "FFFFFF",
    "a b\tc",
    "(a)",
    "word " * 5_000,
    "x" * 20_000,
    "%1.%2.%3",
    "%9" * 90,
    "1. Scope",
    "../a",
    "\u200b\u202e",
    "[1]",
    "“" * 90,
)


_insert = partial(insert, _TOKENS)
_replace = partial(swap, _TOKENS[:60])


_SEEDS = sorted(seeds().items())


def case(at: int) -> tuple[str, bytes]:
    """The name of the seed, which is that of a file, and the bytes of mutated file `at`."""
    chance = random.Random(at)
    name, data = chance.choice(_SEEDS)
    times = chance.choice((1, 1, 2, 4, 8, 24))
    if data.startswith(b"PK") and chance.random() < 0.8:
        return name, _repacked(chance, data, times)
    return name, mutated(chance, data, times, _MUTATIONS)


def _repacked(chance: random.Random, data: bytes, times: int) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    name, content = chance.choice(list(entries.items()))
    if content.startswith(b"<") and chance.random() < 0.7:
        for _ in range(times):
            content = _tree(chance, content) if len(content) < 2_000_000 else content
    else:
        content = mutated(chance, content, times, _MUTATIONS)
    return zip_of(entries | {name: content})


def _tree(chance: random.Random, data: bytes) -> bytes:
    """XML with one element changed and still well formed, so that the reader after the parser
    meets it.
    """
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError):
        return _insert(chance, data)
    elements = list(root.iter())
    above = chance.choice(elements)
    element = chance.choice(elements)
    kind = chance.randrange(5)
    if kind == 0 and len(above):
        above.remove(chance.choice(list(above)))
    elif kind == 1 and len(elements) < 20_000:
        above[:] = list(above) * chance.choice((2, 3, 40))
    elif kind == 2 and above not in list(element.iter()):
        above.insert(chance.randrange(len(above) + 1), element)
    elif kind == 3 and element.attrib:
        element.set(chance.choice(sorted(element.attrib)), chance.choice(_VALUES))
    else:
        element.text = chance.choice(_VALUES)
    return ElementTree.tostring(root)


_MUTATIONS = mutations(_SEEDS, _insert, _insert, _insert, _replace, _replace)


def _outcome(name: str, data: bytes) -> str:
    """`Document` where the file, or something in it, is one; else the name of the first
    IngestError.
    """
    from docqa.ingest.errors import IngestError
    from docqa.ingest.read import find_documents, read
    from docqa.ingest.request import ReadRequest

    found = ""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f"mutant{Path(name).suffix}")
        file.write_bytes(data)
        for shown, content in find_documents(file, []):
            request = ReadRequest(
                shown, content if isinstance(content, bytes) else content.read_bytes()
            )
            try:
                said = checked(read(request))
            except IngestError as error:
                said = refused(error)
                if " " not in said:
                    found = found or said
                    continue
            if said != "Document":
                return said
            found = "Document"
    return found or "Empty"


if __name__ == "__main__":
    run_cases(int(sys.argv[1]), int(sys.argv[2]), case, _outcome)
