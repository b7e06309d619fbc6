"""Whom to call in which country."""

from __future__ import annotations

import pytest

from config import ROOT
from portal.care.help_lines import Line, UnfitHelpLines, dialled, read_help_lines

SHIPPED = (ROOT / "portal/care/content/help_lines.toml").read_text()
A_LINE = '[[GB.lines]]\nname = "Samaritans"\ncall = "116 123"\n'
A_COUNTRY = f'[GB]\nname = "United Kingdom"\nemergency = "999"\n{A_LINE}'


def test_a_country_has_an_emergency_number_and_lines():
    countries = read_help_lines(A_COUNTRY)

    assert countries["GB"].emergency == "999"
    assert countries["GB"].lines == (Line(name="Samaritans", call="116 123"),)


def test_countries_stand_in_the_order_of_their_names():
    sweden = '[SE]\nname = "Sweden"\nemergency = "112"\n[[SE.lines]]\nname = "Mind"\ncall = "90101"\n'
    austria = '[AT]\nname = "Austria"\nemergency = "112"\n[[AT.lines]]\nname = "T"\ncall = "142"\n'

    assert list(read_help_lines(sweden + A_COUNTRY + austria)) == ["AT", "SE", "GB"]


def test_a_telephone_wants_a_number_without_its_groups():
    assert dialled("0800 111 0 111") == "08001110111"


@pytest.mark.parametrize(
    ("toml", "reason"),
    [
        (A_COUNTRY.replace("GB", "gb"), "two capital letters"),
        (A_COUNTRY.replace("GB", "GBR"), "two capital letters"),
        (A_COUNTRY.replace('emergency = "999"\n', ""), "GB has to have"),
        (A_COUNTRY.replace(A_LINE, "lines = []\n"), "GB has to have"),
        (A_COUNTRY.replace('"999"', '"nine"'), "'nine' is not a number"),
        (A_COUNTRY.replace('"999"\n', '"999"\npolice = "ten"\n'), "'ten' is not a number"),
        (A_COUNTRY.replace('"999"\n', '"999"\npolice = "999"\n'), "where their number is another one"),
        (A_COUNTRY.replace('call = "116 123"\n', ""), "needs a number to call or to text"),
        (A_COUNTRY.replace('"116 123"', '"javascript:alert(1)"'), "needs a number to call or to text"),
        (A_COUNTRY.replace('name = "Samaritans"', 'nmae = "Samaritans"'), "a line has a name"),
    ],
)
def test_an_unfit_file_is_refused_with_the_place_and_the_reason(toml, reason):
    with pytest.raises(UnfitHelpLines, match=reason):
        read_help_lines(toml)


def test_the_countries_that_come_with_the_portal():
    assert " ".join(sorted(read_help_lines(SHIPPED))) == (
        "AT AU BE CA CH DE DK ES FI FR GB IE IN IT JP NL NO NZ PL PT SE SG US ZA"
    )


def test_every_country_has_a_line_that_a_voice_answers():
    for country in read_help_lines(SHIPPED).values():
        assert country.lines[0].call, country.name
