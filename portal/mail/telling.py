"""Words that would tell over a shoulder what somebody gets mail about (P2). Pure."""

from __future__ import annotations

import re
import unicodedata

# In any word, wherever they stand in it: Gesprächstherapie, parapsychology.
_ANYWHERE = "therap terap psych psyk psik psiq psico"
# Words that begin so, without accents: what it is called, who offers it, and why somebody comes to it.
_BEGINNINGS = """
counsel consult session intake questionnaire client patient clinic doctor treatment diagnos symptom disorder
illness mental emotional wellbeing healing depress anxi panic trauma ptsd suicid self-harm selfharm crisis
grief bereave addict abuse bipolar adhd autis ocd burnout burn-out
sprechstunde sitzung seelisch seelsorge beratung behandlung klinik krise sucht angst fragebogen klient
essstorung storung seance angoisse souffr deuil sesion ansied duelo adiccion paciente sessao seduta ansia
lutto paziente behandel somber verslav samtalsstod behandling sjuk ahdist masen mielenterv
depresj zaloba uzalezn wizyta kryzys leczen
"""
_TELLING = re.compile(
    rf"\w*(?:{'|'.join(_ANYWHERE.split())})\w*|\b(?:{'|'.join(map(re.escape, _BEGINNINGS.split()))})\w*"
)
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
# Somebody who is greeted by name: the same words go to everybody.
_GREETINGS = """
dear|hello|hi|hey|good (?:morning|day|evening)|liebe[rs]?|hallo|guten tag|sehr geehrte[rs]? \\w+|cher|ch[eè]re
|bonjour|querid[oa]|hola|car[oa]|ciao|ol[aá]|beste|geachte|k[aä]ra|hej|hei|drog[ia]
""".replace("\n", "")
_GREETED = re.compile(rf"(?im)^\s*(?:{_GREETINGS})[ ,]+((?-i:[^\W\d_a-zß-ÿ])[^\W\d_]+)")
_ELSEWHERE = re.compile(
    r"(?i)\b(?:https?://|www\.)\S*|\b[a-z0-9-]+\.(?:com|org|net|de|co\.uk|health|clinic)\b"
)


def telling_words(text: str) -> list[str]:
    """The words of this text that would tell, as they stand in it, each once."""
    plain = _plain(text)
    return list(dict.fromkeys(found.group().strip() for found in _TELLING.finditer(plain)))


def names_greeted(text: str) -> list[str]:
    """The names with which somebody is greeted."""
    return [found.group(1) for found in _GREETED.finditer(text)]


def addresses_elsewhere(text: str) -> list[str]:
    """The addresses of pages that are written out: where they lead tells, and nobody should trust them."""
    return [found.group() for found in _ELSEWHERE.finditer(text)]


def _plain(text: str) -> str:
    """Lower case, without accents and without what cannot be seen."""
    apart = unicodedata.normalize("NFKD", _UNSEEN.sub("", text).casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))
