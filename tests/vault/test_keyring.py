"""What is sealed is opened by its own key, for its own row, unaltered, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.vault.keyring import CannotBeOpened, Keyring, key_id

OLD, NEW, FOREIGN = bytes(range(32)), bytes(range(32, 64)), bytes(range(64, 96))
PLAIN = b"I lie awake"
ROW = "answer.value:5f0c"


@given(plain=some.binary(), row=some.text())
def test_what_was_sealed_is_opened_again(plain, row):
    keyring = Keyring([NEW])

    assert keyring.open(keyring.seal(plain, of=row), of=row) == plain


def test_nothing_of_what_was_sealed_can_be_read():
    assert PLAIN not in Keyring([NEW]).seal(PLAIN, of=ROW)


@pytest.mark.parametrize("other", ["answer.value:5f0d", "consultation.words:5f0c", ""])
def test_another_row_or_column_does_not_open_it(other):
    keyring = Keyring([NEW])
    sealed = keyring.seal(PLAIN, of=ROW)

    with pytest.raises(CannotBeOpened):
        keyring.open(sealed, of=other)


def test_one_flipped_bit_anywhere_is_refused():
    keyring = Keyring([NEW])
    sealed = keyring.seal(PLAIN, of=ROW)

    for place in range(len(sealed) * 8):
        altered = bytearray(sealed)
        altered[place // 8] ^= 1 << place % 8
        with pytest.raises(CannotBeOpened):
            keyring.open(bytes(altered), of=ROW)


@pytest.mark.parametrize("length", [0, 1, 5, 16, 17, 30])
def test_what_was_cut_short_is_refused(length):
    keyring = Keyring([NEW])

    with pytest.raises(CannotBeOpened):
        keyring.open(keyring.seal(PLAIN, of=ROW)[:length], of=ROW)


def test_another_key_does_not_open_it():
    sealed = Keyring([NEW]).seal(PLAIN, of=ROW)

    with pytest.raises(CannotBeOpened):
        Keyring([FOREIGN]).open(sealed, of=ROW)
    # Nor if it bears the name of the right one.
    renamed = sealed[:1] + key_id(FOREIGN) + sealed[5:]
    with pytest.raises(CannotBeOpened):
        Keyring([FOREIGN]).open(renamed, of=ROW)


def test_after_a_rotation_the_old_key_opens_and_the_newest_seals():
    before, after = Keyring([OLD]).seal(PLAIN, of=ROW), Keyring([NEW, OLD]).seal(PLAIN, of=ROW)

    assert [sealed[1:5] for sealed in (before, after)] == [key_id(OLD), key_id(NEW)]
    assert [Keyring([NEW, OLD]).open(sealed, of=ROW) for sealed in (before, after)] == [PLAIN, PLAIN]
    with pytest.raises(CannotBeOpened):
        Keyring([NEW]).open(before, of=ROW)


def test_no_nonce_is_used_twice():
    keyring = Keyring([NEW])

    assert len({keyring.seal(b"", of=ROW)[5:17] for _ in range(10_000)}) == 10_000
