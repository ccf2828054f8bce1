import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.headers import MASKED_VALUE, MAX_HEADERS, mask_headers, merge_headers, parse_headers
from shared.domain.json_field import FieldInvalid
from shared.domain.json_value import JsonValue


def problems(value: JsonValue) -> tuple[str, ...]:
    with pytest.raises(FieldInvalid) as caught:
        parse_headers(value)
    return caught.value.texts


def test_lines_are_split_at_the_first_colon_and_trimmed() -> None:
    assert parse_headers(["X-Key:  a: b\t", " Y : é"]) == ("X-Key: a: b", "Y: é")


@pytest.mark.parametrize("line", ["X: a\r\nHost: evil", "X: a\nb", "X: \x00", "X: \x7f", "X: a\x0bb"])
def test_a_value_cannot_start_another_header(line: str) -> None:
    assert problems([line]) == ("The value of the header X may not contain line breaks or control characters.",)


@pytest.mark.parametrize("line", [": a", "a b: c", "a\r\nb: c", "é: c", "(x): c", "\x00: c", "\nx: c"])
def test_a_name_must_be_a_token(line: str) -> None:
    assert problems([line])[0].endswith("is not a valid header name.")


FRAMING = "CONNECTION content-length Expect Host Keep-Alive Proxy-Connection TE Trailer Transfer-Encoding Upgrade"
"""What frames and routes a request (RFC 9110, 7.6.1 and 10.1.1), in any case of letters."""


@pytest.mark.parametrize("name", FRAMING.split())
def test_framing_cannot_be_set(name: str) -> None:
    assert problems([f"{name}: 1"]) == (f"The header {name} may not be set.",)


def test_values_are_latin_1() -> None:
    assert problems(["X: 日本"]) == ("The value of the header X may only contain latin-1 characters.",)


def test_a_line_without_colon_is_refused() -> None:
    assert problems(["nothing"]) == ("A header must have the form 'Name: value'.",)


def test_all_wrong_lines_are_named_at_once() -> None:
    assert problems(["nothing", "fine: 1", 5, "host: x"]) == (
        "A header must have the form 'Name: value'.",
        "Not a valid string.",
        "The header host may not be set.",
    )


def test_the_number_and_the_length_of_lines_are_bounded() -> None:
    assert problems(["a: b"] * (MAX_HEADERS + 1)) == ("Ensure this field has no more than 32 elements.",)
    assert problems(["a: " + "b" * 4096]) == ("Ensure a header has no more than 4096 characters.",)


def test_errors_never_repeat_a_value() -> None:
    assert "secret" not in " ".join(problems(["X: secret\n", "host: secret", "日: secret"]))


@pytest.mark.parametrize("value", ["X: a", 5, {"X": "a"}, True])
def test_only_a_list_holds_headers(value: JsonValue) -> None:
    assert problems(value)[0].startswith("Expected a list of items but got type")


def test_a_masked_value_keeps_the_current_one() -> None:
    current = ("X-Key: secret", "Y: old")
    assert parse_headers([f"x-key: {MASKED_VALUE}", "Y: new"], current=current) == ("x-key: secret", "Y: new")


def test_a_masked_value_of_an_unknown_header_is_refused() -> None:
    expected = ("The value of the header X is masked; its real value is not known here.",)
    assert problems([f"X: {MASKED_VALUE}"]) == expected


def test_masking_keeps_the_names() -> None:
    assert mask_headers(["X-Key: secret", "Y:"]) == [f"X-Key: {MASKED_VALUE}", f"Y: {MASKED_VALUE}"]


def test_the_platforms_headers_win_whatever_the_case() -> None:
    custom = ["sentry-hook-resource: forged", "X: 1", "x: 2"]
    merged = merge_headers(custom, over={"Sentry-Hook-Resource": "issue"})
    assert merged == {"x": "2", "Sentry-Hook-Resource": "issue"}


def test_stored_lines_that_are_no_header_are_skipped() -> None:
    assert merge_headers(["no colon", "Host: x", "X: a\r\nY: b", "Z: 1"], over={}) == {"Z": "1"}


@given(st.lists(st.text(max_size=40), max_size=5))
def test_whatever_is_accepted_can_be_sent(lines: list[str]) -> None:
    try:
        accepted = parse_headers(lines)
    except FieldInvalid:
        return
    for name, value in merge_headers(accepted, over={}).items():
        assert not set("\r\n\0") & set(name + value)
        assert value.encode("latin-1")[:0] == name.encode("ascii")[:0] == b""
