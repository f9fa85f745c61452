"""Running heads and feet, on a labelled set: what must be gone from the text of a page, and what
must stay.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest
from docqa.ingest.types import Document
from tests.ingest.reading import read_pdf

# file, page, the beginning of a line that is no line of the page's text
HEADS = [
    ("contract_5", 20, "CERES-IGER Collaboration Agreement Page 20 of 75"),
    ("contract_5", 61, "CERES-IGER Collaboration Agreement Page 61 of 75"),
    ("contract_5", 61, "Confidential Treatment Requested"),
    ("manual_mupdf_285p", 40, "CHAPTER 7. MEMORY MANAGEMENT"),
    ("manual_mupdf_285p", 41, "28"),
    ("manual_mupdf_285p", 42, "CHAPTER 8. THE DOCUMENT INTERFACE"),
    ("court_scotus_slip", 6, "2 TARRANT REGIONAL WATER DIST. v. HERRMANN"),
    ("court_scotus_slip", 6, "Opinion of the Court"),
    ("court_scotus_slip", 3, "Cite as: 569 U. S."),
    ("court_ca1", 4, "Case: "),
    ("court_ca1", 4, "- 4 -"),
    ("court_ca5", 4, "Case: "),
    ("court_ca5", 4, "No. "),
    ("court_cacd_pleading", 2, "Case 8:19-cv-01998"),
    ("report_federal_register", 4, "Federal Register / Vol. 85"),
    ("report_mmwr", 4, "24 MMWR / January 14"),
    ("report_irm_400p", 100, "Any line marked with a #"),
    ("report_irm_400p", 101, "is for Official Use Only"),
    ("report_i1040nr", 10, "-10-"),
    ("manual_uslm", 10, "United States Legislative Markup (USLM) User Guide"),
    ("manual_uslm", 10, "10"),
    ("manual_redpaper", 6, "2 Row and Column Access Control Support in IBM DB2 for i"),
    ("acad_french", 4, "Résumés et interrogations de logs"),
    ("acad_french", 5, "J. Aligon et al."),
    ("acad_joss_aorsf", 2, "Jaeger et. al., (2022). aorsf"),
    ("acad_tam_review", 10, "Sprouts - http://sprouts.aisnet.org"),
    ("statute_dmca", 5, "Copyright Office Summary December 1998"),
    ("statute_dmca", 5, "The Digital Millennium Copyright Act of 1998"),
    ("statute_zw_electoral", 50, "By Laws.Africa and contributors"),
    ("statute_zw_electoral", 3, "ii"),
    ("statute_zw_appropriation_ocr", 4, "No.3 APPROPRIATION ACT, 2017"),
    ("contract_1", 4, "Source: NEOFORMA INC"),
    ("bylaws_csh", 5, "CSH Constitution Last Updated"),
    ("cjk_chinese_quarterly", 5, "东北电气发展股份有限公司"),
]
# file, page, words that are in the page's text, most of them first or last lines or alike on many
# pages
BODY = [
    ("contract_1", 4, "VerticalNet Competitor on the Neoforma Sites."),
    ("contract_5", 20, "would be with the passage of time, in any"),
    ("contract_5", 61, "if the LICENSED VARIETY constitutes JOINT INTELLECTUAL PROPERTY."),
    ("manual_mupdf_285p", 41, "Chapter 8\nThe Document interface\n8.1 Overview"),
    (
        "manual_mupdf_285p",
        42,
        "be opened. After you have obtained a fz document, you should therefore check",
    ),
    ("manual_mupdf_285p", 24, "*/"),
    ("court_scotus_slip", 6, "enters Arkansas, it turns southward"),
    ("court_scotus_slip", 6, "20 years and finally culminated in the signing of the Red"),
    ("court_azd_pleading", 3, "Schedule B – Direct-Filed Cases to Be Transferred"),
    ("report_federal_register", 4, "potential cause for unreliable airspeed"),
    ("report_federal_register", 4, "trim wire routing installations."),
    ("acad_scheduling", 2, "models, as the users habits have to be changed."),
    ("statute_zw_constitution", 20, "PART 1\nAPPLICATION AND INTERPRETATION"),
    ("statute_zw_constitution", 37, "PART 4\nEXECUTIVE FUNCTIONS"),
    ("statute_zw_constitution", 67, "PART 4\nINTELLIGENCE SERVICES"),
    ("statute_ar_traffic", 6, "المادة ٧"),
    ("statute_ar_traffic", 13, "المادة ٢٥"),
    ("statute_zw_electoral", 50, "[subsection inserted by Act 6 of 2014]"),
    ("manual_uslm", 10, "1.6 RELATIONSHIP TO XHTML"),
    ("acad_french", 7, "5.2 Propriétés des résumés"),
    ("statute_dmca", 2, "TITLE I: WIPO TREATY IMPLEMENTATION"),
    ("labels_11_pages", 4, "Original page"),
    ("report_warn_table", 3, "Boeing Company"),
    ("court_ca5", 4, "the"),
]


@pytest.fixture
def page_text(corpus: Path) -> Callable[[str, int], str]:
    document = cache(lambda name: read(ReadRequest(corpus / f"{name}.pdf")))
    return lambda name, page: document(name).pages[page - 1].text


@pytest.mark.slow
def test_heads_go_and_body_lines_stay(page_text, capsys):
    left = [head for head in HEADS if ("\n" + page_text(*head[:2])).find("\n" + head[2]) >= 0]
    lost = [line for line in BODY if line[2] not in page_text(*line[:2])]
    with capsys.disabled():
        gone = 100 * (len(HEADS) - len(left)) / len(HEADS)
        print(
            f"\nheads removed {gone:.0f} % of {len(HEADS)}; body lines lost {len(lost)} of {len(BODY)}"
        )
    # A head of two left pages of six, each read a little otherwise by OCR, is not known as one.
    assert [name for name, *_ in left] == ["statute_zw_appropriation_ocr"]
    assert lost == []


def numbered(
    make_pdf: Callable[..., bytes], line: Callable[[int], str], count: int = 12
) -> Document:
    birds = [
        "heron",
        "gull",
        "plover",
        "teal",
        "crane",
        "rail",
        "coot",
        "stilt",
        "snipe",
        "stork",
        "ibis",
        "grebe",
    ]
    pages = [
        [
            line(n),
            "",
            f"The {birds[n]} is seen at the gate.",
            f"Nothing else is said of {birds[n]}s.",
        ]
        for n in range(count)
    ]
    return read_pdf(make_pdf(pages))


def test_headings_with_numbers_that_are_not_the_pages_stay(make_pdf):
    document = numbered(make_pdf, lambda n: f"Article {3 * n + 1}")
    assert all(page.text.startswith("Article") for page in document.pages)


def test_a_head_whose_words_change_is_known_by_its_page_number(make_pdf):
    chapters = ["The sea wall", "Gates and their keepers", "Of the birds", "What the tide brings"]
    document = numbered(make_pdf, lambda n: f"Chapter {n // 3 + 1}. {chapters[n // 3]} {n + 5}")
    assert not any("Chapter" in page.text for page in document.pages[1:])


def test_the_end_of_a_comment_on_many_pages_is_no_head(make_pdf):
    document = numbered(make_pdf, lambda n: "*/")
    assert all(page.text.startswith("*/") for page in document.pages)
