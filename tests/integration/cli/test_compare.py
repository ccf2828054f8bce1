import pytest

from shared.cli.compare import Comparer, Comparison
from shared.outbox.difference import Difference
from tests.silos import Silos


@pytest.fixture
def world(silos: Silos) -> Silos:
    """An app of acme, which lives in us, installed there; nothing is replicated yet."""
    owner, creator = silos.create_organization("acme", region="us"), silos.create_user("maker@acme.example")
    silos.install(silos.create_app("Kanban", owner=owner, creator=creator), organization=owner)
    return silos


def found(comparer: Comparer, holder: str, category: str) -> Comparison:
    return next(each for each in comparer.compare() if (each.side.holder, each.side.category) == (holder, category))


def test_silos_that_have_delivered_everything_are_equal(world: Silos, comparer: Comparer) -> None:
    world.replicate()
    assert all(comparison.is_equal for comparison in comparer.compare())
    assert comparer.digests_are_equal()
    assert (found(comparer, "us", "app").held, found(comparer, "de", "app").held) == (1, 0)


def test_what_a_region_misses_is_named(world: Silos, comparer: Comparer) -> None:
    comparison = found(comparer, "us", "app")
    assert (comparison.expected, comparison.held, len(comparison.differences)) == (1, 0, 1)
    assert not comparer.digests_are_equal()


def test_an_older_version_is_a_difference(world: Silos, comparer: Comparer) -> None:
    owner, creator = world.create_organization("shop", region="us"), world.create_user("other@acme.example")
    app = world.create_app("Board", owner=owner, creator=creator)
    world.replicate()
    world.publish(app)
    assert [each.kind for each in found(comparer, "us", "app").differences] == ["behind"]
    assert found(comparer, "de", "app").differences == [Difference(app.id, 2, 0)]


def test_the_organizations_of_all_regions_are_controls(silos: Silos, comparer: Comparer) -> None:
    silos.create_organization("acme", region="us")
    silos.create_organization("globex", region="de")
    silos.replicate()
    assert found(comparer, "control", "organization").held == 2
    assert found(comparer, "control", "organization").is_equal
