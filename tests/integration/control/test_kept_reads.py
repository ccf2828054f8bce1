"""What control keeps of apps that it shows: of tables that tell of changes, and nothing older than a commit here."""

from collections.abc import Callable

import pytest

from control_silo.services.find_app import TABLES_SHOWN, get_shown_app_of_path
from control_silo.services.update_app import SentryAppUpdater
from shared.category import Category
from shared.consistency import WrittenVersion, encode, requiring
from shared.database.kept import KeptReads
from tests.silos import Silos, running_silos

_TOLD = "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'silo_tell'"


def make_app(silos: Silos) -> int:
    acme, creator = silos.create_organization("acme", region="us"), silos.create_user("maker@acme.example")
    return int(silos.create_app("Kanban", owner=acme, creator=creator).id)


def shown_name(silos: Silos, app_id: int) -> str:
    with silos.control.database.session():
        return str(get_shown_app_of_path(str(app_id)).app.name)


@pytest.mark.parametrize("new_database_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
def test_every_table_that_an_app_is_shown_of_tells_of_its_changes(new_database_url: Callable[[], str]) -> None:
    with running_silos(new_database_url, regions=()) as silos, silos.control.database.session():
        told = {table for (table,) in silos.control.database.rows(_TOLD)}
    assert told == set(TABLES_SHOWN)


def test_an_app_is_shown_as_it_was_committed_last(new_database_url: Callable[[], str]) -> None:
    with running_silos(new_database_url, regions=("us",)) as silos:
        app_id = make_app(silos)
        for name in ("Cards", "Boards", "Lanes"):
            shown_name(silos, app_id)
            SentryAppUpdater(columns={"name": name}).run(silos.control, app_id=app_id, is_elevated=False)
            assert shown_name(silos, app_id) == name


def test_who_presents_a_token_is_shown_the_tables(
    new_database_url: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_silos(new_database_url, regions=("us",)) as silos:
        app_id = make_app(silos)
        monkeypatch.setattr(KeptReads, "get", lambda *_: pytest.fail("What is kept was asked."))
        with requiring(encode([WrittenVersion(Category.APP, app_id, 1)])):
            assert shown_name(silos, app_id) == "Kanban"
