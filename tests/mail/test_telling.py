"""Words that would tell over a shoulder what a mail is about."""

from __future__ import annotations

import pytest

from portal.mail.telling import addresses_elsewhere, names_greeted, telling_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Your appointment is confirmed", []),
        ("Your therapy hour", ["therapy"]),
        ("Psychotherapy with me", ["psychotherapy"]),
        ("Deine Gesprächstherapie", ["gesprachstherapie"]),
        ("Votre séance chez la thérapeute", ["seance", "therapeute"]),
        ("Tu terapia por la ansiedad", ["terapia", "ansiedad"]),
        ("La tua seduta dallo psicologo", ["seduta", "psicologo"]),
        ("Din tid hos psykologen", ["psykologen"]),
        ("About your depression and your panic", ["depression", "panic"]),
        ("Your thera\u00adpy", ["therapy"]),
        ("Your thera\u200bpy", ["therapy"]),
        ("ＴＨＥＲＡＰＹ", ["therapy"]),
        ("A conclusion, a possession, an assessment", []),
    ],
)
def test_a_telling_word_is_found_in_any_of_several_languages(text, words):
    assert telling_words(text) == words


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Hello,\n\nyour appointment", []),
        ("Hello there,", []),
        ("Dear {therapist},", []),
        ("Dear Sam,\n\nyour appointment", ["Sam"]),
        ("Hello Sam", ["Sam"]),
        ("Liebe Ägidia,", ["Ägidia"]),
        ("Chère Élodie,", ["Élodie"]),
    ],
)
def test_who_is_greeted_by_name_is_found(text, names):
    assert names_greeted(text) == names


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("Look here: https://evil.example/a", ["https://evil.example/a"]),
        ("See www.ada.example", ["www.ada.example"]),
        ("See ada-therapy.com for more", ["ada-therapy.com"]),
        ("At 10.30, by then. No more", []),
    ],
)
def test_an_address_that_is_written_out_is_found(text, addresses):
    assert addresses_elsewhere(text) == addresses
