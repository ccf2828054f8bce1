"""What was asked of control and answered: apps, installations and tokens, as whoever asked for them knows them.

A restored copy takes control back to an earlier one of these, so it is a value that can be kept and gone back to.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field

from shared.category import Category
from shared.simulation.ledger import ContractBroken
from simulator.fact import CredentialFact, Fact, InstallationFact, TokenFact


@dataclass(eq=False)
class Name:
    """A name that somebody gave to an app: no two are equal, so that each says when it was given."""

    text: str
    began: int
    """The moment at which it was asked for."""
    ended: int | None = None
    """The moment of the answer; None while nobody knows whether it was, or will be, given."""

    def is_before(self, other: "Name") -> bool:
        """Whether the other was asked for when this one was known to be given."""
        return self.ended is not None and self.ended < other.began


@dataclass(eq=False)
class App:
    """An app, as whoever made it knows it."""

    id: int
    owner_id: int
    names: list[Name]
    status: str
    resources: frozenset[str]
    secrets: list[str]
    """Client secrets, the newest last."""
    said: set[tuple[str, frozenset[str]]] = field(default_factory=set)
    """Every status and subscription that it has had together."""
    gone_at: int | None = None
    """The moment at which it was known to be deleted."""

    @property
    def is_gone(self) -> bool:
        return self.gone_at is not None

    def last_names(self) -> list[str]:
        """The names that it may have now."""
        # Of two that were asked for at once either may be the last, whichever was answered first.
        given = [name for name in self.names if name.ended is not None]
        return [name.text for name in self.names if not any(name.is_before(other) for other in given)]


@dataclass(eq=False)
class Owned:
    """An installation or a token, which never changes while it is there."""

    fact: InstallationFact | TokenFact
    is_gone: bool = False


@dataclass
class Asked:
    """Everything of control's that was asked so far, since the beginning or since an older copy of it."""

    apps: dict[int, App] = field(default_factory=dict)
    installations: dict[int, Owned] = field(default_factory=dict)
    tokens: dict[int, Owned] = field(default_factory=dict)

    def kept(self) -> "Asked":
        """This, as it is now."""
        return deepcopy(Asked(self.apps, self.installations, self.tokens))

    def live_apps(self) -> list[App]:
        return [app for app in self.apps.values() if not app.is_gone]

    def installations_of(self, app_id: int) -> list[int]:
        """Ids of the app's live installations."""
        found = self.installations.items()
        return [each for each, owned in found if not owned.is_gone and installed(owned).app_id == app_id]

    def tokens_of(self, installation_id: int) -> list[int]:
        """Ids of an installation's live tokens."""
        found = self.tokens.items()
        return [each for each, owned in found if not owned.is_gone and token(owned).installation_id == installation_id]

    def is_gone(self, category: Category, object_id: int) -> bool:
        """Whether it was there and is deleted."""
        if category in {Category.APP, Category.CREDENTIAL}:
            return object_id in self.apps and self.apps[object_id].is_gone
        owned = self.installations if category is Category.INSTALLATION else self.tokens
        return object_id in owned and owned[object_id].is_gone

    def check(self, silo: str, object_id: int, fact: Fact) -> None:
        """Judges what a silo shows, whenever it was so.

        Raises:
            ContractBroken: nobody asked for that.
        """
        if isinstance(fact, InstallationFact | TokenFact):
            owned = (self.installations if isinstance(fact, InstallationFact) else self.tokens).get(object_id)
            if owned is None or owned.fact != fact:
                raise ContractBroken(f"1: {silo} shows {object_id} as {fact}, which it never was.")
            return
        app = self.app(silo, object_id)
        if isinstance(fact, CredentialFact):
            if fact.client_secret not in app.secrets:
                raise ContractBroken(f"1: {silo} shows a secret of app {object_id} that was never given out.")
            return
        self.name(silo, app, fact.name)
        if (fact.status, fact.resources) not in app.said:
            raise ContractBroken(f"1: {silo} shows app {object_id} as it never was: {fact}.")

    def app(self, silo: str, app_id: int) -> App:
        """Raises:
        ContractBroken: a silo speaks of an app that nobody made.
        """
        if app_id not in self.apps:
            raise ContractBroken(f"1: {silo} shows app {app_id}, which nobody made.")
        return self.apps[app_id]

    def name(self, silo: str, app: App, text: str) -> Name:
        """Raises:
        ContractBroken: a silo calls an app as nobody asked for.
        """
        for name in app.names:
            if name.text == text:
                return name
        raise ContractBroken(f"1: {silo} calls app {app.id} {text!r}, which nobody asked for.")


def live(owned: Mapping[int, Owned]) -> set[int]:
    return {each for each, one in owned.items() if not one.is_gone}


def installed(owned: Owned) -> InstallationFact:
    """What an installation's fact is."""
    assert isinstance(owned.fact, InstallationFact)  # noqa: S101 - by the mapping that it stands in
    return owned.fact


def token(owned: Owned) -> TokenFact:
    """What a token's fact is."""
    assert isinstance(owned.fact, TokenFact)  # noqa: S101 - by the mapping that it stands in
    return owned.fact
