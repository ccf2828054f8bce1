"""How it must end: what control and regions have when all is calm, held against what the model knows."""

from collections.abc import Iterable, Mapping

from shared.category import Category
from shared.simulation.ledger import ContractBroken
from simulator.asked import live
from simulator.fact import AppFact, CredentialFact, Fact, InstallationFact, TokenFact
from simulator.model import Key, Model
from simulator.window import Shown


def check_control(
    model: Model,
    apps: Mapping[int, AppFact],
    installations: Mapping[int, InstallationFact],
    tokens: Mapping[int, TokenFact],
) -> None:
    """Judges what control has when all is calm.

    Raises:
        ContractBroken: what was answered is not what is there.
    """
    _compare("what control has of apps", {app.id for app in model.live_apps()}, set(apps))
    _compare("what control has of installations", live(model.installations), set(installations))
    _compare("what control has of tokens", live(model.tokens), set(tokens))
    for app in model.live_apps():
        fact = apps[app.id]
        # Of several that were asked for at once any may have won.
        if fact.name not in app.last_names():
            raise ContractBroken(f"3: app {app.id} is called {fact.name!r} in the end, not {app.last_names()}.")
        if (fact.status, fact.resources) != (app.status, app.resources):
            raise ContractBroken(f"3: app {app.id} is {fact} in the end, not {app.status}, {app.resources}.")


def check_region(model: Model, region: str, shown: Iterable[Shown], *, apps: Mapping[int, AppFact]) -> None:
    """Judges what a region holds when all is calm.

    Raises:
        ContractBroken: it is not what control has, or not of its interest.
    """
    held = {(each.category, each.object_id): each.fact for each in shown if each.fact is not None}
    # From the model and not from control's interest, which is what is being judged.
    expected: dict[Key, Fact] = {}
    for app in model.live_apps():
        # As control has it: which of two names won is control's to say, and the region has to follow.
        expected[Category.APP, app.id] = apps[app.id]
        expected[Category.CREDENTIAL, app.id] = CredentialFact(app.secrets[-1])
    expected |= {(Category.INSTALLATION, each): model.installations[each].fact for each in live(model.installations)}
    expected |= {(Category.TOKEN, each): model.tokens[each].fact for each in live(model.tokens)}
    wanted = {key: fact for key, fact in expected.items() if region in model.interested(*key)}
    _compare(f"what {region} holds", set(wanted), set(held))
    for (category, object_id), fact in wanted.items():
        if held[category, object_id] != fact:
            raise ContractBroken(
                f"3: {region} ends with {held[category, object_id]} as {category} {object_id}, not with {fact}."
            )


def check_organizations(model: Model, held: Mapping[int, str], owned: Mapping[int, str]) -> None:
    """Judges control's replicas of organizations: slugs by id, there and in all regions together.

    Raises:
        ContractBroken: they differ, or one is missing that was answered.
    """
    _compare("what control has of organizations", set(owned.items()), set(held.items()))
    missing = model.organizations.keys() - held.keys()
    unasked = set(held.values()) - model.asked_slugs - {slug for slug, _ in model.organizations.values()}
    if missing or unasked:
        raise ContractBroken(f"3: of control's organizations {missing} are missing, {unasked} were never asked for.")


def _compare(what: str, expected: set, found: set) -> None:  # type: ignore[type-arg]  # of ids, keys or pairs
    if expected != found:
        missing, more = (", ".join(map(_named, sorted(each))) for each in (expected - found, found - expected))
        raise ContractBroken(
            f"3: {what} is not what it should be: {missing or 'nothing'} missing, {more or 'nothing'} too many."
        )


def _named(each: object) -> str:
    return " ".join(map(str, each)) if isinstance(each, tuple) else str(each)
