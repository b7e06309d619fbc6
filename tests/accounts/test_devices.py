"""By which words somebody knows their own browser again."""

from __future__ import annotations

import pytest

from portal.accounts.devices import device_in

_SAMSUNG = "Mozilla/5.0 (Linux; Android 10) SamsungBrowser/25.0 Chrome/121 Mobile Safari/537.36"
_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile/15E148 Safari/604.1"
_IPAD = "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) CriOS/126.0 Mobile/15E148 Safari/604.1"
_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.5 Safari/605.1.15"
_FIREFOX = "Mozilla/5.0 ({}; rv:127.0) Gecko/20100101 Firefox/127.0"
_CHROME = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 {}Safari/537.36{}"


@pytest.mark.parametrize(
    ("said", "device"),
    [
        (_FIREFOX.format("Windows NT 10.0; Win64; x64"), "Firefox on Windows"),
        (_FIREFOX.format("X11; Linux x86_64"), "Firefox on Linux"),
        (_FIREFOX.format("Android 14; Mobile"), "Firefox on Android"),
        (_CHROME.format("Windows NT 10.0; Win64; x64", "", ""), "Chrome on Windows"),
        (_CHROME.format("Windows NT 10.0; Win64; x64", "", " Edg/126.0"), "Edge on Windows"),
        (_CHROME.format("Macintosh; Intel Mac OS X 10_15_7", "", " OPR/112"), "Opera on macOS"),
        (_CHROME.format("Linux; Android 10; K", "Mobile ", ""), "Chrome on Android"),
        (_CHROME.format("X11; CrOS x86_64 14541.0.0", "", ""), "Chrome on ChromeOS"),
        (_SAMSUNG, "Samsung Internet on Android"),
        (_IPHONE, "Safari on iPhone"),
        (_IPAD, "Chrome on iPad"),
        (_MAC, "Safari on macOS"),
        ("curl/8.5.0", "A browser"),
        ("something on Windows", "A browser on Windows"),
        ("", "A browser"),
        ("<script>alert(1)</script>", "A browser"),
        ("x" * 100_000 + "Firefox", "A browser"),
    ],
    ids=lambda text: text[:40],
)
def test_a_browser_is_named_in_a_few_words_that_are_our_own(said, device):
    assert device_in(said) == device
