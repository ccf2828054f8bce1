"""The kinds of control: what it owns, and what it holds replicas of. Each is found in the file of its category."""

from control_silo.models.app import SentryAppComponent
from control_silo.models.application import ApiApplication
from control_silo.models.region import RegisteredRegion
from control_silo.models.user import User
from shared.domain.peer import CONTROL
from shared.outbox.kind import Kinds

NUMBERED = {"application": ApiApplication, "component": SentryAppComponent, "user": User}
"""What control numbers that is no category and that regions hear of all the same; the words are the contract's."""


def _is_registered(name: str) -> bool:
    return bool(RegisteredRegion.select().where(RegisteredRegion.name == name).exists())


KINDS = Kinds.found_in(__package__, silo=CONTROL, is_told=_is_registered, numbered=NUMBERED)
