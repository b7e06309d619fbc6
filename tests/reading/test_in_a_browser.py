"""What scripts add to readings, in Chromium: a preview, words marked and kept, a place, and a voice."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from portal.reading.queries import kept_by
from tests import make
from tests.chromium import new_page, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

TEXT = "The heron waits.\n\n" + "\n\n".join(f"Paragraph number {number}. " * 12 for number in range(30))
# A voice of this device, and one that would send the words elsewhere; what is said is written down.
VOICES = """
window.said = [];
const voices = [
  {lang: "en-GB", localService: false, default: true, name: "elsewhere"},
  {lang: "de-DE", localService: true, default: true, name: "another tongue"},
  %s
];
const speech = Object.assign(new EventTarget(), {
  getVoices: () => voices,
  speak: (utterance) => {
    window.said.push([utterance.voice.name, utterance.text]);
    window.last = utterance;
  },
  cancel: () => {},
});
Object.defineProperty(window, "speechSynthesis", {value: speech});
window.SpeechSynthesisUtterance = class extends EventTarget {
  constructor(text) { super(); this.text = text; }
};
"""
HERE = '{lang: "en_US", localService: true, default: false, name: "here"},'


@pytest.fixture
def ada(db):
    return make.therapist(db, name="Ada Marsh")


@pytest.fixture
def sam(db, ada):
    return make.client(db, therapist=ada)


@pytest.fixture
def page(chromium, address):
    """Whatever a browser complains of, or throws, is a failure. It goes before the portal that it visits."""
    page = new_page(chromium, size={"width": 1280, "height": 800})
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    page.context.close()
    # Whoever goes on before a page has faded in is told so by Chromium.
    assert [each for each in complaints if "ViewTransition" not in each] == []


def test_the_preview_follows_the_typing_and_nothing_in_it_runs(db, page, address, ada):
    sign_in(page, address, ada)
    page.goto(f"{address}/desk/readings/new")

    page.get_by_label("Title").fill("On herons")
    page.get_by_label("Text").fill("## Then\n\nIt *flies*.\n\n<img src=x onerror=alert(1)>")

    preview = page.locator("#preview")
    preview.get_by_text("Then").wait_for()
    assert preview.locator("h2").all_inner_texts() == ["On herons", "Then"]
    assert preview.locator("em").all_inner_texts() == ["flies"]
    assert preview.locator("img, script").count() == 0
    assert page.get_by_label("Text").input_value().endswith("onerror=alert(1)>")


def test_what_is_pasted_with_its_looks_becomes_markdown(db, page, address, ada):
    sign_in(page, address, ada)
    page.goto(f"{address}/desk/readings/new")
    page.get_by_label("Text").fill("Before. ")

    page.get_by_label("Text").evaluate(
        """(field, looks) => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text/html", looks);
          clipboardData.setData("text/plain", "plain");
          field.focus();
          field.dispatchEvent(new ClipboardEvent("paste", {clipboardData, bubbles: true, cancelable: true}));
        }""",
        "<h2>Then</h2><ul><li>it <b>flies</b></li></ul><script>alert(1)</script>",
    )

    expect(page.get_by_label("Text")).to_have_value("Before. ## Then\n\n- it **flies**")


def test_marked_words_are_kept(app, db, page, address, sam):
    make.reading(db, slug="on-herons", markdown=TEXT)
    sign_in(page, address, sam)
    page.goto(f"{address}/reading/on-herons")
    button = page.get_by_role("button", name="Keep these words")
    assert not button.is_visible()

    # As somebody does it with a mouse: twice on a word.
    page.get_by_text("The heron waits.").dblclick(position={"x": 90, "y": 15})
    marked = page.evaluate("getSelection().toString().trim()")
    button.click()

    page.get_by_text("Kept. It is yours alone").wait_for()
    assert [each.words for each in kept_by(db, sam)] == [marked]
    assert marked in "The heron waits."


def test_a_place_is_kept_only_for_whoever_allows_it(db, page, address, sam):
    make.reading(db, slug="on-herons", markdown=TEXT)
    sign_in(page, address, sam)
    posted = []
    page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)

    def read_on():
        page.goto(f"{address}/reading/on-herons")
        page.locator("#p15").scroll_into_view_if_needed()
        page.goto(f"{address}/help-now")

    read_on()
    assert posted == []
    page.goto(f"{address}/reading")
    page.get_by_role("button", name="Keep my place").click()
    read_on()

    # What is sent while a page goes arrives after the next one has come.
    link = page.get_by_role("link", name="Go on where you were")
    for _ in range(50):
        page.goto(f"{address}/reading")
        if link.count():
            break
    link.click()
    assert 5 < int(page.url.rpartition("#p")[2]) <= 15


def test_it_is_read_aloud_by_a_voice_of_this_device_paragraph_by_paragraph(db, page, address, sam):
    make.reading(db, slug="on-herons", markdown="The heron.\n\n## Then\n\nThe swan.")
    page.add_init_script(VOICES % HERE)
    sign_in(page, address, sam)
    page.goto(f"{address}/reading/on-herons")

    page.get_by_role("button", name="Listen").click()
    marked = page.locator(".is-spoken")
    assert marked.inner_text() == "The heron."
    page.evaluate("window.last.dispatchEvent(new Event('end'))")
    assert marked.inner_text() == "Then"
    page.get_by_role("button", name="Pause").click()
    page.evaluate("window.last.dispatchEvent(new Event('end'))")
    assert marked.inner_text() == "Then"
    page.get_by_role("button", name="Go on").click()
    for _ in range(2):
        page.evaluate("window.last.dispatchEvent(new Event('end'))")

    assert marked.count() == 0
    assert page.get_by_role("button", name="Listen").is_visible()
    assert page.evaluate("window.said") == [
        ["here", "The heron."],
        ["here", "Then"],
        ["here", "Then"],
        ["here", "The swan."],
    ]


def test_where_no_voice_is_of_this_device_nothing_is_offered(db, page, address, sam):
    """A voice from elsewhere would be sent what somebody reads (P5)."""
    make.reading(db, slug="on-herons")
    page.add_init_script(VOICES % "")
    sign_in(page, address, sam)

    page.goto(f"{address}/reading/on-herons")

    page.get_by_role("button", name="Print").wait_for()
    assert not page.locator("[data-listen]").is_visible()


def test_printed_it_is_a_text_with_where_help_is_and_nothing_to_press(db, page, address, sam):
    reading = make.reading(db, slug="on-herons", markdown="The heron.")
    make.practice(db)
    make.kept_passage(db, client=sam, reading=reading, words="The heron.")
    sign_in(page, address, sam)
    page.goto(f"{address}/reading/on-herons")

    page.emulate_media(media="print")

    assert page.locator("main").inner_text().split("\n")[-1] == "The heron."
    assert page.get_by_role("button").count() == 0
    assert page.get_by_text("If you are in danger now").is_visible()
