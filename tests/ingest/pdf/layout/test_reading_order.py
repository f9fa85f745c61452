"""Reading order on pages of several columns: pairs of phrases, written from images of the pages,
beside pypdf's.
"""

import re
import unicodedata
from functools import cache

from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest

# file, page, what is read first, what is read later
PAIRS = [
    (
        "report_i1040nr",
        5,
        "joint return, you are taxed on income",
        "from all sources for the part of the year",
    ),
    (
        "report_i1040nr",
        5,
        "income to below zero for that period",
        "Special rules apply for exemptions",
    ),
    ("report_i1040nr", 5, "Restrictions for Dual-Status", "How To Figure Tax for"),
    ("report_i1040nr", 1, "Tax benefits extended", "Unreported social security"),
    ("report_i1040nr", 1, "Unreported social security", "Personal exemption and itemized"),
    (
        "report_mmwr",
        1,
        "National Center for Environmental Health, CDC",
        "Healthy homes are essential",
    ),
    (
        "report_mmwr",
        1,
        "not measured by AHS and therefore are not included",
        "In AHS, housing unit is a house",
    ),
    (
        "acad_tracemonkey",
        1,
        "is the de facto standard for client-side",
        "is used for the application logic of browser",
    ),
    (
        "acad_tracemonkey",
        1,
        "Categories and Subject Descriptors",
        "We present a trace-based compilation technique for",
    ),
    (
        "acad_tracemonkey",
        1,
        "dynamic compiler for JavaScript based on",
        "Compilers for statically typed languages",
    ),
    ("acad_dpr", 1, "indicating the needs", "Retrieval in open-domain QA is usually"),
    (
        "acad_dpr",
        1,
        "embeddings are learned from a small number",
        "However, it is generally believed",
    ),
    ("acad_naacl06", 1, "Yusuke Shinyama", "We are trying to extend the boundary"),
    (
        "acad_naacl06",
        1,
        "you need to repeat the whole process",
        "adjust its patterns, either manually",
    ),
    ("acad_qed_tacl", 1, "Modern neural systems", "have made tremendous progress in QA accuracy"),
    (
        "acad_qed_tacl",
        1,
        "efficient access to the vast amount of information",
        "Critical questions then",
    ),
    (
        "acad_qed_tacl",
        10,
        "upon further inspection. More generally",
        "Table 4: Rater study results",
    ),
    ("acad_qed_tacl", 12, "6.2 QED and Faithfulness", "6.3 Scoping and Extension to other"),
    ("acad_qed_tacl", 12, "A major goal for future work", "The instantiation of QED presented"),
    (
        "acad_scheduling",
        1,
        "It is currently implemented in an actual",
        "The last few years have been characterized",
    ),
    ("acad_scheduling", 1, "Algorithms, Management", "Parallel Computing, Algorithms, Scheduling"),
    ("acad_scheduling", 1, "Lionel.Eyraud@imag.fr", "We describe in this paper a new method"),
    ("acad_ideal_points", 1, "Legislative behavior has long been", "A latent-space voting model"),
    ("acad_ideal_points", 1, "we predict specific voting patterns", "likely anyone is to vote yea"),
    (
        "acad_zfn_ocr",
        1,
        "received December 15, 1998",
        "We perform a computerized symbolic computation",
    ),
    ("acad_dark_matter", 1, "depth of Reionization", "It has been argued that a Scalar Field"),
    ("acad_dark_matter", 1, "Thus the content of neutrinos", "Between the times of decoupling"),
    (
        "acad_dark_matter",
        1,
        "the conclusions are enclosed in section 4",
        "Ultra Light species of matter",
    ),
    (
        "acad_pasa",
        1,
        "obtain comprehensive and accurate",
        "paper search lies at the core of research",
    ),
    ("acad_pasa", 2, "Architecture of PaSa", "In this paper, we introduce PaSa"),
    ("acad_pasa", 2, "query-paper pairs in the training", "AutoScholarQuery only provides"),
    ("report_federal_register", 1, "by any of the following", "Federal eRulemaking Portal"),
    (
        "report_federal_register",
        1,
        "The most helpful comments",
        "proposal, explain the reason for any",
    ),
    (
        "report_federal_register",
        1,
        "Airworthiness Directives; The Boeing",
        "Examining the AD Docket",
    ),
    ("court_deposition", 1, "Terry L. Bradley, Court Reporter", "INGMAR B. GOLDSON"),
    ("court_deposition", 1, "INGMAR B. GOLDSON", "INDEX OF EXHIBITS"),
    ("court_deposition", 1, "INDEX OF EXHIBITS", "having been first duly sworn"),
    ("rotated_edgar", 1, "was King of", "the English from 959 until his death in 975"),
    (
        "rotated_edgar",
        1,
        "activities of the leaders of the church",
        "Edgar mainly followed the political",
    ),
    ("rotated_edgar", 1, "legislative codes which mainly", "suffered from Viking invasions"),
    (
        "rotated_edgar",
        1,
        "Benedictine Reform, which he strongly supported",
        "Edgar in the early fourteenth-century",
    ),
    ("rotated_edgar", 1, "literary and artistic flowering", "Predecessor Eadwig"),
    ("acad_pasa", 1, "an advanced Paper Search agent powered by", "1 Introduction"),
    ("rotated_table", 1, "STATE WISE COVERAGE", "Kerala 5738 6633"),
    ("rotated_table", 1, "Tamil Nadu 7387 10217", "Karnataka 6453 8138"),
    ("rotated_table", 1, "Uttar Pradesh", "Pooled 38742"),
]


def fold(text: str) -> str:
    text = re.sub(r"[\u00ad\u2010-]\n", "", unicodedata.normalize("NFKC", text))
    return re.sub(r"[\s|\u2010-\u2013-]+", "", text)


def in_order(text: str, first: str, later: str) -> bool:
    start = fold(text).find(fold(first))
    return 0 <= start < fold(text).find(fold(later))


def test_phrases_come_in_the_order_in_which_they_are_read(corpus, capsys):
    from pypdf import PdfReader

    document = cache(lambda name: read(ReadRequest(corpus / f"{name}.pdf")))
    reader = cache(lambda name: PdfReader(corpus / f"{name}.pdf"))
    wrong = [
        pair for pair in PAIRS if not in_order(document(pair[0]).pages[pair[1] - 1].text, *pair[2:])
    ]
    plain = [
        pair
        for pair in PAIRS
        if not in_order(reader(pair[0]).pages[pair[1] - 1].extract_text(), *pair[2:])
    ]
    with capsys.disabled():
        print(
            f"\nin order: {len(PAIRS) - len(wrong)} of {len(PAIRS)}; pypdf {len(PAIRS) - len(plain)}"
        )
    assert wrong == []
