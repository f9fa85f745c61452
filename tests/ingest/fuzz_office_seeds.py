"""The seed corpus of `fuzz_office.py`: small files of each format, the same bytes at every run."""

import base64

from zipped import zip_of

SENTENCE = (
    "The warden opens the gate at the turn of the tide and notes the level in the book of the lock."
)
_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def _run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def _para(content: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{content}</w:p>"


def docx() -> bytes:
    """Styles, lists, a table, a box, notes, comments, a header, a field, tracked changes and hidden
    text.
    """
    numbered = '<w:numPr><w:ilvl w:val="{}"/><w:numId w:val="1"/></w:numPr>'
    body = _para(_run("Rules of the lock"), '<w:pStyle w:val="Title"/>') + _para(
        _run("GATES", "<w:b/>")
    )
    for at in (0, 1, 1, 2, 0):
        body += _para(_run(SENTENCE), numbered.format(at))
    body += _para(
        '<w:commentRangeStart w:id="1"/>'
        + _run("marked")
        + '<w:commentRangeEnd w:id="1"/><w:r><w:commentReference '
        'w:id="1"/></w:r><w:r><w:footnoteReference w:id="2"/></w:r><w:ins>'
        + _run("new")
        + "</w:ins><w:del><w:r>"
        "<w:delText>old</w:delText></w:r></w:del>"
        + _run("1 euro", '<w:color w:val="FFFFFF"/><w:sz w:val="1"/>')
    )
    cell = (
        f'<w:tc><w:tcPr><w:shd w:val="clear" w:fill="000080"/></w:tcPr>{_para(_run("cell"))}</w:tc>'
    )
    body += f"<w:tbl><w:tr>{cell}{cell}</w:tr><w:tr>{cell}{cell}</w:tr></w:tbl>"
    body += _para(
        f"<w:r><w:drawing><w:txbxContent>{_para(_run('boxed'))}</w:txbxContent></w:drawing></w:r>"
    )
    body += _para(
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        + _run("PAGE")
        + '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    ) + "".join(_para(_run(f"{n}. {SENTENCE}")) for n in range(1, 7))
    levels = "".join(
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="{form}"/></w:lvl>'
        for at, form in enumerate(("%1.", "%1.%2", "(%3)"))
    )
    parts = {
        "styles": f'<w:styles {_W}><w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/><w:basedOn '
        'w:val="Title"/><w:rPr><w:b/><w:sz w:val="32"/></w:rPr></w:style></w:styles>',
        "numbering": f'<w:numbering {_W}><w:abstractNum w:abstractNumId="1">{levels}</w:abstractNum><w:num w:numId="1">'
        '<w:abstractNumId w:val="1"/></w:num></w:numbering>',
        "footnotes": f'<w:footnotes {_W}><w:footnote w:id="2">{_para(_run("A note."))}</w:footnote></w:footnotes>',
        "comments": f'<w:comments {_W}><w:comment w:id="1" w:author="Jo">{_para(_run("Why?"))}</w:comment>'
        "</w:comments>",
        "header1": f"<w:hdr {_W}>{_para(_run('Page 1 of the lock'))}</w:hdr>",
    }
    relations = "".join(
        f'<Relationship Id="r{at}" Type="{_OFFICE}/{name.rstrip("1")}" Target="{name}.xml"/>'
        for at, name in enumerate(parts)
    )
    return zip_of(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": f'<Relationships><Relationship Type="{_OFFICE}/officeDocument" Target="word/document.xml"/>'
            "</Relationships>",
            "word/document.xml": f"<w:document {_W}><w:body>{body}</w:body></w:document>",
            "word/_rels/document.xml.rels": f"<Relationships>{relations}</Relationships>",
            **{f"word/{name}.xml": text for name, text in parts.items()},
        }
    )


HTML = f"""<!DOCTYPE html><html><head><title>The lock</title><style>.a{{color:#fff}}
@media screen{{.b{{font-size:1px}}}}
:root{{--c:#fff}} p:nth-child(3){{display:none}}</style></head><body bgcolor="#fff"><h1 id="x">1 Gates</h1>
<p>{SENTENCE}</p><p class="a">unseen</p>
<table><tr><th>gate</th><td>oak</td></tr><tr><td>east</td><td style="height:0">2 m</td></tr></table>
<ol start="3" type="a"><li>one<ul><li>two</li></ul></li></ol><pre>code  here</pre><h2>1.1 Tides</h2>
<p>word<sup><a href="#n">1</a></sup> and <font color="white">ghost</font>
<span style="position:absolute;left:-9999px">aside</span></p>
<blockquote type="cite">old</blockquote><math alttext="x^2"><mi>x</mi></math></body></html>""".encode()


def epub() -> bytes:
    """Two chapters with a table of contents."""
    page = "<html xmlns='http://www.w3.org/1999/xhtml'><body><h1>{0}</h1><p>{1}</p></body></html>"
    nav = (
        "<html xmlns:epub='http://www.idpf.org/2007/ops'><body><nav epub:type='toc'><ol><li><a href='a.xhtml'>One</a>"
        "<ol><li><a href='b.xhtml#x'>Two</a></li></ol></li></ol></nav></body></html>"
    )
    opf = (
        "<package><metadata><title>The lock</title></metadata><manifest><item id='n' href='n.xhtml' properties='nav' "
        "media-type='application/xhtml+xml'/><item id='a' href='a.xhtml' media-type='application/xhtml+xml'/><item "
        "id='b' href='b.xhtml' media-type='application/xhtml+xml'/></manifest><spine><itemref idref='a'/><itemref "
        "idref='b'/></spine></package>"
    )
    return zip_of(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": "<container><rootfiles><rootfile full-path='o/p.opf'/></rootfiles></container>",
            "o/p.opf": opf,
            "o/n.xhtml": nav,
            "o/a.xhtml": page.format("One", SENTENCE),
            "o/b.xhtml": page.format("Two", "x"),
        }
    )


MAIL = b"""From: =?utf-8?q?Ann_L=C3=B6we?= <ann@pond.example>
To: ben@pond.example
Subject: Gates of the lock
Date: Mon, 03 Mar 2025 10:00:00 +0000
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: multipart/alternative; boundary=c

--c
Content-Type: text/plain; format=flowed

New words.\x20
On Sunday Ben wrote:
> Old words.
>> Older.

-----Original Message-----
From: Ben
Sent: Sunday
To: Ann

When?
--c
Content-Type: text/html

%b
--c--
--b
Content-Type: application/octet-stream; name=a.docx
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename=a.docx

%b
--b
Content-Type: application/zip
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename=a.zip

%b
--b
Content-Type: message/rfc822

%b
--b--
"""


def email() -> bytes:
    """Alternatives, quoted text, a DOCX, a zip, and a message with an attachment of its own."""
    attached = base64.encodebytes(docx())
    zipped = base64.encodebytes(zip_of({"a.txt": SENTENCE, "../b.txt": "out"}))
    inner = (
        b"From: cleo@pond.example\nSubject: Inner\nContent-Type: text/plain\n\nForwarded words.\n"
    )
    return MAIL % (HTML, attached, zipped, inner)


TEX = rb"""\documentclass[a4paper]{article}\title{The lock}\author{Ann}\newcommand{\gate}{oak \emph{gate}}
\begin{document}\maketitle\begin{abstract}Of locks.\end{abstract}\section{Gates}\label{s}
The \gate is $x^2$ wide.\footnote{Or so.} See \ref{s} and \cite[p. 3]{k}.
\begin{itemize}\item one\item[two] words\end{itemize}\begin{enumerate}\item a\end{enumerate} \input{other} % comment
\begin{table}\caption{Widths}\begin{tabular}{lr}gate & 2 m\\ east & 3 m\\\end{tabular}\end{table}
\begin{equation}E = mc^2\end{equation}\begin{verbatim}a % b\end{verbatim}\iffalse hidden \fi \textcolor{white}{ghost}
\begin{thebibliography}{9}\bibitem{k} Kim.\end{thebibliography}\end{document}"""


def seeds() -> dict[str, bytes]:
    """The corpus, by the name of a file."""
    return {
        "rules.docx": docx(),
        "book.epub": epub(),
        "page.html": HTML,
        "mail.eml": email(),
        "paper.tex": TEX,
        "all.zip": zip_of(
            {
                "a.html": HTML,
                "b.eml": email(),
                "c.docx": docx(),
                "d.tex": TEX,
                "e.txt": SENTENCE * 20,
            }
        ),
    }
