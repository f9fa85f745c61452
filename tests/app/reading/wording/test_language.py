"""Which questions are plainly not in English."""

import pytest

from docqa.app.reading.wording.language import is_english, reads_as_english

OTHER = [
    "¿Cuándo termina el contrato?",
    "cual es el plazo de preaviso",
    "Qui a signé le contrat ?",
    "Quel est le préavis ?",
    "Was ist die Laufzeit des Vertrags?",
    "Welches Recht gilt?",
    "Darf der Mieter untervermieten?",
    "Chi ha firmato l'accordo?",
    "Quem assinou o acordo?",
    "Wie heeft de overeenkomst ondertekend?",
    "När upphör avtalet?",
    "Kto podpisał umowę?",
    "Sözleşme ne zaman sona eriyor?",
    "Когда заканчивается договор?",
    "合同什么时候到期？",
    "契約はいつ終了しますか？",
    "계약은 언제 끝나나요?",
    "متى ينتهي العقد؟",
    "Πότε λήγει η σύμβαση;",
    "अनुबंध कब समाप्त होता है?",
]
PASSES = [
    "When does the term end?",
    "notice period?",
    "governing law",
    "Who is Juan de la Cruz?",
    "Juan de la Cruz",
    "res judicata?",
    "cestui que trust",
    "qui tam relator's share",
    "force majeure clause",
    "sine qua non",
    'What does "voir dire" mean?',
    "Where is 北京?",
    "Compagnie des Transports de la Loire",
    "Is Martin Van Buren the author?",
    "def foo(self): return x?",
    "p < 0.05",
    "São Paulo office address",
    'Who signed "Le contrat de mariage"?',
    "de minimis threshold",
    "王?",
    "",
]


@pytest.mark.parametrize("question", OTHER)
def test_a_question_in_another_language(question):
    assert not is_english(question)


@pytest.mark.parametrize("question", PASSES)
def test_names_key_words_code_and_legal_latin_pass(question):
    assert is_english(question)


@pytest.mark.parametrize(
    "text",
    [
        "Die Miete beträgt 5 Dollar und ist monatlich zu zahlen.",
        "Le loyer est de 5 dollars et il est payable.",
        "El arrendatario debe pagar la renta.",
        "租金是五美元,每月支付一次。",
    ],
)
def test_prose_in_other_languages_is_told(text):
    assert not reads_as_english(text)


@pytest.mark.parametrize(
    "text",
    [
        "The rent is 5 dollars.",
        "Alder Ltd, Jane Roe",
        "119 dollars",
        '"The rent is 5 dollars."',
        "The court applied res judicata.",
        "de la Cruz v. Los Angeles was decided in 1999",
    ],
)
def test_english_prose_with_names_is_english(text):
    assert reads_as_english(text)
