"""Every attribute of the protocol by which SDKs send events (develop.sentry.dev/sdk/data-model/event-payloads).

What is said as the protocol has it is kept as it was said; the API shows it under names of its own.
"""

from typing import Any

import pytest

from region_silo.events import api_names
from region_silo.events.normalize import PLATFORMS, level_of, normalize
from region_silo.events.outline import user_hash
from region_silo.events.scrubbing import FILTERED, Scrubbing, scrub
from region_silo.events.stacktrace import crash_frame, culprit_of

FRAME: dict[str, Any] = {
    **{name: name for name in ("function", "module", "filename", "abs_path", "platform", "package", "symbol", "lang")},
    **{name: name for name in ("raw_function", "context_line", "image_addr", "instruction_addr", "addr_mode", "trust")},
    **{name: name for name in ("symbol_addr", "source_link", "function_id")},
    "lineno": 7,
    "colno": 3,
    "in_app": True,
    "stack_start": True,
    "pre_context": ["before"],
    "post_context": ["then"],
    "vars": {"a": "1"},
    "data": {"b": "2"},
    "lock": {"type": 1},
}
TRACE = {"frames": [FRAME], "registers": {"eax": "0x1"}, "lang": "lang", "snapshot": True}
MECHANISM: dict[str, Any] = {
    **{name: name for name in ("type", "description", "help_link", "source")},
    "handled": True,
    "synthetic": False,
    "is_exception_group": True,
    "exception_id": 1,
    "parent_id": 0,
    "data": {"a": "1"},
    "meta": {"errno": {"number": 2}},
}
EXCEPTION: dict[str, Any] = {
    "type": "ValueError",
    "value": "value",
    "module": "module",
    "thread_id": 5,
    "mechanism": MECHANISM,
    "stacktrace": TRACE,
    "raw_stacktrace": TRACE,
}
THREAD: dict[str, Any] = {
    "id": 5,
    "name": "main",
    "state": "state",
    "crashed": True,
    "current": True,
    "main": True,
    "held_locks": {"0x1": {"type": 1}},
    "stacktrace": TRACE,
    "raw_stacktrace": TRACE,
}
CRUMB: dict[str, Any] = {
    "timestamp": 1.5,
    "type": "http",
    "category": "xhr",
    "level": "warning",
    "message": "message",
    "data": {"a": "1"},
    "event_id": "ab" * 16,
}
REQUEST: dict[str, Any] = {
    "url": "https://app.example/a",
    "method": "POST",
    "data": {"a": "1"},
    "fragment": "f",
    "api_target": "graphql",
    "query_string": [["q", "1"]],
    "cookies": [["c", "1"]],
    "headers": [["Accept", "x"]],
    "env": {"SERVER_NAME": "a"},
}
USER: dict[str, Any] = {
    "id": "1",
    "email": "a@b.example",
    "username": "ada",
    "ip_address": "192.0.2.1",
    "name": "Ada",
    "segment": "s",
    "geo": {"city": "x"},
    "data": {"a": "1"},
}
EVENT: dict[str, Any] = {
    "logentry": {"formatted": "message"},
    "exception": {"values": [EXCEPTION, EXCEPTION]},
    "stacktrace": TRACE,
    "threads": {"values": [THREAD]},
    "breadcrumbs": {"values": [CRUMB]},
    "request": REQUEST,
    "user": USER,
    "contexts": {"os": {"type": "os", "name": "x"}},
    "fingerprint": ["a"],
    **{name: name for name in ("logger", "transaction")},
    **{name: {"a": "1"} for name in ("extra", "modules", "debug_meta")},
    **{name: {"a": "1"} for name in ("csp", "hpkp", "expectct", "expectstaple", "template")},
    "sdk": {
        "name": "n",
        "version": "1",
        **{name: ["x"] for name in ("integrations", "packages", "features", "settings")},
    },
    "time_spent": 3,
}
OLD_NAMES = {
    **{f"sentry.interfaces.{name.title()}": name for name in ("exception", "stacktrace", "threads", "user")},
    **{f"sentry.interfaces.{name.title()}": name for name in ("breadcrumbs", "contexts")},
    "sentry.interfaces.Message": "logentry",
    "message": "logentry",
    "sentry.interfaces.Http": "request",
    "sentry.interfaces.DebugMeta": "debug_meta",
}


def test_an_event_that_follows_the_protocol_is_kept_as_it_was_sent() -> None:
    assert normalize(EVENT).as_json() == EVENT


@pytest.mark.parametrize("name", ["logger", "release", "dist", "transaction", "culprit", "server_name", "environment"])
def test_a_name_that_the_sender_gave_is_kept(name: str) -> None:
    assert getattr(normalize({name: "given"}), name) == "given"


@pytest.mark.parametrize("old", OLD_NAMES)
def test_a_part_may_come_under_its_old_name(old: str) -> None:
    name = OLD_NAMES[old]
    event = normalize({old: EVENT[name]}).as_json()
    assert event[name] == EVENT[name]


@pytest.mark.parametrize(
    ("level", "known"),
    [
        *((each, each) for each in ("fatal", "error", "warning", "info", "debug", "sample")),
        *(("50", "fatal"), ("40", "error"), ("30", "warning"), ("20", "info"), ("10", "debug")),
        *(("critical", "fatal"), ("warn", "warning"), ("log", "info"), ("Fatal", "fatal"), ("loud", "error")),
    ],
)
def test_a_level_is_one_of_six_words(level: str, known: str) -> None:
    assert level_of(level) == known


def test_the_platforms_are_those_of_the_original() -> None:
    known = (
        "as3 c cfml cocoa csharp elixir go groovy haskell java javascript native node objc other perl php python ruby"
    )
    assert sorted(PLATFORMS) == known.split()


@pytest.mark.parametrize("name", ["release", "dist", "user", "filename", "function"])
def test_a_tag_that_is_made_of_the_event_is_not_taken_from_its_sender(name: str) -> None:
    assert normalize({"tags": {name: "x", "mine": "y"}}).tags == {"mine": "y"}


@pytest.mark.parametrize("platform", ["javascript", "cocoa", "objc"])
def test_what_runs_at_its_user_s_sends_from_the_user_s_address(platform: str) -> None:
    assert normalize({"platform": platform}, sender="192.0.2.9").user == {"ip_address": "192.0.2.9"}
    assert normalize({"platform": "python"}, sender="192.0.2.9").user is None


@pytest.mark.parametrize("function", ["?", "<unknown>", "<redacted>"])
def test_a_frame_without_a_function_is_not_where_it_crashed(function: str) -> None:
    known = {"function": "main"}
    assert crash_frame([known, {"function": function}]) == known


@pytest.mark.parametrize(
    ("platform", "place"),
    [
        *((each, "f") for each in ("native", "cocoa", "objc")),
        *((each, "f(m)") for each in ("javascript", "node")),
        ("python", "m in f"),
    ],
)
def test_a_place_is_named_as_its_language_does(platform: str, place: str) -> None:
    assert culprit_of([{"function": "f", "module": "m", "in_app": True}], platform=platform) == place


def test_users_are_told_apart_by_the_first_of_four_parts() -> None:
    parts = {"id": "1", "username": "ada", "email": "a@b.example", "ip_address": "192.0.2.1"}
    hashes = []
    for name in list(parts):
        hashes.append(user_hash(parts))
        assert user_hash({name: parts[name]}) == hashes[-1]
        del parts[name]
    assert all(hashes)
    assert len(set(hashes)) == 4
    assert user_hash(parts) is None


CONTEXTS = [
    *("app", "browser", "cloud_resource", "culture", "device", "gpu"),
    *("monitor", "os", "profile", "runtime", "trace"),
]


@pytest.mark.parametrize("name", CONTEXTS)
def test_what_an_sdk_says_of_the_machine_is_no_secret(name: str) -> None:
    event = scrub(normalize({"contexts": {name: {"author": "Ada"}, "mine": {"author": "Ada"}}}), Scrubbing())
    assert event.contexts[name]["author"] == "Ada"
    assert event.contexts["mine"]["author"] == FILTERED


@pytest.mark.parametrize("value", ["", "true", "false", "null", "undefined"])
def test_a_value_that_says_nothing_is_not_filtered(value: str) -> None:
    event = scrub(normalize({"extra": {"password": value, "secret": "x"}}), Scrubbing())
    assert event.rest["extra"] == {"password": value, "secret": FILTERED}


CARD, IBAN, NUMBER = "4571234567890111", "DE89370400440532013000", "078-05-1120"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        *((f"it is {each}", f"it is {FILTERED}") for each in (CARD, IBAN, NUMBER, "Bearer abc")),
        ("https://ada:pw@app.example/", f"https://ada:{FILTERED}@app.example/"),
        (
            "-----BEGIN PUBLIC KEY----- abc -----END PUBLIC KEY-----",
            f"-----BEGIN PUBLIC KEY----- {FILTERED} -----END PUBLIC KEY-----",
        ),
    ],
)
def test_what_looks_like_a_secret_is_filtered_and_what_stands_around_it_stays(text: str, kept: str) -> None:
    assert scrub(normalize({"extra": {"note": text}}), Scrubbing()).rest["extra"]["note"] == kept


@pytest.mark.parametrize(
    ("text", "said"),
    [(CARD, "creditcard"), (IBAN, "iban"), (NUMBER, "us-ssn"), ("Bearer abc", "token"), ("a@b.example", "email")],
)
def test_a_message_says_what_was_taken_out_of_it(text: str, said: str) -> None:
    event = scrub(normalize({"message": f"not {text} here"}), Scrubbing())
    assert (event.logentry or {})["formatted"] == f"not [{said}] here"


@pytest.mark.parametrize("name", ["Cookie", "Set-Cookie"])
def test_a_header_that_holds_cookies_is_filtered(name: str) -> None:
    event = scrub(normalize({"request": {"headers": {name: "plan=free", "Accept": "x"}}}), Scrubbing())
    assert (event.request or {})["headers"] == [["Accept", "x"], [name, FILTERED]]


def test_the_parts_of_an_event_are_shown_in_their_order_under_the_names_of_the_api() -> None:
    shown = {entry["type"]: entry["data"] for entry in api_names.entries_of(EVENT)}
    order = "exception message stacktrace threads breadcrumbs request csp debugmeta"
    assert list(shown) == order.split()
    [crumb] = shown["breadcrumbs"]["values"]
    assert crumb == CRUMB | {"timestamp": "1970-01-01T00:00:01.500000Z"}
    assert shown["request"] == {
        "apiTarget": "graphql",
        "method": "POST",
        "url": "https://app.example/a",
        "fragment": "f",
        "data": {"a": "1"},
        "env": {"SERVER_NAME": "a"},
        "inferredContentType": None,
        "query": [["q", "1"]],
        "headers": [["Accept", "x"]],
        "cookies": [["c", "1"]],
    }


def test_a_frame_is_shown_under_the_names_of_the_api() -> None:
    [stacktrace] = [entry["data"] for entry in api_names.entries_of(EVENT) if entry["type"] == "stacktrace"]
    [frame] = stacktrace["frames"]
    assert frame == {
        **{name: name for name in ("filename", "module", "package", "platform", "function", "symbol", "trust")},
        "absPath": "abs_path",
        "instructionAddr": "instruction_addr",
        "symbolAddr": "symbol_addr",
        "rawFunction": "raw_function",
        "sourceLink": "source_link",
        "lineNo": 7,
        "colNo": 3,
        "inApp": True,
        "lock": {"type": 1},
        "vars": {"a": "1"},
        "errors": None,
        "context": [[6, "before"], [7, "context_line"], [8, "then"]],
    }


def test_a_thread_and_an_exception_are_shown_under_the_names_of_the_api() -> None:
    shown = {entry["type"]: entry["data"] for entry in api_names.entries_of(EVENT)}
    [thread], raised = shown["threads"]["values"], shown["exception"]["values"][0]
    flags = ("id", "name", "state", "crashed", "current", "main")
    assert {name: thread[name] for name in flags} == {name: THREAD[name] for name in flags}
    assert thread.keys() - set(flags) == {"heldLocks", "stacktrace", "rawStacktrace"}
    assert raised["mechanism"].keys() >= {"helpLink", "isExceptionGroup", "exceptionId", "parentId"}
    assert (raised["threadId"], raised["type"], raised["value"], raised["module"]) == (
        5,
        "ValueError",
        "value",
        "module",
    )
