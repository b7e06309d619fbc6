"""What a reading's file has to be."""

from __future__ import annotations

import pytest

from portal.reading.pages import (
    Article,
    UnfitReading,
    as_file,
    is_slug,
    read_article,
    read_series,
    slug_for,
)


def a_file(front: str = "title: A title\nslug: a-slug", text: str = "A few words.") -> str:
    return f"---\n{front}\n---\n\n{text}\n"


def test_a_file_says_what_the_reading_is():
    front = "title: On rest\nslug: on-rest\nsummary: A summary\nposition: 2\npublished: true"

    article = read_article(a_file(front, "Some words.\n\nMore words."), name="rest.md")

    assert article == Article(
        title="On rest",
        slug="on-rest",
        summary="A summary",
        position=2,
        published=True,
        markdown="Some words.\n\nMore words.",
    )


def test_what_is_not_said_is_a_draft_at_the_end_of_the_series():
    article = read_article(a_file(), name="a.md")

    assert (article.published, article.position, article.summary) == (False, 999, "")


def test_a_draft_may_have_no_text_yet():
    assert read_article(a_file(text=""), name="a.md").markdown == ""


@pytest.mark.parametrize(("words", "minutes"), [(0, 1), (1, 1), (200, 1), (201, 2), (600, 3), (601, 4)])
def test_minutes_are_words_at_two_hundred_a_minute_rounded_up(words, minutes):
    article = read_article(a_file(text="word " * words), name="a.md")

    assert article.minutes == minutes


def test_a_word_with_an_apostrophe_or_a_hyphen_is_one_word():
    article = read_article(a_file(text="don't well-known it’s " * 67), name="a.md")

    assert article.minutes == 2


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("No front matter at all.", "does not begin with front matter"),
        ("", "does not begin with front matter"),
        ("---\ntitle: Never closed\n", "cannot be read"),
        (a_file("- a list"), "says nothing"),
        (a_file(""), "says nothing"),
        (a_file("title: [unclosed"), "cannot be read"),
        (a_file("title: !!python/object:os.system x"), "cannot be read"),
        (a_file("title: " + "[" * 3000), "cannot be read"),
        (a_file("slug: a-slug"), "it has no title"),
        (a_file("title: A title"), "it has no slug"),
        (a_file("title: ''\nslug: a-slug"), "its title is empty"),
        (a_file("title: 2027-03-01\nslug: a-slug"), "its title is not text"),
        (a_file("title: [a, b]\nslug: a-slug"), "its title is not text"),
        (a_file(f"title: {'long ' * 50}\nslug: a-slug"), "its title is longer than 200"),
        (a_file("title: A title\nslug: Not A Slug"), "its slug may have"),
        (a_file("title: A title\nslug: ../etc"), "its slug may have"),
        (a_file("title: A title\nslug: a-slug\nposition: 0"), "its position is not a number"),
        (a_file("title: A title\nslug: a-slug\nposition: 1000000000000000000000"), "its position is not"),
        (a_file("title: A title\nslug: a-slug\nposition: true"), "its position is not a number"),
        (a_file("title: A title\nslug: a-slug\nposition: first"), "its position is not a number"),
        (a_file("title: A title\nslug: a-slug\npublished: soon"), "its published is neither"),
        (a_file("title: A title\nslug: a-slug\npublishd: true"), "'publishd' in the front matter"),
        (a_file("title: A title\nslug: a-slug\npublished: true", text=""), "published but has no text"),
        (a_file(text="\0"), "NUL"),
        (a_file(text="word " * 50_000), "longer than 200\N{NO-BREAK SPACE}000 characters"),
    ],
)
def test_an_unfit_file_is_refused_with_its_name_and_the_reason(text, reason):
    with pytest.raises(UnfitReading) as refusal:
        read_article(text, name="mine.md")

    assert str(refusal.value).startswith("mine.md: ")
    assert reason in str(refusal.value)


def test_two_files_with_one_slug_are_refused():
    with pytest.raises(UnfitReading, match=r"two\.md: another of these files has the slug 'a-slug' too"):
        read_series({"one.md": a_file(), "two.md": a_file()})


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("On rest", "on-rest"),
        ("  It's   Über-café: №1!  ", "its-uber-cafe-no1"),
        ("Отдых", "reading"),
        ("…", "reading"),
        ("a" * 200, "a" * 60),
        ("word " * 40, "-".join(["word"] * 15)),
    ],
)
def test_an_address_is_made_of_a_title(title, slug):
    assert slug_for(title) == slug
    assert is_slug(slug)


def test_an_address_that_is_taken_is_numbered():
    assert slug_for("On rest", {"on-rest"}) == "on-rest-2"
    assert slug_for("On rest", {"on-rest", "on-rest-2"}) == "on-rest-3"
    assert is_slug(slug_for("word " * 40, {slug_for("word " * 40)}))


def test_what_the_front_matter_says_beside_is_kept_and_given_back():
    article = read_article(
        a_file("title: A title\nslug: a-slug\nauthor: Ada\nreviewed: 2027-01-01"), name="a.md"
    )

    assert article.front_matter == "author: Ada\nreviewed: 2027-01-01\n"
    assert read_article(as_file(article), name="b.md") == article


def test_front_matter_without_end_is_refused():
    with pytest.raises(UnfitReading, match="front matter is longer than 10000"):
        read_article(a_file(f"title: A\nslug: a\nmore: {'long ' * 3000}"), name="a.md")
