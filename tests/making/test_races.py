"""Two editors at once, in earnest: each of their changes is in the draft afterwards."""

from __future__ import annotations

import threading

from portal.database import transaction
from portal.making import editing
from portal.making.queries import draft_called
from portal.making.services import begin_draft, begin_questionnaire, change_draft
from portal.making.sheet import loaded
from tests import make
from tests.making.sheets import item, sheet

_TIMES = 5


def at_once(app, *doings):
    """Each in a thread and a context of its own, all let go at the same moment. What went wrong."""
    wrong, start = [], threading.Barrier(len(doings))

    def run(do):
        with app.app_context():
            start.wait()
            try:
                do()
            except Exception as problem:
                wrong.append(problem)

    threads = [threading.Thread(target=run, args=(do,)) for do in doings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


def adds(key, number):
    def change(made, published):
        text = f"{editing.item_called(made, key)['text']} {key}.{number}"
        return editing.say(made, key, {"text": text}, published)

    return change


def test_two_who_write_at_once_both_find_their_words(app, db, now):
    ada = make.therapist(db)
    with app.app_context(), transaction() as writing:
        begun = sheet(item("a"), item("b"))
        begin_questionnaire(writing, begun, name="evenings", source=None, by=writing.merge(ada), now=now)

    def writes(key):
        def write():
            for number in range(_TIMES):
                with transaction() as writing:
                    change_draft(writing, "evenings", adds(key, number), by=writing.merge(ada), now=now)

        return write

    wrong = at_once(app, writes("i1"), writes("i2"))

    assert wrong == []
    texts = [each["text"] for each in loaded(draft_called(db, "evenings").content)["items"]]
    assert texts == [
        f"About {name}? {' '.join(f'{key}.{number}' for number in range(_TIMES))}"
        for name, key in (("a", "i1"), ("b", "i2"))
    ]


def test_two_who_begin_a_draft_at_once_have_the_same_one(app, db, now):
    ada = make.therapist(db)
    make.questionnaire_version(db, number=1)

    def begin():
        with transaction() as writing:
            begin_draft(writing, "first-questions", by=writing.merge(ada), now=now)

    assert at_once(app, begin, begin, begin) == []
    assert draft_called(db, "first-questions").based_on == 1
