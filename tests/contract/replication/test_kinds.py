"""Each silo knows every category of the contract: in its list of kinds, in its files, and in its tables."""

from collections.abc import Iterator
from pathlib import Path
from pkgutil import iter_modules

import pytest

import control_silo.bootstrap
import control_silo.replication
import region_silo.bootstrap
import region_silo.replication
from control_silo.replication.kinds import KINDS
from region_silo.replication.kinds import kinds_of
from shared.category import Category, Owner, number_of, owned_by, owner_of
from shared.database.connect import connect
from shared.database.database import Database
from shared.domain.peer import CONTROL
from shared.errors import InvalidInput
from shared.outbox.kind import HeldKind, Kinds, OwnedKind

US = kinds_of("us")
EVERYWHERE = [(name, kinds, category) for name, kinds in (("control", KINDS), ("us", US)) for category in Category]
SILOS = pytest.mark.parametrize(("owner", "kinds"), [(Owner.CONTROL, KINDS), (Owner.REGION, US)])


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Database]]:
    """Both silos' tables, by the names that the tests have for the silos."""
    folder: Path = tmp_path_factory.mktemp("kinds")
    migrated = {"control": control_silo.bootstrap.migrate, "us": region_silo.bootstrap.migrate}
    found = {name: connect(f"sqlite:///{folder / name}.db", create=True) for name in migrated}
    for name, database in found.items():
        migrated[name](database)
    yield found
    for database in found.values():
        database.close()


@SILOS
def test_a_silo_has_a_kind_of_each_category_that_it_owns(owner: Owner, kinds: Kinds) -> None:
    assert [kind.category for kind in kinds.owned] == list(owned_by(owner))


@SILOS
def test_a_silo_has_a_kind_of_each_category_that_the_other_silo_owns(owner: Owner, kinds: Kinds) -> None:
    others = [category for category in Category if owner_of(category) is not owner]
    assert [kind.category for kind in kinds.held] == others


@pytest.mark.parametrize(("silo", "kinds", "category"), EVERYWHERE)
def test_a_kind_is_in_the_file_of_its_name(silo: str, kinds: Kinds, category: Category) -> None:
    package = "control_silo" if silo == CONTROL else "region_silo"
    every: tuple[OwnedKind | HeldKind, ...] = (*kinds.owned, *kinds.held)
    [kind] = [each for each in every if each.category is category]
    assert type(kind).__module__ == f"{package}.replication.{category.value}"


def test_a_category_without_its_file_is_named() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"control_silo\.services\.app"):
        Kinds.found_in("control_silo.services", silo=CONTROL, is_told=bool)


def test_a_file_without_a_kind_of_its_category_is_named() -> None:
    with pytest.raises(LookupError, match=r"control_silo\.models\.app has no kind of app"):
        Kinds.found_in("control_silo.models", silo=CONTROL, is_told=bool)


@pytest.mark.parametrize("package", [control_silo.replication, region_silo.replication], ids=["control", "region"])
def test_every_file_of_a_category_is_of_one_that_the_contract_has(package: object) -> None:
    modules = {module.name for module in iter_modules(package.__path__)}  # type: ignore[attr-defined]
    assert modules - {"kinds", "held"} == {category.value for category in Category}


@pytest.mark.parametrize(("silo", "kinds", "category"), EVERYWHERE)
def test_a_silo_owns_or_holds_every_category_and_says_so_of_the_other(
    silo: str, kinds: Kinds, category: Category
) -> None:
    is_own = category in owned_by(Owner.CONTROL if silo == CONTROL else Owner.REGION)
    assert isinstance((kinds.owned_kind if is_own else kinds.held_kind)(category), OwnedKind if is_own else HeldKind)
    with pytest.raises(InvalidInput, match=category.value):
        (kinds.held_kind if is_own else kinds.owned_kind)(category)


@pytest.mark.parametrize(("silo", "kinds", "category"), EVERYWHERE)
def test_the_owner_of_a_category_alone_may_write_its_replicas(silo: str, kinds: Kinds, category: Category) -> None:
    owner = "us" if silo == CONTROL else CONTROL
    is_held = number_of(category) in kinds.tables_for(owner)
    assert is_held == (category in {kind.category for kind in kinds.held})


@pytest.mark.parametrize(("silo", "kinds", "category"), EVERYWHERE)
def test_a_table_of_replicas_has_the_columns_of_its_kind(
    databases: dict[str, Database], silo: str, kinds: Kinds, category: Category
) -> None:
    table = kinds.tables_for("us" if silo == CONTROL else CONTROL).get(number_of(category))
    if table is None:
        return
    with databases[silo].session():
        columns = {name for _, name, *_ in databases[silo].rows(f"PRAGMA table_info({table.name})")}
    assert {"id", "version", "tombstone", "checksum", *table.columns} == columns


@pytest.mark.parametrize("category", owned_by(Owner.CONTROL))
def test_interest_is_said_of_every_category_that_control_owns(
    databases: dict[str, Database], category: Category
) -> None:
    with databases["control"].session():
        [(view,)] = databases["control"].rows("SELECT sql FROM sqlite_master WHERE name = 'interest'")
    assert f"SELECT '{category.value}'," in view
