"""What a client keeps of a reading, their line about it, and who may see it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.database import transaction
from portal.errors import NotFound
from portal.reading import keeping
from portal.reading.keeping import (
    LineWrittenElsewhere,
    NobodyToShareWith,
    NotInTheText,
    PassageTooLong,
    Pointed,
    TooManyKept,
    keep_passage,
    let_passage_go,
    share_passage,
    take_passage_back,
    write_line,
)
from portal.reading.models import KeptPassage, Reading
from portal.reading.publishing import Words, publish_revision, save_revision
from portal.reading.queries import kept_by, met_and_shared_by
from tests import make

pytestmark = pytest.mark.usefixtures("inside_app")
TEXT = 'The heron waits.\n\n## Then\n\n- it *flies*\n- it "lands"\n\nAnd waits.'


@pytest.fixture
def ada(db):
    return make.therapist(db)


@pytest.fixture
def sam(db, ada):
    return make.client(db, therapist=ada)


@pytest.fixture
def reading(db):
    return make.reading(db, title="On herons", markdown=TEXT)


def keep(sam, reading, block, words=None, *, version=1, now=None):
    with transaction() as db:
        return keep_passage(db, sam, reading, Pointed(version, block, words), now=now).reference


def look_again(db):
    """At what is stored, while whom it is about stays loaded with their key."""
    for each in [row for row in db if isinstance(row, KeptPassage | Reading)]:
        db.expire(each)


def words_kept(db, sam):
    look_again(db)
    return [each.words for each in kept_by(db, sam)]


def test_a_paragraph_is_kept_and_twice_is_once(db, sam, reading, now):
    for _ in range(2):
        keep(sam, reading, 1, now=now)

    (kept,) = kept_by(db, sam)
    assert (kept.words, kept.title, kept.block, kept.line) == ("The heron waits.", "On herons", 1, None)
    assert (kept.kept_at, kept.shared_at) == (now, None)


def test_a_list_is_kept_point_by_point(db, sam, reading, now):
    keep(sam, reading, 3, now=now)

    assert words_kept(db, sam) == ["it flies\nit “lands”"]


@pytest.mark.parametrize(
    "words", ["heron", "heron waits.\n\nThen", "The  heron\nwaits. Then it flies it “lands” And"]
)
def test_words_are_kept_as_the_page_shows_them_wherever_its_lines_break(db, sam, reading, now, words):
    keep(sam, reading, 1, words, now=now)

    assert words_kept(db, sam)[0].split() == words.split()


@pytest.mark.parametrize(
    ("block", "words", "version"),
    [
        (1, "The swan waits.", 1),
        (4, "heron", 1),
        (1, " ", 1),
        (2, None, 1),
        (0, None, 1),
        (9, None, 1),
        (1, None, 2),
        (1, None, 0),
        (1, None, 10**30),
        (10**30, "heron", 1),
    ],
)
def test_what_does_not_stand_there_is_not_kept(db, sam, reading, now, block, words, version):
    with pytest.raises(NotInTheText):
        keep(sam, reading, block, words, version=version, now=now)

    assert words_kept(db, sam) == []


def test_what_the_client_saw_is_kept_though_a_newer_version_is_up(db, sam, reading, now):
    with transaction() as changing:
        found = changing.get(Reading, reading.id)
        newer = save_revision(changing, found, Words("On swans", "", "The swan."), by=None, now=now)
        publish_revision(changing, found, newer, now=now)
    look_again(db)

    keep(sam, reading, 1, version=1, now=now)
    keep(sam, reading, 1, version=2, now=now)

    assert words_kept(db, sam) == ["The swan.", "The heron waits."]


def test_what_was_kept_stays_though_the_reading_changes_or_is_withdrawn(db, sam, reading, now):
    keep(sam, reading, 1, now=now)

    reading.markdown, reading.title, reading.published_at = "Nothing.", "Other", None
    db.flush()

    (kept,) = kept_by(db, sam)
    assert (kept.words, kept.title) == ("The heron waits.", "On herons")


def test_nothing_of_it_lies_open(db, sam, reading, now):
    reference = keep(sam, reading, 1, now=now)
    with transaction() as changing:
        write_line(changing, sam, reference, "A line about the wombat.", based_on=0)

    row = db.scalars(select(KeptPassage)).one()
    stored = row.sealed_passage + (row.sealed_line or b"")
    for words in ("heron", "On herons", reading.reference, "wombat"):
        assert words.encode() not in stored


def test_so_much_and_so_many(db, sam, now, monkeypatch):
    long = make.reading(db, markdown="word " * 1_100)
    with pytest.raises(PassageTooLong):
        keep(sam, long, 1, now=now)

    monkeypatch.setattr(keeping, "MOST_KEPT", 1)
    keep(sam, long, 1, "word word", now=now)
    with pytest.raises(TooManyKept):
        keep(sam, long, 1, "word word word", now=now)


def test_a_line_is_written_changed_and_taken_away(db, sam, reading, now):
    reference = keep(sam, reading, 1, now=now)

    for based_on, line in ((0, "Mine."), (1, "Mine, again."), (2, "")):
        with transaction() as changing:
            write_line(changing, sam, reference, line, based_on=based_on)
        look_again(db)
        assert [each.line for each in kept_by(db, sam)] == [line or None]

    assert db.scalars(select(KeptPassage.sealed_line)).all() == [None]


def test_a_second_window_never_overwrites_in_silence(db, sam, reading, now):
    reference = keep(sam, reading, 1, now=now)
    with transaction() as changing:
        write_line(changing, sam, reference, "From one window.", based_on=0)

    with pytest.raises(LineWrittenElsewhere) as clash, transaction() as changing:
        write_line(changing, sam, reference, "From the other.", based_on=0)
    with transaction() as changing:
        write_line(changing, sam, reference, "From one window.", based_on=0)

    assert clash.value.stored.line == "From one window."
    assert db.scalars(select(KeptPassage.revision)).all() == [1]


def test_the_therapist_sees_what_is_shared_as_it_is_now_and_nothing_else(db, ada, sam, reading, now):
    shared, private = keep(sam, reading, 1, now=now), keep(sam, reading, 4, now=now)
    assert private
    with transaction() as changing:
        share_passage(changing, sam, shared, now=now)
    with transaction() as changing:
        write_line(changing, sam, shared, "Written afterwards.", based_on=0)
    look_again(db)

    _, (seen,) = met_and_shared_by(db, ada, sam)
    assert (seen.words, seen.line, seen.shared_at) == ("The heron waits.", "Written afterwards.", now)
    with transaction() as changing:
        take_passage_back(changing, sam, shared)

    assert met_and_shared_by(db, ada, sam)[1] == []


def test_it_is_shared_with_one_therapist_and_not_with_whoever_comes_next(db, ada, sam, reading, now):
    reference = keep(sam, reading, 1, now=now)
    with transaction() as changing:
        share_passage(changing, sam, reference, now=now)

    bea = make.therapist(db, name="Bea Holm")
    sam.therapist_id = bea.id
    db.flush()

    assert met_and_shared_by(db, bea, sam)[1] == []


def test_whoever_has_no_therapist_shares_with_nobody(db, reading, now):
    kit = make.client(db)
    reference = keep(kit, reading, 1, now=now)

    with pytest.raises(NobodyToShareWith), transaction() as changing:
        share_passage(changing, kit, reference, now=now)


def test_what_is_let_go_leaves_nothing(db, sam, reading, now):
    reference = keep(sam, reading, 1, now=now)

    for _ in range(2):
        with transaction() as changing:
            let_passage_go(changing, sam, reference)

    assert db.scalars(select(KeptPassage)).all() == []


def test_anothers_passage_is_not_found(db, ada, sam, reading, now):
    reference, kit = keep(sam, reading, 1, now=now), make.client(db, therapist=ada)

    for deed in (
        lambda changing: write_line(changing, kit, reference, "Mine.", based_on=0),
        lambda changing: share_passage(changing, kit, reference, now=now),
        lambda changing: take_passage_back(changing, kit, reference),
    ):
        with pytest.raises(NotFound), transaction() as changing:
            deed(changing)
    with transaction() as changing:
        let_passage_go(changing, kit, reference)

    assert words_kept(db, sam) == ["The heron waits."]
