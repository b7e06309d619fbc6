"""The practice described from a terminal."""

from __future__ import annotations

from datetime import date

from portal.practice.facts import Facts, practice_facts


def run(app, *arguments):
    return app.test_cli_runner().invoke(args=["practice", "describe", *arguments])


def test_a_practice_is_described(app, db):
    outcome = run(
        app,
        *("--name", "Willow Street", "--country", "ie", "--time-zone", "Europe/Dublin"),
        *("--answering-days", "1,2,3,4", "--answers-within-days", "3", "--answers-by-hour", "17"),
    )

    assert outcome.exit_code == 0, outcome.output
    assert "Willow Street (IE, Europe/Dublin)" in outcome.output
    assert "Warning" not in outcome.output
    assert practice_facts(db) == Facts(
        name="Willow Street",
        country="IE",
        time_zone="Europe/Dublin",
        answering_days=(1, 2, 3, 4),
        answers_within_days=3,
        answers_by_hour=17,
    )


def test_what_is_left_out_stays_as_it_is(app, db):
    run(app, "--name", "Willow Street", "--country", "GB", "--answers-by-hour", "12")

    run(app, "--name", "Elm Street")

    facts = practice_facts(db)
    assert (facts.name, facts.country, facts.answers_by_hour) == ("Elm Street", "GB", 12)


def test_asking_without_saying_anything_shows_what_is_stored(app, db):
    run(app, "--name", "Willow Street", "--country", "GB")

    outcome = run(app)

    assert outcome.output.startswith("Willow Street (GB, UTC). This portal is not watched")


def test_a_country_without_known_help_lines_is_taken_with_a_warning(app, db):
    outcome = run(app, "--name", "Willow Street", "--country", "XK")

    assert outcome.exit_code == 0
    assert "Warning: no help lines are known for XK." in outcome.output
    assert practice_facts(db).country == "XK"


def test_what_cannot_be_is_refused_and_nothing_is_kept(app, db):
    outcome = run(app, "--name", "Willow Street", "--country", "GB", "--time-zone", "Nowhere")

    assert outcome.exit_code == 1
    assert "'Nowhere' is not an IANA time zone" in outcome.output
    assert practice_facts(db) == Facts()


def test_days_are_numbers_between_commas(app, db):
    outcome = run(app, "--answering-days", "Monday")

    assert outcome.exit_code == 2
    assert "write the days as numbers between commas" in outcome.output


def confirm(app, *arguments, **more):
    return app.test_cli_runner().invoke(args=["practice", "confirm-help-lines", *arguments], **more)


def test_the_help_lines_are_confirmed_on_this_day_of_the_practice_s_zone(app, db, now, later):
    run(app, "--name", "Willow Street", "--country", "NO", "--time-zone", "Pacific/Auckland")
    later(now.replace(hour=23))

    outcome = confirm(app, input="y\n")

    assert outcome.exit_code == 0, outcome.output
    assert "Emergency: 113, police: 112" in outcome.output
    assert "Mental Helse Hjelpetelefonen: 116 123" in outcome.output
    assert "Confirmed on 2 March 2027" in outcome.output
    assert practice_facts(db).help_lines_confirmed_on == date(2027, 3, 2)


def test_who_is_not_certain_confirms_nothing(app, db):
    run(app, "--name", "Willow Street", "--country", "GB")

    assert confirm(app, input="n\n").exit_code == 1
    assert practice_facts(db).help_lines_confirmed_on is None


def test_what_was_confirmed_stays_so_while_the_country_does(app, db, now):
    run(app, "--name", "Willow Street", "--country", "GB")
    confirm(app, "--yes")

    run(app, "--name", "Elm Street")
    assert practice_facts(db).help_lines_confirmed_on == now.date()

    run(app, "--country", "IE")
    db.expire_all()
    assert practice_facts(db).help_lines_confirmed_on is None


def test_where_no_lines_are_known_there_is_nothing_to_confirm(app, db):
    run(app, "--name", "Willow Street", "--country", "XK")

    outcome = confirm(app, "--yes")

    assert outcome.exit_code == 1
    assert "No help lines are known for XK" in outcome.output


def practice(app, *arguments):
    return app.test_cli_runner().invoke(args=["practice", *arguments])


def test_the_practice_goes_away_and_comes_back(app, db):
    run(app, "--name", "Willow Street", "--country", "GB", "--time-zone", "Europe/London")
    days = ("--from", "2027-03-01", "--until", "2027-03-07")
    person = ("--stand-in", "Bo Lind", "--stand-in-email", "bo@example.org", "--words", "Call Bo.")

    outcome = practice(app, "away", *days, *person)

    (away,) = practice_facts(db).absences
    assert outcome.output == (
        "Away from 1 March 2027 until 7 March 2027. Bo Lind stands in, told at bo@example.org."
        f" ({away.reference})\n"
    )
    assert practice(app, "away").output == outcome.output
    # Describing it keeps what was said of that.
    assert "not watched" in run(app, "--name", "Elm Street").output
    assert practice(app, "back", away.reference).exit_code == 0
    db.expire_all()
    assert practice_facts(db).absences == ()
    assert practice(app, "away").output == "No absence is known.\n"


def test_an_absence_that_cannot_be_says_why(app):
    assert "has a name" in practice(app, "away", "--from", "2027-03-01", "--stand-in-email", "b@x.org").output
    assert practice(app, "away", "--until", "2027-03-01").exit_code == 2
    assert practice(app, "back", "nothing").exit_code == 1
