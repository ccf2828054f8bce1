"""What must be true of the platform by the eight sentences of its contract (DESIGN §5), for whoever only asks it.

The model knows what was asked and what was answered, in which order, and which organization lives where. It knows no
table, no outbox and no edition. It is told what silos show, and says when that cannot be.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shared.category import Category
from shared.simulation.ledger import ContractBroken
from simulator.fact import AppFact, CredentialFact, Fact, InstallationFact, TokenFact
from simulator.window import Shown


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
        given = [name for name in self.names if name.ended is not None]
        return [name.text for name in self.names if not any(name.is_before(other) for other in given)]


@dataclass(eq=False)
class Owned:
    """An installation or a token, which never changes while it is there."""

    fact: InstallationFact | TokenFact
    is_gone: bool = False


Key = tuple[Category, int]


@dataclass
class Model:
    """Everything that was asked so far, and everything that was shown."""

    organizations: dict[int, tuple[str, str]]
    """By id, slug and region."""
    asked_slugs: set[str] = field(default_factory=set)
    apps: dict[int, App] = field(default_factory=dict)
    installations: dict[int, Owned] = field(default_factory=dict)
    tokens: dict[int, Owned] = field(default_factory=dict)
    granted: set[tuple[str, Category, int]] = field(default_factory=set)
    """What was of a region's interest at some time."""
    _moment: int = 0
    _states: dict[tuple[Category, int, int], Fact] = field(default_factory=dict)
    _shown: dict[str, dict[Key, Shown]] = field(default_factory=dict)
    _names: dict[tuple[str, int], Name] = field(default_factory=dict)
    """By region and app, the name that was shown last."""

    def moment(self) -> int:
        """A moment after all that were before."""
        self._moment += 1
        return self._moment

    # ------------------------------------------------------------------------------------------------- what was asked

    def live_apps(self) -> list[App]:
        return [app for app in self.apps.values() if not app.is_gone]

    def installations_of(self, app_id: int) -> list[int]:
        """Ids of the app's live installations."""
        found = self.installations.items()
        return [each for each, owned in found if not owned.is_gone and _installed(owned).app_id == app_id]

    def tokens_of(self, installation_id: int) -> list[int]:
        """Ids of an installation's live tokens."""
        found = self.tokens.items()
        return [each for each, owned in found if not owned.is_gone and _token(owned).installation_id == installation_id]

    def uninstalled(self, installation_id: int) -> None:
        self.installations[installation_id].is_gone = True
        for token_id in self.tokens_of(installation_id):
            self.tokens[token_id].is_gone = True

    def deleted(self, app_id: int) -> None:
        for installation_id in self.installations_of(app_id):
            self.uninstalled(installation_id)
        self.apps[app_id].gone_at = self.moment()

    def settle(self, app_id: int) -> None:
        """Notes for whom the app and what belongs to it is now, and what it says of itself."""
        app = self.apps[app_id]
        app.said.add((app.status, app.resources))
        installations = self.installations_of(app_id)
        keys = [(Category.APP, app_id), (Category.CREDENTIAL, app_id)]
        keys += [(Category.INSTALLATION, each) for each in installations]
        keys += [(Category.TOKEN, token) for each in installations for token in self.tokens_of(each)]
        self.granted |= {(region, *key) for key in keys for region in self.interested(*key)}

    def interested(self, category: Category, object_id: int) -> set[str]:
        """The regions that should hold the object now."""
        if category in {Category.APP, Category.CREDENTIAL}:
            return self._interested_in_app(self.apps[object_id], is_public=category is Category.APP)
        owned = (self.installations if category is Category.INSTALLATION else self.tokens)[object_id]
        if owned.is_gone:
            return set()
        if category is Category.TOKEN:
            return self.interested(Category.INSTALLATION, _token(owned).installation_id)
        return {self.organizations[_installed(owned).organization_id][1]}

    def _interested_in_app(self, app: App, *, is_public: bool) -> set[str]:
        if app.is_gone:
            return set()
        if is_public and app.status == "published":
            return {region for _, region in self.organizations.values()}
        homes = {_installed(self.installations[each]).organization_id for each in self.installations_of(app.id)}
        return {self.organizations[each][1] for each in {app.owner_id, *homes}}

    # ------------------------------------------------------------------------------------------------- what was shown

    def look(self, region: str, shown: Iterable[Shown]) -> None:
        """Judges all that a region holds at one moment.

        Raises:
            ContractBroken: a sentence does not hold.
        """
        before = self._shown.setdefault(region, {})
        keys: set[Key] = set()
        for each in shown:
            key = (each.category, each.object_id)
            keys.add(key)
            known = before.get(key)
            if known is not each:
                self._see(region, each, before=known)
                before[key] = each
        for category, object_id in before.keys() - keys:
            raise ContractBroken(f"2: {region} holds nothing of {category} {object_id} any more, not even a tombstone.")

    def forget(self, region: str) -> None:
        """The region has lost its memory, and whoever asked for that expects no more of it."""
        self._shown.pop(region, None)
        self._names = {key: name for key, name in self._names.items() if key[0] != region}

    def sent(self, region: str, category: Category, object_id: int) -> None:
        """Judges a live state on its way to a region.

        Raises:
            ContractBroken: sentence 8: it was never of the region's interest.
        """
        if (region, category, object_id) not in self.granted:
            raise ContractBroken(f"8: {region} is sent {category} {object_id}, which is no business of its.")

    def answered(self, region: str, app_id: int, name: str | None, *, since: int, seen: Name | None = None) -> None:
        """Judges what a reader was told who has seen all that was answered up to a moment.

        Args:
            region: who told.
            app_id: what was asked for.
            name: the app's; None: it was said not to be there.
            since: the moment.
            seen: a name that the reader has seen besides.

        Raises:
            ContractBroken: sentence 7: it is older than that.
        """
        app = self.apps[app_id]
        if name is None:
            # A region without interest in an app may be told that there is none; where its owner lives is never one.
            if not app.is_gone and self.organizations[app.owner_id][1] == region:
                raise ContractBroken(f"7: {region} knows no app {app_id}, which was made before.")
            return
        if app.gone_at is not None and app.gone_at <= since:
            raise ContractBroken(f"7: {region} shows app {app_id} to a reader who knows that it is deleted.")
        told = self._name(region, app, name)
        known = [each for each in app.names if each is seen or (each.ended is not None and each.ended <= since)]
        if any(told.is_before(each) for each in known):
            raise ContractBroken(f"7: {region} calls app {app_id} {name!r}, older than what the reader has seen.")

    def _see(self, region: str, shown: Shown, *, before: Shown | None) -> None:
        what = f"{shown.category} {shown.object_id}"
        if before and shown.version < before.version:
            raise ContractBroken(f"2: {region} shows {what} at version {shown.version} after {before.version}.")
        if before and shown.version == before.version and shown.fact != before.fact:
            raise ContractBroken(f"3: {region} shows two states of {what} at version {shown.version}.")
        if shown.fact is None:
            return
        if self._states.setdefault((shown.category, shown.object_id, shown.version), shown.fact) != shown.fact:
            raise ContractBroken(f"3: {region} shows another state of {what} at version {shown.version} than others.")
        if (region, shown.category, shown.object_id) not in self.granted:
            raise ContractBroken(f"8: {region} holds {what}, which is no business of its.")
        if before and before.fact is None and self._is_gone(shown.category, shown.object_id):
            raise ContractBroken(f"2: {region} shows {what} again after it was deleted there.")
        self._check_fact(region, shown.object_id, shown.fact, what)

    def _is_gone(self, category: Category, object_id: int) -> bool:
        if category in {Category.APP, Category.CREDENTIAL}:
            return self.apps[object_id].is_gone
        return (self.installations if category is Category.INSTALLATION else self.tokens)[object_id].is_gone

    def _check_fact(self, region: str, object_id: int, fact: Fact, what: str) -> None:
        if isinstance(fact, AppFact):
            app = self.apps[object_id]
            name, before = self._name(region, app, fact.name), self._names.get((region, object_id))
            if before and name.is_before(before):
                raise ContractBroken(f"3: {region} calls {what} {name.text!r} after {before.text!r}, which is newer.")
            self._names[region, object_id] = name
            if (fact.status, fact.resources) not in app.said:
                raise ContractBroken(f"1: {region} shows {what} as it never was: {fact}.")
        elif isinstance(fact, CredentialFact):
            if fact.client_secret not in self.apps[object_id].secrets:
                raise ContractBroken(f"1: {region} shows a secret in {what} that was never given out.")
        else:
            owned = (self.installations if isinstance(fact, InstallationFact) else self.tokens)[object_id]
            if owned.fact != fact:
                raise ContractBroken(f"1: {region} shows {what} as it never was.")

    def _name(self, silo: str, app: App, text: str) -> Name:
        for name in app.names:
            if name.text == text:
                return name
        raise ContractBroken(f"1: {silo} calls app {app.id} {text!r}, which nobody asked for.")


def live(owned: Mapping[int, Owned]) -> set[int]:
    return {each for each, one in owned.items() if not one.is_gone}


def _installed(owned: Owned) -> InstallationFact:
    assert isinstance(owned.fact, InstallationFact)  # noqa: S101 - by the mapping that it stands in
    return owned.fact


def _token(owned: Owned) -> TokenFact:
    assert isinstance(owned.fact, TokenFact)  # noqa: S101 - by the mapping that it stands in
    return owned.fact
