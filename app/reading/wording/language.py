"""Whether a question is in English, by its letters and commonest words."""

import re
import unicodedata

from docqa.app.evidence.terms import STOP_WORDS

NOT_ENGLISH = "docqa reads English questions."

_QUOTED = re.compile(r"[“\"«„][^”\"»“]{0,200}[”\"»“]|`[^`]*`")
_WORD = re.compile(r"[^\W\d_]+")
# Words of other languages that ask, and their commonest verbs: one must be there.
_ASKING_WORDS = """
adalah apa apakah avait bagaimana bao berapa beschreibe chi cine combien cosa cual cuales cuando cuanto cuantos cuál
cuáles cuándo cuánta cuántas cuánto cuántos czy când cât câte cómo darf debe deve dimana dlaczego doit donde dove
décrivez dónde erkläre es est este está están explica explique expliquez explícame fait fasse finns foi foram fue
fueron gdzie gibt gì haben hangi hatte heeft hoe hogyan hol hur hva hvad hvem hvilke hvilken hvor hvordan hvorfor
hvornår hány ile ist jak jaka jaki jakie jaká jaké jaký je jest jsou kan kann kapan kaç kde kdo kdy khi kiedy kimdir
kolik která které který kto kuinka kuka laut lequel là mag melyik mengapa mennyi mikor miksi mikä milloin missä miten
miért moet może mu muss mü mı může nasıl neden nedir nenne nerede nhiêu nào när når onde onko ont ovat où perché peut
poate pode porque porqué possono pourquoi proč puede pueden può quais qual quale quali quand quando quanta quanti
quanto que quel quelle quelles quels quem qui quien quienes quién quiénes quoi qué quê resuma resumen riassumi résume
résumez sao secondo según selon siapa sind sono sont spiega sunt são są tem thế tiene tại unde vad varför vem vilka
vilken vilket voiko waar waarom wann wanneer warum wat welche welchem welchen welcher welches welk welke wem wer werd
weshalb wessen wie wieso wieviel wird wo wohin wordt wurde wurden zaman zijn är è étaient était đâu
"""
_ASKING = frozenset(_ASKING_WORDS.split())
# Articles, pronouns and the like; English words too count for neither.
_LINKING_WORDS = """
a aan al am ao as at au auf aus aux av avec az bei bij bir bu ce ces cette che cho com con cu các của d da dal dalam
dan dans dari das dat de dei del della delle dello dem den dengan der des det deze di die din dit do door dos du e een
egy ei ein eine einem einen eines el elle em en er es et ett för für gli ha hanno het hogy hợp i ikke il ile ils im in
ini inte is itu için ja jego không l la las le les lo los lui med met mi mit na nach nas ne nel nella nem nicht nie
niet no non nos nu não o och og om on op os pada par para pas pe per por pour przez på qu sa sau se ses si sich sie
się som su sur sus ta te ten til till trong tämä um uma un una unas und une unos untuk v van ve vom von voor và với w
was y yang z zu zum zur és được đồng și
"""
_LINKING = frozenset(_LINKING_WORDS.split())
_FOREIGN, _ENGLISH = (_ASKING | _LINKING) - STOP_WORDS, STOP_WORDS - _LINKING
_NOT_ALONE = frozenset(("qui", "quo", "são"))
"""These alone say nothing: "qui tam", "São Paulo"."""
_LEAST_LETTERS = 4


def is_english(question: str) -> bool:
    """False for a question that is plainly in another language or script; names, key words, code and the Latin of
    lawyers pass, and what is between quotation marks."""
    found, other_script = _words(question)
    if other_script:
        return False
    # A capital inside a question begins a name: "Martin Van Buren".
    words = [word.lower() for at, word in enumerate(found) if not at or word[0].islower()]
    asking = [word for word in words if word in _ASKING]
    foreign = sum(word in _FOREIGN for word in words)
    english = sum(word in _ENGLISH for word in words)
    if not english and len(found) > 2 and words[:1] == asking[:1] != [] and words[0] not in _NOT_ALONE:
        return False
    return not (asking and foreign > max(english, 1))


def reads_as_english(text: str) -> bool:
    """False for prose with more small words of other languages than of English, or mostly in another script."""
    found, other_script = _words(text)
    if other_script:
        return False
    # Small words before a capital may be of a name: "de la Cruz".
    small = [word for word, behind in zip(found, [*found, ""][1:], strict=True) if not behind[:1].isupper()]
    foreign = sum(word in _FOREIGN for word in small)
    english = sum(word.lower() in _ENGLISH for word in found)
    return foreign < 2 or foreign <= english


def _words(text: str) -> tuple[list[str], bool]:
    """(the words outside quotation marks, whether most of their letters are not Latin)."""
    found = _WORD.findall(unicodedata.normalize("NFC", _QUOTED.sub(" ", text)))
    letters = "".join(word for word in found if len(word) > 1)
    other = sum(not unicodedata.name(letter, "").startswith("LATIN") for letter in letters)
    return found, other >= _LEAST_LETTERS and 2 * other > len(letters)
