"""What can be done with readings at the desk."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.database import transaction
from portal.errors import NotFound
from portal.reading.models import Reading, ReadingAddress, ReadingRevision
from portal.reading.publishing import Words
from portal.reading.queries import Moved, published_readings, reading_for
from portal.writing import services
from portal.writing.importing import brought_in
from portal.writing.queries import revisions_of, series
from portal.writing.services import (
    AddressTaken,
    AddressUnfit,
    NothingToPublish,
    StillUp,
    WrittenElsewhere,
    begin_reading,
    bring_in,
    place_reading,
    publish_draft,
    rename_reading,
    restore_revision,
    save_draft,
    throw_away,
    withdraw_reading,
)
from tests import make

pytestmark = pytest.mark.usefixtures("inside_app")
FIRST, SECOND = Words("On rest", "", "One."), Words("On rest", "", "One, two.")


@pytest.fixture
def ada(db):
    return make.therapist(db)


def begun(ada, now, words=FIRST):
    with transaction() as db:
        return begin_reading(db, words, by=ada, now=now).reference


def stored(db, reference):
    db.expire_all()
    return db.scalar(select(Reading).where(Reading.reference == reference))


def savings(db):
    found = select(ReadingRevision.number, ReadingRevision.markdown, ReadingRevision.version)
    return [tuple(row) for row in db.execute(found.order_by(ReadingRevision.number))]


def test_a_new_reading_is_a_draft_at_the_end_of_the_series(db, ada, now):
    make.reading(db, position=3)

    reference = begun(ada, now)

    reading = stored(db, reference)
    assert (reading.slug, reading.position, reading.version, reading.published_at) == ("on-rest", 4, 0, None)


def test_an_address_that_is_taken_gets_a_number(db, ada, now):
    make.reading(db, slug="on-rest")

    assert stored(db, begun(ada, now)).slug == "on-rest-2"
    assert stored(db, begun(ada, now)).slug == "on-rest-3"


def test_every_saving_is_kept_and_the_same_one_once(db, ada, now):
    reference = begun(ada, now)

    for _ in range(2):
        with transaction() as changing:
            save_draft(changing, reference, SECOND, based_on=1, by=ada, now=now)

    assert savings(db) == [(1, "One.", None), (2, "One, two.", None)]
    assert stored(db, reference).markdown == "One, two."


def test_two_who_write_at_once_lose_neither_text(db, ada, now):
    reference = begun(ada, now)
    with transaction() as changing:
        save_draft(changing, reference, SECOND, based_on=1, by=ada, now=now)

    with pytest.raises(WrittenElsewhere) as clash, transaction() as changing:
        save_draft(changing, reference, Words("On rest", "", "Other."), based_on=1, by=ada, now=now)
    assert clash.value.stored.markdown == "One, two."
    with transaction() as changing:
        save_draft(changing, reference, Words("On rest", "", "Other."), based_on=2, by=ada, now=now)

    assert [markdown for _, markdown, _ in savings(db)] == ["One.", "One, two.", "Other."]


def test_what_is_published_stays_up_while_the_next_draft_is_written(db, ada, now):
    reference = begun(ada, now)
    with transaction() as changing:
        publish_draft(changing, reference, number=1, by=ada, now=now)
    with transaction() as changing:
        save_draft(changing, reference, SECOND, based_on=1, by=ada, now=now)

    assert stored(db, reference).markdown == "One."
    with transaction() as changing:
        publish_draft(changing, reference, number=2, by=ada, now=now + timedelta(days=1))

    reading = stored(db, reference)
    assert (reading.markdown, reading.version, reading.published_at) == ("One, two.", 2, now)
    assert savings(db) == [(1, "One.", 1), (2, "One, two.", 2)]


def test_publishing_twice_is_publishing_once(db, ada, now):
    reference = begun(ada, now)

    for _ in range(2):
        with transaction() as changing:
            publish_draft(changing, reference, number=1, by=ada, now=now)

    assert stored(db, reference).version == 1


def test_only_what_the_page_showed_is_published_and_nothing_empty(db, ada, now):
    reference = begun(ada, now)
    with transaction() as changing:
        save_draft(changing, reference, SECOND, based_on=1, by=ada, now=now)

    with pytest.raises(WrittenElsewhere), transaction() as changing:
        publish_draft(changing, reference, number=1, by=ada, now=now)
    empty = begun(ada, now, Words("Nothing yet", "", " \n"))
    with pytest.raises(NothingToPublish), transaction() as changing:
        publish_draft(changing, empty, number=1, by=ada, now=now)

    assert published_readings(db) == []


def test_an_old_text_is_brought_back_as_the_newest(db, ada, now):
    reference = begun(ada, now)
    with transaction() as changing:
        save_draft(changing, reference, SECOND, based_on=1, by=ada, now=now)

    with transaction() as changing:
        restore_revision(changing, reference, 1, by=ada, now=now)

    assert [markdown for _, markdown, _ in savings(db)] == ["One.", "One, two.", "One."]


def test_a_withdrawn_reading_is_found_by_nobody_until_it_is_published_again(db, ada, now):
    client, reference = make.client(db), begun(ada, now)
    with transaction() as changing:
        publish_draft(changing, reference, number=1, by=ada, now=now)

    with transaction() as changing:
        withdraw_reading(changing, reference, by=ada)
    with pytest.raises(NotFound):
        reading_for(db, client, "on-rest")
    with transaction() as changing:
        publish_draft(changing, reference, number=1, by=ada, now=now)

    db.expire_all()
    assert reading_for(db, client, "on-rest").reading.version == 1


def test_the_old_address_of_what_was_published_once_leads_to_the_new_one(db, ada, now):
    client, reference = make.client(db), begun(ada, now)
    with transaction() as changing:
        publish_draft(changing, reference, number=1, by=ada, now=now)
    with pytest.raises(StillUp), transaction() as changing:
        rename_reading(changing, reference, "resting")

    with transaction() as changing:
        withdraw_reading(changing, reference, by=ada)
        rename_reading(changing, reference, "resting")
    with pytest.raises(NotFound) as nowhere:
        reading_for(db, client, "on-rest")
    assert not isinstance(nowhere.value, Moved)
    with transaction() as changing:
        publish_draft(changing, reference, number=1, by=ada, now=now)

    db.expire_all()
    with pytest.raises(Moved) as moved:
        reading_for(db, client, "on-rest")
    assert moved.value.slug == "resting"


def test_a_reading_can_go_back_to_an_address_that_it_had(db, ada, now):
    reference = begun(ada, now)
    with transaction() as changing:
        publish_draft(changing, reference, number=1, by=ada, now=now)
        withdraw_reading(changing, reference, by=ada)
        rename_reading(changing, reference, "resting")

    with transaction() as changing:
        rename_reading(changing, reference, "on-rest")

    assert db.scalars(select(ReadingAddress.slug)).all() == ["resting"]


def test_an_address_of_another_and_an_unfit_one_are_refused(db, ada, now):
    other, reference = make.reading(db, slug="other"), begun(ada, now)
    db.add(ReadingAddress(slug="long-ago", reading_id=other.id))
    db.flush()

    for slug, refusal in (
        ("other", AddressTaken),
        ("long-ago", AddressTaken),
        ("places", AddressTaken),
        ("Not one", AddressUnfit),
        ("", AddressUnfit),
        ("a" * 81, AddressUnfit),
    ):
        with pytest.raises(refusal), transaction() as changing:
            rename_reading(changing, reference, slug)


def test_an_address_of_a_draft_that_was_never_up_is_free_again(db, ada, now):
    reference = begun(ada, now)

    with transaction() as changing:
        rename_reading(changing, reference, "resting")

    assert db.scalar(select(func.count()).select_from(ReadingAddress)) == 0


def test_readings_are_put_in_order_and_twice_is_once(db, now):
    a, b, c = (make.reading(db, title=title, position=7) for title in "abc")

    for _ in range(2):
        with transaction() as changing:
            place_reading(changing, c.reference, above=b.reference)
    assert [entry.title for entry in series(db)] == ["a", "c", "b"]
    with transaction() as changing:
        place_reading(changing, a.reference, below=b.reference)

    db.expire_all()
    assert [entry.title for entry in series(db)] == ["c", "b", "a"]
    with pytest.raises(NotFound), transaction() as changing:
        place_reading(changing, a.reference, above="nobody")


def test_a_draft_that_was_never_up_is_thrown_away_and_anything_else_is_not(db, ada, now):
    reference, other = begun(ada, now), make.reading(db)

    with transaction() as changing:
        throw_away(changing, reference)
    with pytest.raises(StillUp), transaction() as changing:
        throw_away(changing, other.reference)

    assert db.scalars(select(Reading)).all() == [other]
    assert db.scalar(select(func.count()).select_from(ReadingRevision)) == 1


def test_what_is_brought_in_for_a_known_address_is_the_next_draft_of_that_reading(db, ada, now):
    reading = make.reading(db, slug="on-rest", markdown="Old.")

    with transaction() as changing:
        bring_in(changing, brought_in("---\ntitle: On rest\nslug: on-rest\n---\nNew."), by=ada, now=now)

    found, _ = revisions_of(db, reading)
    assert [each.number for each in found] == [2, 1]
    assert stored(db, reading.reference).markdown == "Old."


def test_what_only_has_the_same_title_is_another_reading(db, ada, now):
    make.reading(db, slug="on-rest", title="On rest")

    with transaction() as changing:
        brought = bring_in(changing, brought_in("# On rest\n\nText"), by=ada, now=now)

    assert brought.slug == "on-rest-2"


def test_front_matter_stays_with_its_text_through_every_saving(db, ada, now):
    with transaction() as changing:
        text = "---\ntitle: On rest\nauthor: Ada\n---\nOne."
        reference = bring_in(changing, brought_in(text), by=ada, now=now).reference

    with transaction() as changing:
        save_draft(changing, reference, SECOND, based_on=1, by=ada, now=now)

    assert db.scalars(select(ReadingRevision.front_matter)).all() == ["author: Ada\n"] * 2


def test_revisions_come_a_page_at_a_time(db, ada, now):
    reference = begun(ada, now)
    for number in range(1, 55):
        with transaction() as changing:
            words = Words("On rest", "", f"Text {number}.")
            save_draft(changing, reference, words, based_on=number, by=ada, now=now)
    reading = stored(db, reference)

    newest, goes_back = revisions_of(db, reading)
    oldest, goes_on = revisions_of(db, reading, before=newest[-1].number)

    assert ([each.number for each in newest], goes_back) == (list(range(55, 5, -1)), True)
    assert ([each.number for each in oldest], goes_on) == ([5, 4, 3, 2, 1], False)


def test_an_address_that_another_desk_takes_at_the_same_moment(db, ada, now, monkeypatch):
    """Found free, and taken before it is written: a new reading gets the next, a renamed one is refused."""
    make.reading(db, slug="on-rest")
    looked = []

    def free_at_first(session):
        looked.append(session)
        return set() if len(looked) in {1, 3} else {"on-rest"}

    monkeypatch.setattr(services, "taken_slugs", free_at_first)

    reference = begun(ada, now)

    assert stored(db, reference).slug == "on-rest-2"
    with pytest.raises(AddressTaken), transaction() as changing:
        rename_reading(changing, reference, "on-rest")
