"""Whether an answer is of the kind that the question's first words ask for: a number, a time, a name."""

from __future__ import annotations

import re

_MEASURES = (
    r"share|percentage|percent|proportion|amount|price|cost|costs|fee|fees|rate|penalty|fine|sum|number|frequency|salary|charge|"
    r"discount|surcharge|limit|speed|temperature|width|height|length|depth|weight|size|score|accuracy|age|interest|budget|"
    r"capacity|majority|quorum|minimum|maximum|average|total|population|distance|value|period|term|deadline|ratio"
)
_ADJECTIVES = (
    r"many|much|long|old|far|often|deep|wide|high|tall|fast|soon|late|large|big|heavy|hot|cold|loud|thick|close|short|"
    r"quickly|early"
)
_WANTS_NUMBER = re.compile(
    rf"\bhow\s+(?:{_ADJECTIVES})\b|"
    rf"\b(?:what|which)\s+(?:is\s+|was\s+|are\s+|were\s+)?(?:the\s+)?(?:[\w-]+\s+){{0,2}}?(?:{_MEASURES})\b",
    re.IGNORECASE,
)
_WANTS_TIME = re.compile(
    r"^\W*(?:(?:by|since|from|until|and)\s+)?when\s+(?:is|was|are|were|do|does|did|will|must|may|can|has|have|had|shall|should)\b|"
    r"\b(?:what|which)\s+(?:year|date|day|month|time|century|decade)\b|"
    r"\b(?:by|on|in|at)\s+(?:what|which)\s+(?:date|day|year|time)\b",
    re.IGNORECASE,
)
_WANTS_NAME = re.compile(
    r"\b(?:what|which)\s+(?:[\w-]+\s+)?(?:company|firm|judge|justice|court|authors?|university|country|city|state|bank)\b|"
    r"\bwhat\s+(?:is|was|are|were)\s+the\s+names?\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|fifty|sixty|seventy|"
    r"eighty|ninety|hundreds?|thousands?|[mb]illions?|half|halves|thirds?|quarters?|fifth|tenth|dozen|once|twice|single|double|"
    r"no|none|nothing|not|never|free|daily|weekly|monthly|annual(?:ly)?|yearly|quarterly|hourly|every|each|all|any|both|majority|"
    r"immediately|promptly|forthwith|unlimited|indefinitely|perpetuity|always|until|throughout|without|within|[ivx]+)\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\d|\b(?:january|february|march|april|may|june|july|august|september|october|november|december|\w+day|days?|weeks?|months?|"
    r"years?|hours?|minutes?|century|noon|midnight|morning|evening|night|spring|summer|autumn|winter|after|before|until|upon|on|"
    r"when\w*|once|during|while|at|immediately|promptly|by|within|as\s+soon|following|since|if|every|date|time|end|beginning)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-Z]")


def type_fits(question: str, answer: str) -> float:
    """1 where `answer` has what the question asks for, -1 where it lacks it, 0 where the question does not say."""
    if _WANTS_NUMBER.search(question):
        return 1.0 if _NUMBER.search(answer) else -1.0
    if _WANTS_TIME.search(question):
        return 1.0 if _TIME.search(answer) else -1.0
    if _WANTS_NAME.search(question):
        return 1.0 if _NAME.search(answer) else -1.0
    return 0.0
