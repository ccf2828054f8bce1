"""A body stands in a document under the name of its class: two of one name would be shown as one of them."""

from collections import Counter
from collections.abc import Iterator

import pytest

import control_silo.api.application
import region_silo.api.application
from shared.bodies.body import Body

SILOS = {"control_silo": control_silo.api.application, "region_silo": region_silo.api.application}
"""What imports every body of a silo."""


def bodies(kind: type[Body]) -> Iterator[type[Body]]:
    for each in kind.__subclasses__():
        yield each
        yield from bodies(each)


@pytest.mark.parametrize("silo", SILOS)
def test_no_two_bodies_of_a_document_have_the_same_name(silo: str) -> None:
    # A class that several inherit from is met once for each of them.
    documented = {each for each in bodies(Body) if each.__module__.startswith((f"{silo}.", "shared."))}
    assert len(documented) > 20
    names = Counter(each.__name__ for each in documented)
    assert not [name for name, count in names.items() if count > 1]
