"""What is said to what asks nothing about the library: greetings, thanks, help, other matters, other languages."""

from __future__ import annotations

EXPLANATION = "I answer comparison questions from the saved pages, with a quote for each statement."
HOW_TO_ASK = (
    "Name one artifact to look at it, two or more to compare them, or describe what you need to search them all."
)
HELP = f"{EXPLANATION} {HOW_TO_ASK}"
SMALL_TALK = f"You are welcome here. {EXPLANATION}"
NOTHING = f"I could not find a question in that. {EXPLANATION}"
WHICH = f"I cannot tell which artifact is meant, and do not find it in the library. {HOW_TO_ASK}"
OTHER = f"That is nothing that comparison pages are about. {HOW_TO_ASK}"

# Where no LLM is there to read another language: one sentence in it about what to do.
_OTHER_LANGUAGES = {
    "de": "Ohne Sprachmodell lese ich nur Englisch: bitte auf Englisch fragen, oder ein Modell installieren mit",
    "es": "Sin un modelo de lenguaje solo leo inglés: pregunte en inglés o instale un modelo con",
    "fr": "Sans modèle de langue, je ne lis que l'anglais : posez la question en anglais ou installez un modèle avec",
    "pt": "Sem um modelo de linguagem só leio inglês: pergunte em inglês ou instale um modelo com",
    "it": "Senza un modello linguistico leggo solo l'inglese: chieda in inglese o installi un modello con",
    "zh": "没有语言模型时我只能读英文：请用英文提问，或用以下命令安装模型：",
    "ja": "言語モデルがないため英語しか読めません。英語で質問するか、次のコマンドでモデルを入れてください：",
}
_PULL = "`sidebyside models pull`"


def foreign_reply(language: str) -> str:
    """What to do about a question in this language (ISO 639-1), in it where we have the words."""
    told = _OTHER_LANGUAGES.get(language)
    english = "I read questions in English only, as the saved pages are in English. Please ask again in English."
    return f"{told} {_PULL}. {english}" if told else english
