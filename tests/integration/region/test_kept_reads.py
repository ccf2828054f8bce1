"""What a region keeps of its replicas: of tables that are watched, and nothing for a reader who has seen something."""

from collections.abc import Callable

import pytest

from region_silo.replication.kinds import tables_read
from region_silo.services.find_app import get_app
from shared.category import Category
from shared.consistency import WrittenVersion, encode, requiring
from shared.database.kept import KeptReads
from tests.silos import running_silos

_TOLD = "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'silo_tell'"


@pytest.mark.parametrize("new_database_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
def test_every_table_that_reads_name_tells_of_its_changes(new_database_url: Callable[[], str]) -> None:
    with running_silos(new_database_url, regions=("us",)) as silos:
        database = silos.regions["us"].region.database
        with database.session():
            told = {table for (table,) in database.rows(_TOLD)}
    assert told == set(tables_read("us"))


def test_who_presents_a_token_is_shown_the_tables(
    new_database_url: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_silos(new_database_url, regions=("us",)) as silos:
        acme, creator = silos.create_organization("acme", region="us"), silos.create_user("maker@acme.example")
        app = silos.create_app("Kanban", owner=acme, creator=creator)
        silos.replicate()
        database = silos.regions["us"].region.database
        monkeypatch.setattr(KeptReads, "get", lambda *_: pytest.fail("What is kept was asked."))
        with requiring(encode([WrittenVersion(Category.APP, app.id, 1)])):
            assert get_app(database, app.id).name == "Kanban"
