import pytest

from region_silo.config import RegionConfig

REQUIRED = {"REGION_NAME": "us", "SILO_RPC_KEYS": "control/us-1:" + "k" * 32}


@pytest.mark.parametrize(
    ("advertised", "public_url"),
    [("us:8001", None), ("", None), ("https://us.silo.example", "https://us.silo.example")],
)
def test_a_base_url_that_a_region_advertises_is_its_public_address(advertised: str, public_url: str | None) -> None:
    config = RegionConfig.from_environment({**REQUIRED, "REGION_ADVERTISED_HTTP": advertised})
    assert config.public_url == public_url
