"""What kind of document some bytes are: by their content, then by the suffix of their name."""

import re
from pathlib import PurePosixPath

from .archive import kind_of_zip_content
from .errors import Encrypted, NotADocument, Unreadable
from .formats import (
    FORMATS,
    Format,
    format_named,
    format_of_suffix,
    format_of_type,
    known_formats,
    titles,
)

_PACKAGES = {"docx": "a Word document", "epub": "an EPUB", "archive": "a zip archive"}
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_WORD = "Open it in Word or LibreOffice and save it as .docx or PDF; or: soffice --headless --convert-to docx FILE"
# A name in the directory of an old Office file, what the file is, and the way out.
_OLD_KINDS = (
    ("WordDocument", "an old Word document (.doc)", _WORD),
    (
        "__properties_version1.0",
        "an Outlook message (.msg)",
        "Save it in Outlook as .eml, or print it to a PDF",
    ),
    (
        "PowerPoint Document",
        "old PowerPoint slides (.ppt)",
        "Open them in PowerPoint or LibreOffice and save a PDF",
    ),
    ("Workbook", "an old Excel workbook (.xls)", "Print the sheets that you need to a PDF"),
    ("Book", "an old Excel workbook (.xls)", "Print the sheets that you need to a PDF"),
)
_OTHER = (
    (b"\x89PNG", "an image (PNG)"),
    (b"\xff\xd8\xff", "an image (JPEG)"),
    (b"GIF8", "an image (GIF)"),
    (b"II*\0", "an image (TIFF)"),
    (b"MM\0*", "an image (TIFF)"),
    (b"%!PS", "PostScript"),
    (b"AT&TFORM", "DjVu"),
    (b"\x1f\x8b", "a gzip file"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x7fELF", "a program"),
)
_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<!--.*?-->\s*)?<(?:!doctype\s+html|html|head|body)\b",
    re.I | re.DOTALL,
)
_XHTML = re.compile(rb"<(?:!DOCTYPE\s+)?html\b", re.IGNORECASE)
_XML = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:\?xml|[A-Za-z][\w:.-]*\s[^>]*xmlns)")


def format_of(data: bytes, name: str, media_type: str | None) -> Format:
    """The format of a document's bytes. A `media_type` must be true of them; a suffix gives way to
    content that is plainly another. Raises NotADocument, Encrypted for Office files, Unreadable for
    a damaged zip."""
    head = data[:4096]
    pdf = format_named("pdf")
    wanted = (
        format_of_type(media_type)
        if media_type
        else format_of_suffix(PurePosixPath(name).suffix.lower())
    )
    if media_type and not wanted:
        raise NotADocument(
            f"documents of type {media_type!r} are not read", hint=_hint_to_convert_file()
        )
    # A zip that stores a PDF has its first bytes near its own.
    if b"%PDF-" in head[:1024] and wanted in (None, pdf) and not data.startswith(_ZIP):
        return pdf
    if (
        data.startswith(b"%PDF-")
        and not media_type
        and (not wanted or wanted.name not in ("txt", "md", "uslm"))
    ):
        return pdf
    if wanted is pdf:
        raise NotADocument("not a PDF: its first bytes are not %PDF-", hint=_check_suffix_hint())
    if data.startswith(_ZIP):
        return _format_of_zip(data, wanted, media_type)
    _refuse_unsupported_formats(data)
    if wanted and wanted.is_package:
        called = _PACKAGES[wanted.name]
        raise NotADocument(
            f"not {called}: its first bytes are not those of a zip", hint=_check_suffix_hint()
        )
    if wanted and wanted.is_trusted:
        return wanted
    return _format_by_content(data, wanted, media_type)


def _format_by_content(
    data: bytes, format_of_name: Format | None, media_type: str | None
) -> Format:
    for known in known_formats():
        if known.starts and data.startswith(known.starts):
            return known
    if _is_html(data[:4096]) and not media_type:
        return format_named("html")
    if format_of_name is format_named("uslm") or _XML.match(data[:4096]):
        from .plain.uslm import is_uslm

        if not is_uslm(data):
            raise NotADocument("this XML is not USLM", hint=_hint_to_convert_file())
        return format_named("uslm")
    if format_of_name:
        raise NotADocument(
            f"not {format_of_name.title}: its first bytes are others", hint=_check_suffix_hint()
        )
    return format_named("txt")


def _format_of_zip(data: bytes, format_of_name: Format | None, media_type: str | None) -> Format:
    found = kind_of_zip_content(data)
    packed = next((each for each in FORMATS if each.is_package and each.name == found), None)
    if packed and (not media_type or format_of_name is packed):
        return packed
    if found is None:
        if format_of_name and format_of_name.is_package:
            return format_of_name
        raise Unreadable(
            "this is a zip file, and it is damaged", hint="Get it again; it may have been cut off"
        )
    hint = (
        "Unpack it and name the folder"
        if found == "archive" and not format_of_name
        else _hint_to_convert_file()
    )
    if found == "an OpenDocument file":
        hint = "Open it in LibreOffice and save it as .docx or PDF; or: soffice --headless --convert-to docx FILE"
    raise NotADocument(f"this is {_PACKAGES.get(found, found)}", hint=hint)


def _hint_to_convert_file() -> str:
    return f"{titles()}; save it as one of these"


def _check_suffix_hint() -> str:
    return f"{titles()}; check the suffix of its name"


def _refuse_unsupported_formats(data: bytes) -> None:
    if data.startswith(_OLD_OFFICE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise Encrypted("this Office file is encrypted", hint="Save it without a password")
        for name, what, way_out in _OLD_KINDS:
            if name.encode("utf-16-le") in data:
                raise NotADocument(f"this is {what}, which is not read", hint=way_out)
        raise NotADocument("this is an old Office file, which is not read", hint=_WORD)
    if data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{\\rtf"):
        raise NotADocument("this is RTF (.rtf), which is not read", hint=_WORD)
    for magic, what in _OTHER:
        if data.startswith(magic):
            raise NotADocument(f"this is {what}", hint=_hint_to_convert_file())


def _is_html(head: bytes) -> bool:
    return bool(_HTML.match(head) or (_XML.match(head) and _XHTML.search(head)))


def is_readable_format(suffix: str, first_bytes: bytes) -> bool:
    """Whether a file with this suffix and these first bytes, of a folder or an archive, is read."""
    if suffix == ".xml":
        from .plain.uslm import is_uslm

        return is_uslm(first_bytes) or _is_html(first_bytes)
    return format_of_suffix(suffix) is not None or (
        b"%PDF-" in first_bytes[:1024] and not first_bytes.startswith(_ZIP)
    )
