from control_silo.config import ControlConfig

KEYS = {"SILO_RPC_KEYS": "us/us-1:" + "k" * 32, "SILO_SEAL_KEY": "5e" * 32}


def test_apps_that_are_disabled_can_be_read_unless_an_operator_says_otherwise() -> None:
    assert ControlConfig.from_environment(KEYS).disabled_enforcement is False
    assert ControlConfig.from_environment({**KEYS, "SILO_DISABLED_ENFORCEMENT": "on"}).disabled_enforcement is True


def test_control_has_the_public_address_that_an_operator_gives_it() -> None:
    assert ControlConfig.from_environment(KEYS).public_url is None
    config = ControlConfig.from_environment({**KEYS, "CONTROL_PUBLIC_URL": "https://silo.example/"})
    assert config.public_url == "https://silo.example"
