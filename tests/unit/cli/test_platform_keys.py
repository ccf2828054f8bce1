from shared.cli.platform_keys import OPERATOR, PlatformKeys
from shared.rpc.keyring import Keyring


def test_control_shares_a_key_with_each_region_and_no_two_regions_share_one() -> None:
    keys = PlatformKeys().completed(["us", "de"], shares_operator=False)
    control, us, de = (Keyring.parse(keys.variables(silo)["SILO_RPC_KEYS"]) for silo in ("control", "us", "de"))
    assert control.signing("us").secret == us.signing("control").secret
    assert {key.secret for key in us}.isdisjoint(key.secret for key in de)


def test_what_was_made_is_kept_when_a_region_is_added() -> None:
    before = PlatformKeys().completed(["us"], shares_operator=True)
    after = before.completed(["us", "jp"], shares_operator=True)
    assert {**after.links, **before.links} == after.links
    assert set(after.operators.values()) == set(before.operators.values())


def test_the_operator_has_a_key_with_each_silo() -> None:
    keys = PlatformKeys().completed(["us"], shares_operator=False)
    own = Keyring.parse(keys.operator_entries())
    for silo in ("control", "us"):
        known = Keyring.parse(keys.variables(silo)["SILO_RPC_KEYS"])
        assert known.signing(OPERATOR).secret == own.signing(silo, caller=OPERATOR).secret


def test_every_silo_seals_with_a_key_of_its_own() -> None:
    keys = PlatformKeys().completed(["us"], shares_operator=True)
    assert keys.variables("us")["SILO_SEAL_KEY"] != keys.variables("control")["SILO_SEAL_KEY"]
    assert len(bytes.fromhex(keys.variables("us")["SILO_SEAL_KEY"])) == 32
