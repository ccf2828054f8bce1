"""Reports of browsers as events: whence it was that something was forbidden."""

import pytest

from region_silo.events.reports import event_of_report

PAGE = "https://shop.example/cart"


@pytest.mark.parametrize(
    ("blocked", "shown"),
    [
        ("", "self"),
        ("self", "self"),
        ("'self'", "self"),
        ("https://shop.example/own.js", "self"),
        ("https://evil.example/x.js", "evil.example"),
        ("data", "data"),
        ("data:image/png;base64,AAAA", "data:"),
        ("inline", "inline"),
        ("https://[half", "https://[half"),
    ],
)
def test_an_event_says_whence_something_was_to_come(blocked: str, shown: str) -> None:
    report = {"document-uri": PAGE, "effective-directive": "script-src", "blocked-uri": blocked}
    event = event_of_report({"csp-report": report})
    assert event["logentry"] == {"formatted": f"Blocked 'script' from '{shown}'"}
    assert event["fingerprint"] == ["script-src", shown]
