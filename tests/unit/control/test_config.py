from control_silo.config import ControlConfig

KEYS = {"SILO_RPC_KEYS": "main:" + "k" * 32}


def test_apps_that_are_disabled_can_be_read_unless_an_operator_says_otherwise() -> None:
    assert ControlConfig.from_environment(KEYS).disabled_enforcement is False
    assert ControlConfig.from_environment({**KEYS, "SILO_DISABLED_ENFORCEMENT": "on"}).disabled_enforcement is True
