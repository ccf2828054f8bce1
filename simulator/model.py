"""What must be true of the platform by the eight sentences of its contract (DESIGN §5), for whoever only asks it.

The model knows what was asked and what was answered, in which order, and which organization lives where. It knows no
table, no outbox and no edition. It is told what silos show, and says when that cannot be.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from shared.category import Category
from shared.simulation.ledger import ContractBroken
from simulator.asked import App, Asked, Name, installed, token
from simulator.fact import AppFact, Fact
from simulator.window import Shown

Key: TypeAlias = tuple[Category, int]


@dataclass
class Model(Asked):
    """Everything that was asked so far, and everything that was shown."""

    organizations: dict[int, tuple[str, str]] = field(default_factory=dict)
    """By id, slug and region."""
    asked_slugs: set[str] = field(default_factory=set)
    granted: set[tuple[str, Category, int]] = field(default_factory=set)
    """What was of a region's interest at some time."""
    lost: list[Asked] = field(default_factory=list)
    """What control has forgotten, each time that it went on with an older copy. Regions show it until it is mended."""
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

    def go_back(self, kept: Asked) -> None:
        """Control has forgotten all that came after what was kept; whoever restored it knows that."""
        # Kept, since regions go on showing it until they are outranked.
        self.lost.append(Asked(self.apps, self.installations, self.tokens))
        then = kept.kept()
        self.apps, self.installations, self.tokens = then.apps, then.installations, then.tokens
        # In which order names were given counts anew from here.
        self._names.clear()

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
            return self.interested(Category.INSTALLATION, token(owned).installation_id)
        return {self.organizations[installed(owned).organization_id][1]}

    def _interested_in_app(self, app: App, *, is_public: bool) -> set[str]:
        if app.is_gone:
            return set()
        if is_public and app.status == "published":
            return {region for _, region in self.organizations.values()}
        homes = {installed(self.installations[each]).organization_id for each in self.installations_of(app.id)}
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
            # The window gives the same object while the row stays the same: most are looked at once.
            if known is not each:
                self._see(region, each, before=known)
                before[key] = each
        for category, object_id in before.keys() - keys:
            # A tombstone is what keeps a late change from bringing it back.
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
        if self._has_lost(app_id, name=name):
            return
        if name is None:
            # A region without interest in an app may be told that there is none; where its owner lives is never one.
            if not app.is_gone and self.organizations[app.owner_id][1] == region:
                raise ContractBroken(f"7: {region} knows no app {app_id}, which was made before.")
            return
        if app.gone_at is not None and app.gone_at <= since:
            raise ContractBroken(f"7: {region} shows app {app_id} to a reader who knows that it is deleted.")
        told = self.name(region, app, name)
        known = [each for each in app.names if each is seen or (each.ended is not None and each.ended <= since)]
        # Older than something that the reader has seen, and not merely another one asked for at once.
        if any(told.is_before(each) for each in known):
            raise ContractBroken(f"7: {region} calls app {app_id} {name!r}, older than what the reader has seen.")

    def shown(self, region: str, app_id: int) -> Name | None:
        """The name under which a region has shown an app last; None: it has not, or shows that it is gone."""
        last = self._shown.get(region, {}).get((Category.APP, app_id))
        return self._names.get((region, app_id)) if last and last.fact is not None else None

    def told(self, region: str, app_id: int, name: str | None, *, before: Name | None) -> None:
        """Judges what anybody was told by a region that had shown a name of the app before they asked.

        Raises:
            ContractBroken: sentence 3: it goes back.
        """
        if name is None or before is None or self._has_lost(app_id, name=name):
            return
        if self.name(region, self.apps[app_id], name).is_before(before):
            raise ContractBroken(f"3: {region} tells of app {app_id} as {name!r} after it was {before.text!r}.")

    def _see(self, region: str, shown: Shown, *, before: Shown | None) -> None:
        what = f"{shown.category} {shown.object_id}"
        if before and shown.version < before.version:
            raise ContractBroken(f"2: {region} shows {what} at version {shown.version} after {before.version}.")
        if before and shown.version == before.version and shown.fact != before.fact:
            raise ContractBroken(f"3: {region} shows two states of {what} at version {shown.version}.")
        if shown.fact is None:
            return
        if (region, shown.category, shown.object_id) not in self.granted:
            raise ContractBroken(f"8: {region} holds {what}, which is no business of its.")
        if self._is_lost(region, shown.object_id, shown.fact):
            return
        if before and before.fact is None and self.is_gone(shown.category, shown.object_id):
            raise ContractBroken(f"2: {region} shows {what} again after it was deleted there.")
        # One state a version in the whole world: two regions that differ at one version could never be told apart.
        known = self._states.setdefault((shown.category, shown.object_id, shown.version), shown.fact)
        # A control that has forgotten versions gives them out again, until it has compared.
        if known != shown.fact and not self.lost:
            raise ContractBroken(f"3: {region} shows another state of {what} at version {shown.version} than others.")
        self.check(region, shown.object_id, shown.fact)
        # Names alone have an order here: they are all different.
        if isinstance(shown.fact, AppFact):
            self._check_order(region, self.apps[shown.object_id], shown.fact)

    def _is_lost(self, region: str, object_id: int, fact: Fact) -> bool:
        """Whether a region shows what control has forgotten."""
        for lost in self.lost:
            try:
                lost.check(region, object_id, fact)
            except ContractBroken:
                continue
            return True
        return False

    def _has_lost(self, app_id: int, *, name: str | None) -> bool:
        """Whether control has forgotten that the app had this name; None: that it was deleted."""
        found = [lost.apps[app_id] for lost in self.lost if app_id in lost.apps]
        return any(app.is_gone if name is None else name in [each.text for each in app.names] for app in found)

    def _check_order(self, region: str, app: App, fact: AppFact) -> None:
        name, before = self.name(region, app, fact.name), self._names.get((region, app.id))
        if before and name.is_before(before):
            raise ContractBroken(f"3: {region} calls app {app.id} {name.text!r} after {before.text!r}, which is newer.")
        self._names[region, app.id] = name
