"""Control and two regions in one process, on either engine."""

import contextlib
import itertools
from collections.abc import Iterator
from contextlib import closing

import pytest

from shared.cli.access import Access
from shared.cli.compare import Comparer
from shared.domain.peer import CONTROL
from tests.keys import OPERATOR_KEY
from tests.silos import Silos, running_silos


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def module_silos(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Silos]:
    """Control, ``us`` and ``de``, the same for every test of a module; once on SQLite and once on PostgreSQL."""
    folder, numbers = tmp_path_factory.mktemp("silos"), itertools.count(1)
    with contextlib.ExitStack() as databases:

        def new_url() -> str:
            if request.param == "sqlite":
                return f"sqlite:///{folder / f'database-{next(numbers)}.db'}"
            url: str = databases.enter_context(request.getfixturevalue("postgres_server").database())
            return url

        with running_silos(new_url) as silos:
            yield silos


@pytest.fixture
def silos(module_silos: Silos) -> Iterator[Silos]:
    """The module's silos, all of them running at first. A test makes its own organizations, apps and users, under names
    that ``tests.silos.fresh`` gives; nothing of them is replicated until it says so. Afterwards every edition is
    compared with the rows that it speaks of.
    """
    yield module_silos
    module_silos.start_stopped()
    module_silos.check_editions()


@pytest.fixture
def access(silos: Silos) -> Access:
    """The silos, as commands see them."""
    regions = {name: silos.address(name) for name in silos.regions}
    return Access(
        "http://127.0.0.1:1", silos.address(CONTROL), rpc_keys=OPERATOR_KEY.entry, regions=regions, clock=silos.clock
    )


@pytest.fixture
def comparer(access: Access) -> Iterator[Comparer]:
    with closing(Comparer(access, ("us", "de"))) as comparer:
        yield comparer
