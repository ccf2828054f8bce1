import pytest

from shared.cli.local.first_start import read_superuser
from shared.errors import Internal


def test_the_superuser_is_read_from_the_one_line_of_json() -> None:
    printed = 'applied 0001\n{"superuser": {"id": 1, "email": "e", "token": "t", "session": "s", "password": "p"}}\n'
    assert read_superuser(printed).token == "t"


@pytest.mark.parametrize("printed", ["", "{", '{"superuser": {"id": 1, "email": "e"}}'])
def test_a_bootstrap_without_secrets_is_an_error(printed: str) -> None:
    with pytest.raises(Internal, match="did not print the superuser's secrets"):
        read_superuser(printed)
