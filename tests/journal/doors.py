"""How each deed at the doors is done, and the line that it leaves; for test_complete.py."""

from __future__ import annotations

from sqlalchemy import select, update

from portal.accounts import address_change, invitations, passkeys, places, second_step
from portal.accounts import services as accounts
from portal.accounts.begun import begun_step
from portal.accounts.ceremonies import Party
from portal.accounts.codes import code_at
from portal.accounts.models import AddressChange, Invitation, Purpose, SignedInPlace, Step
from portal.accounts.queries import passkeys_of
from portal.accounts.services import hash_of
from portal.journal.lines import What
from tests.accounts.device import HOST, ORIGIN, Device

_PARTY = Party(HOST, "Practice", ORIGIN)


def _place(world, db):
    places.open_place(db, world.sam(db), token_hash=hash_of("x"), now=world.now)
    return db.scalar(select(SignedInPlace.reference))


def _passkey(world, db):
    sam, device = world.sam(db), Device()
    said = device.makes(passkeys.begin_making(db, sam, party=_PARTY, token_hash=hash_of("y"), now=world.now))
    db.flush()
    begun = begun_step(db, Step.PASSKEY_ADD, token_hash=hash_of("y"), now=world.now)
    passkeys.add_passkey(db, sam, begun, said, name="Phone", party=_PARTY, now=world.now)
    return passkeys_of(db, sam)[0].reference


def _first_passkey(world, db):
    sam, device = world.sam(db), Device()
    said = device.makes(
        passkeys.begin_first(
            db,
            reference=sam.reference,
            address=sam.email,
            party=_PARTY,
            token_hash=hash_of("z"),
            now=world.now,
        )
    )
    db.flush()
    begun = begun_step(db, Step.PASSKEY_FIRST, token_hash=hash_of("z"), now=world.now)
    passkeys.add_first(db, sam, begun, said, name="Phone", party=_PARTY, now=world.now)


def _app(world, db):
    sam = world.sam(db)
    second_step.begin_app(db, sam, now=world.now)
    secret = second_step.secret_to_set_up(db, sam, now=world.now)
    return second_step.confirm_app(db, sam, code_at(secret, world.now), now=world.now)


def _recovery_code(world, db):
    codes = _app(world, db)
    second_step.use_code(db, world.sam(db), codes[0], now=world.now)


def _address(world, db, column):
    """Sam wants another address; the token of what is asked of the new one, or of the old one."""
    address_change.want_address(db, world.sam(db), "other@example.org", now=world.now)
    db.execute(update(AddressChange).values({column: hash_of("token")}))
    return "token"


def _invite(world, db):
    ada = world.ada(db)
    invitations.invite(db, ada, email="kit@example.org", name="Kit", words="", now=world.now)
    return db.scalar(select(Invitation.reference))


def _join(world, db):
    _invite(world, db)
    db.execute(update(Invitation).values(token_hash=hash_of("token")))
    invitations.accept_invitation(db, "token", password_hash="x", time_zone=None, now=world.now)


DOORS = {
    "accounts.address_change.change_address": (
        What.ADDRESS_CHANGED,
        lambda w, db: address_change.change_address(
            db, _address(w, db, AddressChange.proof_hash.key), now=w.now
        ),
    ),
    "accounts.address_change.keep_old_address": (
        What.ADDRESS_KEPT,
        lambda w, db: address_change.keep_old_address(
            db, _address(w, db, AddressChange.stop_hash.key), now=w.now
        ),
    ),
    "accounts.invitations.accept_invitation": (What.JOINED, _join),
    "accounts.invitations.invite": (What.INVITED, _invite),
    "accounts.invitations.invite_again": (
        What.INVITED,
        lambda w, db: invitations.invite_again(db, w.ada(db), _invite(w, db), now=w.now),
    ),
    "accounts.invitations.revoke_invitation": (
        What.INVITATION_REVOKED,
        lambda w, db: invitations.revoke_invitation(db, w.ada(db), _invite(w, db), now=w.now),
    ),
    "accounts.passkeys.add_first": (What.PASSKEY_ADDED, _first_passkey),
    "accounts.passkeys.add_passkey": (What.PASSKEY_ADDED, _passkey),
    "accounts.passkeys.remove_passkey": (
        What.PASSKEY_REMOVED,
        lambda w, db: passkeys.remove_passkey(
            db, w.sam(db), _passkey(w, db), owes_second_step=False, now=w.now
        ),
    ),
    "accounts.places.end_place_called": (
        What.SIGNED_OUT_THERE,
        lambda w, db: places.end_place_called(db, w.sam(db), _place(w, db)),
    ),
    "accounts.places.leave_all_places": (
        What.SIGNED_OUT_EVERYWHERE,
        lambda w, db: places.leave_all_places(db, w.sam(db)),
    ),
    "accounts.places.open_place": (What.SIGNED_IN, _place),
    "accounts.places.put_out": (
        What.PUT_OUT,
        lambda w, db: places.put_out(db, w.sam(db)),
    ),
    "accounts.second_step.confirm_app": (What.APP_ADDED, _app),
    "accounts.second_step.first_recovery_codes": (What.RECOVERY_CODES_MADE, _app),
    "accounts.second_step.remove_app": (
        What.APP_REMOVED,
        lambda w, db: (
            _app(w, db),
            second_step.remove_app(db, w.sam(db), owes_second_step=False, now=w.now),
        ),
    ),
    "accounts.second_step.replace_recovery_codes": (
        What.RECOVERY_CODES_MADE,
        lambda w, db: second_step.replace_recovery_codes(db, w.sam(db), now=w.now),
    ),
    "accounts.second_step.reset_second_step": (
        What.SECOND_STEP_RESET,
        lambda w, db: second_step.reset_second_step(db, w.sam(db), now=w.now),
    ),
    "accounts.second_step.use_code": (What.RECOVERY_CODE_USED, _recovery_code),
    "accounts.services.add_therapist": (
        What.THERAPIST_ADDED,
        lambda w, db: accounts.add_therapist(
            db, name="Bo", email="bo@example.org", password_hash="", time_zone="Europe/London", now=w.now
        ),
    ),
    "accounts.services.change_password": (
        What.PASSWORD_CHANGED,
        lambda w, db: accounts.change_password(db, w.sam(db), password_hash="", now=w.now),
    ),
    "accounts.services.note_failed_sign_in": (
        What.SIGN_IN_FAILED,
        lambda w, db: accounts.note_failed_sign_in(db, w.sam(db)),
    ),
    "accounts.services.prove_address": (
        What.JOINED,
        lambda w, db: accounts.prove_address(
            db, w.link(db, Purpose.PROVE_ADDRESS), asked_here=None, password_hash="x", now=w.now
        ),
    ),
    "accounts.services.set_new_password": (
        What.PASSWORD_CHANGED,
        lambda w, db: accounts.set_new_password(
            db, w.link(db, Purpose.NEW_PASSWORD), password_hash="", now=w.now
        ),
    ),
}

# What changes something at the doors and leaves no line of its own, each with the reason why.
WITHOUT_AT_THE_DOORS = {
    "accounts.address_change.want_address": "nothing has changed yet; both addresses get a mail",
    "accounts.address_change.forget_old_changes": "nobody can stop or finish it any more",
    "accounts.invitations.forget_old_invitations": "its link had not worked for long",
    "accounts.begun.begin_step": "what was only begun is no deed",
    "accounts.begun.finish_step": "what comes of it has a line",
    "accounts.begun.forget_begun": "what was only begun is no deed",
    "accounts.begun.forget_unfinished": "what was only begun is no deed",
    "accounts.passkeys.begin_first": "what was only begun is no deed",
    "accounts.passkeys.begin_making": "what was only begun is no deed",
    "accounts.passkeys.begin_showing": "what was only begun is no deed",
    "accounts.passkeys.keep_passkey": "whoever calls it says whose it is",
    "accounts.passkeys.use_passkey": "whoever shows it is signed in next, by open_place",
    "accounts.places.confirm_place": "what they prove it for has a line",
    "accounts.places.end_all_places": "it is part of choosing a new password, or of an erasure",
    "accounts.places.end_other_places": "it is part of changing how somebody signs in, which has a line",
    "accounts.places.end_place": "the place where somebody was signed in is gone with it",
    "accounts.places.forget_what_is_over": "nobody was signed in there any more",
    "accounts.places.know_browser": "it goes with signing in",
    "accounts.places.touch_place": "when a session was last used is no deed",
    "accounts.second_step.begin_app": "it is in use only once it has shown a code",
    "accounts.services.add_client": "that somebody joined is written once they have proved the address",
    "accounts.services.forget_idle_codes": "it is part of removing an app or a passkey",
    "accounts.services.keep_name": "it is part of saving an answer",
    "accounts.services.let_in": "whoever is let in is signed in next, by open_place",
    "accounts.services.own_key": "a key that seals nothing yet",
    "accounts.services.send_new_password_link": "the mail itself tells whom it concerns",
    "accounts.services.send_proof": "the mail itself tells whom it concerns",
    "accounts.services.send_proof_again": "the mail itself tells whom it concerns",
    "accounts.services.sign_up": "until the address is proved, anybody could have typed it",
    "accounts.services.void_all_links": "it is part of what voids them",
}

# What reads, or works something out.
READING_AT_THE_DOORS = {
    "accounts.address_change.change_to_prove",
    "accounts.address_change.change_to_stop",
    "accounts.begun.begun_step",
    "accounts.invitations.invitation_behind",
    "accounts.invitations.invitations_not_taken_up",
    "accounts.invitations.invitations_of",
    "accounts.passkeys.named_passkeys",
    "accounts.second_step.secret_to_set_up",
    "accounts.services.flush_the_address",
    "accounts.services.link_of_nothing",
}

# Which of these stands behind each address at the doors that takes a POST.
ROUTES_AT_THE_DOORS = {
    "accounts.add_passkey": "accounts.passkeys.add_passkey",
    "accounts.begin_app": "accounts.second_step.begin_app",
    "accounts.challenge": "accounts.passkeys.begin_showing",
    "accounts.change_address": "accounts.address_change.want_address",
    "accounts.change_password": "accounts.services.change_password",
    "accounts.change_sign_up": "practice.services.open_sign_up",
    "accounts.check_mail": "accounts.services.send_proof_again",
    "accounts.confirm": "accounts.places.confirm_place",
    "accounts.confirm_challenge": "accounts.passkeys.begin_showing",
    "accounts.end_place": "accounts.places.end_place_called",
    "accounts.end_places": "accounts.places.leave_all_places",
    "accounts.first_challenge": "accounts.passkeys.begin_first",
    "accounts.forgotten_password": "accounts.services.send_new_password_link",
    "accounts.invite": "accounts.invitations.invite",
    "accounts.invite_again": "accounts.invitations.invite_again",
    "accounts.join": "accounts.invitations.accept_invitation",
    "accounts.join_challenge": "accounts.passkeys.begin_first",
    "accounts.keep_address": "accounts.address_change.keep_old_address",
    "accounts.leave": "accounts.places.end_place",
    "accounts.make_codes": "accounts.second_step.replace_recovery_codes",
    "accounts.new_password": "accounts.services.set_new_password",
    "accounts.passkey_challenge": "accounts.passkeys.begin_making",
    "accounts.prove_address": "accounts.services.prove_address",
    "accounts.prove_new_address": "accounts.address_change.change_address",
    "accounts.remove_app": "accounts.second_step.remove_app",
    "accounts.remove_passkey": "accounts.passkeys.remove_passkey",
    "accounts.revoke": "accounts.invitations.revoke_invitation",
    "accounts.second_challenge": "accounts.passkeys.begin_showing",
    "accounts.set_up_app": "accounts.second_step.confirm_app",
    "accounts.sign_in": "accounts.places.open_place",
    "accounts.sign_in_by_passkey": "accounts.places.open_place",
    "accounts.sign_out": "accounts.places.end_place",
    "accounts.sign_up": "accounts.services.sign_up",
    "accounts.stay_signed_in": "accounts.places.touch_place",
    "accounts.take_second_step": "accounts.second_step.use_code",
}
