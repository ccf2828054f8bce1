import pytest

from shared.cli.story.story import after_answer


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.0123, "12.3 ms after the answer"),
        (0.0, "0 ms (already there when control answered)"),
        (-0.0021, "0 ms (already there when control answered)"),
    ],
)
def test_a_region_that_shows_a_write_before_control_answers_has_no_lag(seconds: float, shown: str) -> None:
    assert after_answer(seconds) == shown
