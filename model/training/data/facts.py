"""Invented facts, hidden in prose and asked for in their own words: what a model answers from its
state alone.

A fact is a sentence that no other text has, so that nothing but reading it answers its question.
Places, people and values are drawn from more names than a run sees twice; the forms are other ones
than those by which retrieval is measured.
"""

import calendar
import random
from collections.abc import Callable
from dataclasses import dataclass

# The sentence, and a question that it answers in its own words. {thing} stands for what the fact is
# about, the other names but {value} for any of WORDS.
FORMS: dict[str, tuple[tuple[str, str], ...]] = {
    "count": (
        ("{thing} has {value} windows.", "How many windows does {thing} have?"),
        ("There are {value} steps inside {thing}.", "How many steps are there inside {thing}?"),
        (
            "{thing} was visited by {value} people last winter.",
            "How many people visited {thing} last winter?",
        ),
        (
            "The insurers value {thing} at {value} florins.",
            "At how many florins do the insurers value {thing}?",
        ),
        (
            "{thing} lies {value} metres above the sea.",
            "How many metres above the sea does {thing} lie?",
        ),
        (
            "A tour of {thing} takes {value} minutes.",
            "How many minutes does a tour of {thing} take?",
        ),
        (
            "The inventory lists {thing} under number {value}.",
            "Under which number does the inventory list {thing}?",
        ),
        (
            "The owner of {thing} must give notice {value} days ahead.",
            "How many days ahead must the owner of {thing} give notice?",
        ),
        (
            "Entry to {thing} costs {value} pence for adults.",
            "How much does entry to {thing} cost for adults?",
        ),
        (
            "Page {value} of the guide describes {thing}.",
            "Which page of the guide describes {thing}?",
        ),
        ("{thing} has {value} {units}.", "How many {units} does {thing} have?"),
        (
            "There is room for {value} {units} in {thing}.",
            "For how many {units} is there room in {thing}?",
        ),
        (
            "At most {value} {units} may be kept in {thing}.",
            "How many {units} may be kept in {thing} at most?",
        ),
        ("{thing} is {value} metres {size}.", "How many metres {size} is {thing}?"),
        ("The {fee} for {thing} is {value} dollars.", "What is the {fee} for {thing}?"),
        (
            "Under the {paper} about {thing} the {fee} is {value} euros.",
            "How many euros is the {fee} under the {paper} about {thing}?",
        ),
        (
            "The {paper} about {thing} may be ended with {value} days' notice.",
            "With how many days' notice may the {paper} about {thing} be ended?",
        ),
        (
            "Number {value} is written on the {part} of {thing}.",
            "Which number is written on the {part} of {thing}?",
        ),
    ),
    "year": (
        ("{thing} was completed in {value}.", "When was {thing} completed?"),
        (
            "A fire destroyed {thing} in the year {value}.",
            "In which year did a fire destroy {thing}?",
        ),
        ("Since {value} the city has owned {thing}.", "Since when has the city owned {thing}?"),
        ("The lease of {thing} ends in {value}.", "In what year does the lease of {thing} end?"),
        ("{thing} was {verb} in {value}.", "When was {thing} {verb}?"),
        (
            "The {part} of {thing} was {verb} in {value}.",
            "In which year was the {part} of {thing} {verb}?",
        ),
    ),
    "date": (
        ("{thing} opens to the public on {value}.", "On what day does {thing} open to the public?"),
        ("The feast at {thing} is held each {value}.", "When is the feast at {thing} held?"),
        (
            "Repairs of {thing} shall be finished by {value}.",
            "By when shall repairs of {thing} be finished?",
        ),
        ("The {part} of {thing} is {verb} every {value}.", "When is the {part} of {thing} {verb}?"),
        (
            "The {paper} about {thing} was signed on {value}.",
            "When was the {paper} about {thing} signed?",
        ),
        (
            "The keeper counts the birds near {thing} every {value}.",
            "When does the keeper count the birds near {thing}?",
        ),
    ),
    "month": (
        ("{thing} is {verb} each {value}.", "In which month is {thing} {verb}?"),
        (
            "Every year the {role} of {thing} leaves in {value}.",
            "In which month does the {role} of {thing} leave every year?",
        ),
        (
            "The {fee} for {thing} is due in the month of {value}.",
            "In which month is the {fee} for {thing} due?",
        ),
    ),
    "colour": (
        ("The {part} of {thing} is {value}.", "What colour is the {part} of {thing}?"),
        (
            "Last spring {thing} was given a {value} {part}.",
            "What colour is the {part} that {thing} was given?",
        ),
        (
            "The {role} of {thing} wears a {value} coat.",
            "What colour is the coat of the {role} of {thing}?",
        ),
    ),
    "person": (
        ("{thing} was {verb} by {value}.", "Who {verb} {thing}?"),
        (
            "The {part} of {thing} was {verb} by {value}.",
            "By whom was the {part} of {thing} {verb}?",
        ),
        ("The {role} of {thing} is {value}.", "Who is the {role} of {thing}?"),
        ("{value} signed the {paper} about {thing}.", "Who signed the {paper} about {thing}?"),
        ("The {role} of {thing} reports to {value}.", "To whom does the {role} of {thing} report?"),
        ("The {fee} for {thing} was paid by {value}.", "Who paid the {fee} for {thing}?"),
        ("{thing} belongs to {value}.", "To whom does {thing} belong?"),
        ("The builder of {thing} was named {value}.", "What was the builder of {thing} named?"),
        ("{value} wrote a poem about {thing}.", "Who wrote a poem about {thing}?"),
        ("Letters about {thing} go to {value}.", "Who gets letters about {thing}?"),
        ("{thing} was sold to {value} at an auction.", "To whom was {thing} sold at an auction?"),
        ("The accounts of {thing} are checked by {value}.", "Who checks the accounts of {thing}?"),
        ("According to {value}, {thing} is haunted.", "According to whom is {thing} haunted?"),
    ),
    "place": (
        ("{thing} was brought here from {value}.", "Where was {thing} brought from?"),
        ("The road from {thing} leads to {value}.", "Where does the road from {thing} lead?"),
        ("A copy of {thing} stands in {value}.", "Where does a copy of {thing} stand?"),
        (
            "The stones of {thing} were cut in {value}.",
            "In which town were the stones of {thing} cut?",
        ),
    ),
    "matter": (
        ("{thing} is made of {value}.", "What is {thing} made of?"),
        ("The door of {thing} shines in {value}.", "In what does the door of {thing} shine?"),
        (
            "Merchants of {value} used to meet at {thing}.",
            "Merchants of what used to meet at {thing}?",
        ),
        ("The roof of {thing} is covered with {value}.", "What covers the roof of {thing}?"),
    ),
    "code": (
        ("The access code for {thing} is {value}.", "What is the access code for {thing}?"),
        ("{thing} is registered as {value}.", "As what is {thing} registered?"),
        (
            "The file on {thing} bears the reference {value}.",
            "What reference does the file on {thing} bear?",
        ),
        (
            "For questions about {thing} dial {value}.",
            "What should one dial for questions about {thing}?",
        ),
    ),
}
WORDS: dict[str, tuple[str, ...]] = {
    "verb": (
        "painted",
        "measured",
        "cleaned",
        "funded",
        "restored",
        "described",
        "rented",
        "designed",
        "mapped",
        "guarded",
        "repaired",
        "founded",
        "praised",
        "inspected",
        "insured",
        "closed",
        "opened",
        "decorated",
        "donated",
        "moved",
    ),
    "units": (
        "rooms",
        "chairs",
        "keys",
        "tenants",
        "lamps",
        "boxes",
        "boats",
        "members",
        "seats",
        "trees",
        "workers",
        "books",
        "guests",
        "horses",
        "barrels",
        "tables",
        "visitors",
        "passengers",
        "bottles",
        "bells",
    ),
    "size": ("long", "high", "wide", "deep"),
    "part": (
        "door",
        "roof",
        "flag",
        "gate",
        "floor",
        "fence",
        "sign",
        "wall",
        "staircase",
        "lock",
        "ceiling",
        "lamp",
    ),
    "role": (
        "owner",
        "keeper",
        "architect",
        "manager",
        "guide",
        "cook",
        "director",
        "founder",
        "gardener",
        "tenant",
        "apprentice",
        "caretaker",
        "inspector",
        "secretary",
        "captain",
    ),
    "fee": (
        "rent",
        "deposit",
        "annual fee",
        "fine",
        "premium",
        "price",
        "toll",
        "tax",
        "monthly charge",
        "token",
    ),
    "paper": ("agreement", "contract", "lease", "report", "licence", "letter", "policy", "permit"),
}
OBJECTS = (
    "bridge",
    "mill",
    "lighthouse",
    "bell tower",
    "observatory",
    "granary",
    "ferry",
    "chapel",
    "orchard",
    "statue",
    "fountain",
    "theatre",
    "brewery",
    "cellar",
    "gatehouse",
    "garden",
    "school",
    "harbour office",
    "printing press",
    "clock",
    "tunnel",
    "pottery",
    "hospital",
    "court house",
    "windmill",
    "quarry",
    "dairy",
    "armoury",
    "boathouse",
    "museum",
    "pump station",
    "market hall",
    "tapestry",
    "telescope",
    "organ",
    "vineyard",
    "barn",
    "warehouse",
)
QUALITIES = (
    "old",
    "northern",
    "small",
    "round",
    "abandoned",
    "royal",
    "second",
    "stone",
    "lower",
    "wooden",
    "municipal",
    "famous",
    "hidden",
    "new",
    "narrow",
    "tall",
    "western",
    "private",
)
MONTHS = tuple(calendar.month_name)[1:]
DAYS = tuple(calendar.day_name)
COLOURS = (
    "red",
    "blue",
    "green",
    "yellow",
    "black",
    "white",
    "grey",
    "brown",
    "orange",
    "purple",
    "pink",
    "scarlet",
    "golden",
    "silver",
    "navy",
    "maroon",
    "olive",
    "teal",
    "beige",
    "cream",
)
MATTERS = (
    "copper",
    "oak",
    "limestone",
    "silver",
    "cedar",
    "granite",
    "brass",
    "slate",
    "ivory",
    "marble",
    "wool",
    "salt",
    "amber",
    "iron",
    "glass",
    "straw",
    "blue tiles",
    "red lacquer",
    "green velvet",
    "yellow brick",
    "black pearl",
)
GIVEN = (
    "Anna",
    "Boris",
    "Clara",
    "Dmitri",
    "Elena",
    "Farid",
    "Greta",
    "Hugo",
    "Ines",
    "Jonas",
    "Kavya",
    "Leon",
    "Mina",
    "Nadia",
    "Omar",
    "Petra",
    "Quentin",
    "Rosa",
    "Stefan",
    "Tomas",
    "Ursula",
    "Viktor",
    "Wanda",
    "Yusuf",
    "Zoe",
)
ONSETS = (
    "B",
    "Br",
    "C",
    "D",
    "Dr",
    "F",
    "G",
    "Gl",
    "H",
    "J",
    "K",
    "Kr",
    "L",
    "M",
    "N",
    "P",
    "R",
    "S",
    "St",
    "T",
    "Th",
    "W",
)
VOWELS = ("a", "e", "i", "o", "u", "ei", "oa")
MIDDLES = ("l", "m", "n", "r", "s", "rt", "nd", "lb", "v", "ck", "th", "g")
TOWNS = ("ford", "holm", "bury", "dale", "mouth", "gate", "burg", "ton", "field", "haven")
FAMILIES = ("son", "er", "ley", "mann", "ov", "ini", "ez", "ard", "ström", "kin")


@dataclass(frozen=True)
class TrainingFact:
    """A sentence, a question that it answers, and the answer's place in the sentence (start, end),
    in characters.
    """

    sentence: str
    question: str
    start: int
    end: int


def _name(rng: random.Random, endings: tuple[str, ...]) -> str:
    return rng.choice(ONSETS) + rng.choice(VOWELS) + rng.choice(MIDDLES) + rng.choice(endings)


def _number(rng: random.Random) -> str:
    return f"{int(10 ** rng.uniform(0.7, 5)):,}"


def _date(rng: random.Random) -> str:
    day = rng.randint(1, 28)
    month = rng.choice(MONTHS)
    return rng.choice(
        (f"{day} {month}", f"{month} {day}", month, rng.choice(DAYS), f"{day} {month} 19{day + 40}")
    )


def _code(rng: random.Random) -> str:
    letters = "".join(rng.choices("ABCDEFGHKLMNPRSTVWXZ", k=rng.randint(1, 3)))
    return rng.choice((f"{letters}-{rng.randint(10, 9999)}", f"{rng.randint(1000, 999_999)}"))


VALUES: dict[str, Callable[[random.Random], str]] = {
    "count": _number,
    "year": lambda rng: str(rng.randint(1402, 2031)),
    "date": _date,
    "month": lambda rng: rng.choice(MONTHS),
    "colour": lambda rng: rng.choice(COLOURS),
    "person": lambda rng: f"{rng.choice(GIVEN)} {_name(rng, FAMILIES)}",
    "place": lambda rng: _name(rng, TOWNS),
    "matter": lambda rng: rng.choice(MATTERS),
    "code": _code,
}


def invent(rng: random.Random) -> TrainingFact:
    """A fact drawn anew."""
    kind = rng.choice(list(FORMS))
    form, asked = rng.choice(FORMS[kind])
    thing = rng.choice(OBJECTS)
    if rng.random() < 0.4:
        thing = f"{rng.choice(QUALITIES)} {thing}"
    thing = f"the {thing} {rng.choice(('of', 'in', 'at', 'near'))} {_name(rng, TOWNS)}"
    value = VALUES[kind](rng)
    words = {name: rng.choice(found) for name, found in WORDS.items()}
    before, after = form.split("{value}")
    opening = before.format(thing=thing, **words)
    sentence = opening + value + after.format(thing=thing, **words)
    question = asked.format(thing=thing, **words)
    return TrainingFact(
        _sentence_case(sentence), _sentence_case(question), len(opening), len(opening) + len(value)
    )


def _sentence_case(text: str) -> str:
    return text[0].upper() + text[1:]
