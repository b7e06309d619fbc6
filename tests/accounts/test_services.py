"""What is stored, mailed and refused when people come and go."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.accounts import services
from portal.accounts.models import Client, MailedLink, SignedInPlace, Therapist
from portal.accounts.queries import LinkGone
from portal.database import transaction
from portal.mail.models import OutgoingEmail
from portal.practice.facts import current_practice
from portal.vault.models import DataKey
from portal.vault.words import seal, unseal
from tests import make
from tests.accounts.letters import letters_to, newest_letter_to, token_in

pytestmark = pytest.mark.usefixtures("inside_app")

SAM = "sam@example.org"


def count(db, table) -> int:
    return db.scalar(select(func.count()).select_from(table))


def sign_up(now, *, email=SAM, password_hash="first", time_zone=None) -> str:
    with transaction() as db:
        return services.sign_up(db, email=email, password_hash=password_hash, time_zone=time_zone, now=now)


def prove(token, now) -> Client:
    with transaction() as db:
        return services.prove_address(db, token, now=now)


def set_password(token, now, password_hash="new") -> None:
    with transaction() as db:
        services.set_new_password(db, token, password_hash=password_hash, now=now)


def ask_for_new_password(email, now) -> str:
    with transaction() as db:
        return services.send_new_password_link(db, email, now=now)


def client_called(db, email) -> Client:
    db.expire_all()
    return db.scalars(select(Client).where(Client.email == email)).one()


def test_a_new_client_has_a_key_of_their_own_and_the_first_therapist(db, now):
    first = make.therapist(db)
    make.therapist(db, name="Bo Lind")

    sign_up(now, time_zone="Europe/Paris")

    sam = client_called(db, SAM)
    assert (sam.therapist_id, sam.time_zone, sam.proved_at, sam.joined_at) == (
        first.id,
        "Europe/Paris",
        None,
        now,
    )
    key = db.get(DataKey, sam.data_key_id)
    assert unseal(db, key, seal(db, key, "quiet", of="a"), of="a") == "quiet"


def test_a_new_client_waits_for_a_therapist_where_there_is_none(db, now):
    sign_up(now)
    assert client_called(db, SAM).therapist_id is None

    with transaction() as inside:
        ada = services.add_therapist(
            inside, name="Ada", email="ada@example.org", password_hash="x", time_zone="UTC", now=now
        )

    assert client_called(db, SAM).therapist_id == ada.id


def test_a_second_therapist_takes_nobody_over(db, now):
    ada = make.therapist(db)
    sam = make.client(db, therapist=ada)

    with transaction() as inside:
        services.add_therapist(
            inside, name="Bo", email="bo@example.org", password_hash="x", time_zone="UTC", now=now
        )

    assert client_called(db, sam.email).therapist_id == ada.id


@pytest.mark.parametrize("kind", [make.client, make.therapist])
def test_an_address_belongs_to_one_person(db, now, kind):
    taken = kind(db).email

    with pytest.raises(services.AddressTaken), transaction() as inside:
        services.add_therapist(inside, name="Bo", email=taken, password_hash="x", time_zone="UTC", now=now)

    assert count(db, Therapist) + count(db, Client) == 1


def test_a_client_is_added_once(db, now):
    taken = make.client(db).email

    with pytest.raises(services.AddressTaken), transaction() as inside:
        services.add_client(inside, email=taken, password_hash="x", now=now, proved=True)

    # Their own, and the one under which beginnings of names are kept.
    assert count(db, DataKey) == 2


def test_the_link_proves_the_address_once(db, now):
    sign_up(now)
    token = token_in(newest_letter_to(db, SAM))

    prove(token, now + timedelta(hours=1))

    assert client_called(db, SAM).proved_at == now + timedelta(hours=1)
    with pytest.raises(LinkGone):
        prove(token, now + timedelta(hours=2))


@pytest.mark.parametrize(
    ("after", "works"), [(timedelta(hours=23, minutes=59), True), (timedelta(hours=24), False)]
)
def test_a_link_that_proves_an_address_lasts_for_a_day(db, now, after, works):
    sign_up(now)
    token = token_in(newest_letter_to(db, SAM))

    if works:
        prove(token, now + after)
    else:
        with pytest.raises(LinkGone):
            prove(token, now + after)

    assert (client_called(db, SAM).proved_at is not None) == works


@pytest.mark.parametrize(("after", "works"), [(timedelta(minutes=59), True), (timedelta(hours=1), False)])
def test_a_link_to_a_new_password_lasts_for_an_hour(db, now, after, works):
    sam = make.client(db)
    ask_for_new_password(sam.email, now)
    token = token_in(newest_letter_to(db, sam.email))

    if works:
        set_password(token, now + after)
    else:
        with pytest.raises(LinkGone):
            set_password(token, now + after)

    assert (client_called(db, sam.email).password_hash == "new") == works


def test_the_tables_do_not_hold_the_token(db, now):
    kept = sign_up(now)
    token = token_in(newest_letter_to(db, SAM))

    link = db.scalars(select(MailedLink)).one()

    assert link.token_hash == kept == services.hash_of(token)
    assert token not in link.token_hash


def test_a_link_is_for_one_purpose(db, now):
    sign_up(now)
    proof = token_in(newest_letter_to(db, SAM))
    ask_for_new_password(SAM, now)
    password = token_in(newest_letter_to(db, SAM))

    with pytest.raises(LinkGone):
        set_password(proof, now)
    with pytest.raises(LinkGone):
        prove(password, now)

    assert client_called(db, SAM).proved_at is None


def test_until_the_address_is_proved_the_latest_wish_counts(db, now):
    sign_up(now, password_hash="a stranger's", time_zone="Asia/Tokyo")
    older = token_in(newest_letter_to(db, SAM))

    sign_up(now, password_hash="the owner's", time_zone="Europe/Paris")

    sam = client_called(db, SAM)
    assert (sam.password_hash, sam.time_zone) == ("the owner's", "Europe/Paris")
    with pytest.raises(LinkGone):
        prove(older, now)
    prove(token_in(newest_letter_to(db, SAM)), now)
    assert count(db, Client) == 1


def test_who_has_an_account_is_told_so_and_keeps_it_as_it_is(db, now):
    sam = make.client(db)
    before = sam.password_hash

    sign_up(now, email=sam.email, password_hash="a stranger's")

    assert client_called(db, sam.email).password_hash == before
    letter = newest_letter_to(db, sam.email)
    assert letter.subject == "About your account"
    assert "You have one already" in letter.body
    assert "/account/" not in letter.body


def test_a_therapist_who_asks_for_an_account_is_told_of_theirs(db, now):
    ada = make.therapist(db)

    sign_up(now, email=ada.email)

    assert count(db, Client) == 0
    assert newest_letter_to(db, ada.email).subject == "About your account"


def test_who_has_no_account_is_told_so_when_they_ask_for_a_password(db, now):
    ask_for_new_password("nobody@example.org", now)

    letter = newest_letter_to(db, "nobody@example.org")
    assert "There is no account with this address" in letter.body
    assert "/account/" not in letter.body


@pytest.mark.parametrize("kind", [make.client, make.therapist])
def test_a_new_password_ends_every_place_and_every_older_link(db, now, kind):
    person = kind(db)
    other = make.client(db)
    with transaction() as inside:
        for number, someone in enumerate([person, person, other]):
            services.open_place(inside, someone, token_hash=str(number), now=now, ended_before=now)
    ask_for_new_password(person.email, now)
    older = token_in(newest_letter_to(db, person.email))
    ask_for_new_password(person.email, now)

    set_password(token_in(newest_letter_to(db, person.email)), now)

    assert list(db.scalars(select(SignedInPlace.token_hash))) == ["2"]
    with pytest.raises(LinkGone):
        set_password(older, now)
    assert newest_letter_to(db, person.email).subject == "Your password was changed"


def test_a_link_to_a_new_password_proves_the_address_too(db, now):
    sign_up(now)
    proof = token_in(newest_letter_to(db, SAM))
    ask_for_new_password(SAM, now)

    set_password(token_in(newest_letter_to(db, SAM)), now)

    assert client_called(db, SAM).proved_at == now
    with pytest.raises(LinkGone):
        prove(proof, now)


def test_only_the_newest_mailed_proof_works_when_it_is_sent_again(db, now):
    before = sign_up(now)
    older = token_in(newest_letter_to(db, SAM))

    with transaction() as inside:
        fits = services.send_proof_again(inside, SAM, link_before=before, now=now)

    newer = token_in(newest_letter_to(db, SAM))
    assert fits == services.hash_of(newer)
    with pytest.raises(LinkGone):
        prove(older, now)
    prove(newer, now)


def test_a_browser_is_forgotten_when_somebody_else_asks_for_the_same_account(db, now):
    """Its person would else be signed in to an account with a stranger's password."""
    owner = sign_up(now, password_hash="the owner's")
    sign_up(now, password_hash="a stranger's")

    with transaction() as inside:
        fits = services.send_proof_again(inside, SAM, link_before=owner, now=now)

    assert fits != services.hash_of(token_in(newest_letter_to(db, SAM)))
    assert len(fits) == len(owner)


def test_a_password_that_became_another_one_meanwhile_lets_nobody_in(db, now):
    sam = make.client(db)

    with transaction() as inside:
        person = inside.get(Client, sam.id)
        with pytest.raises(services.PasswordChanged):
            services.let_in(inside, person, checked_hash="an older one", renewed_hash="renewed")

    assert client_called(db, sam.email).password_hash == sam.password_hash


def test_the_right_password_of_an_address_that_is_not_proved_lets_nobody_in(db, now):
    sam = make.client(db, proved_at=None)

    with transaction() as inside:
        person = inside.get(Client, sam.id)
        with pytest.raises(services.NotProved) as refusal:
            services.let_in(inside, person, checked_hash=sam.password_hash, renewed_hash="renewed")

    assert refusal.value.client.id == sam.id
    assert client_called(db, sam.email).password_hash == sam.password_hash


@pytest.mark.parametrize("state", ["unknown", "unproved", "proved", "therapist"])
@pytest.mark.parametrize("wish", [sign_up, ask_for_new_password, "again"])
def test_an_address_costs_the_same_whether_or_not_it_is_known(db, now, queries, state, wish):
    """As many statements, one link, one mail, one job (ASVS 6.3.8)."""
    make.therapist(db)
    email = _address(db, state)
    wishes = {
        sign_up: lambda: sign_up(now, email=email),
        ask_for_new_password: lambda: ask_for_new_password(email, now),
        "again": lambda: _again(email, now),
    }
    links, letters = count(db, MailedLink), count(db, OutgoingEmail)
    # Remembered for some seconds; whoever comes first asks for it.
    current_practice()

    with queries() as seen:
        wishes[wish]()

    assert len(seen) == {sign_up: 7, ask_for_new_password: 6, "again": 7}[wish], seen
    assert count(db, MailedLink) == links + 1
    assert count(db, OutgoingEmail) == letters + 1
    assert len(letters_to(db, email)) == 1


def _address(db, state) -> str:
    if state == "therapist":
        return make.therapist(db, name="Bo Lind").email
    if state == "unknown":
        return "nobody@example.org"
    return make.client(db, **({} if state == "proved" else {"proved_at": None})).email


def _again(email, now) -> None:
    with transaction() as db:
        services.send_proof_again(db, email, link_before="0" * 64, now=now)
