"""What somebody wishes next, possibly in vain: chosen among all that the model knows.

Owns how often each wish comes.
"""

import random
from collections.abc import Callable, Mapping
from typing import Any

from simulator.change import (
    Change,
    Create,
    Delete,
    EndToken,
    GiveToken,
    Install,
    Publish,
    Rename,
    Rotate,
    Subscribe,
    Uninstall,
)
from simulator.model import Model

SUBSCRIPTIONS = ((), ("issue",), ("comment",), ("issue", "comment"))


def choose_change(model: Model, rng: random.Random) -> Change:
    """Something that somebody may wish, possibly in vain."""
    apps = model.live_apps()
    if not apps:
        return _create(model, rng)
    (choice,) = rng.choices(list(_CHOICES), list(_CHOICES.values()))
    change: Change = choice(model, rng)
    return change


def _create(model: Model, rng: random.Random) -> Change:
    owner_id = rng.choice(sorted(model.organizations))
    return Create(model, name=_new_name(model), owner_id=owner_id, is_internal=rng.random() < 0.5)


def _new_name(model: Model) -> str:
    return f"App {model.moment()}"


def _any_app(model: Model, rng: random.Random) -> int:
    return rng.choice(model.live_apps()).id


def _install(model: Model, rng: random.Random) -> Change:
    return Install(model, _any_app(model, rng), organization_id=rng.choice(sorted(model.organizations)))


def _uninstall(model: Model, rng: random.Random) -> Change:
    live = sorted(each for each, owned in model.installations.items() if not owned.is_gone)
    # Another wish in its place, so that the step is not lost.
    if not live:
        return _create(model, rng)
    chosen = rng.choice(live)
    fact: Any = model.installations[chosen].fact
    return Uninstall(model, fact.app_id, installation_id=chosen)


def _end_token(model: Model, rng: random.Random) -> Change:
    live = sorted(each for each, owned in model.tokens.items() if not owned.is_gone)
    if not live:
        return GiveToken(model, _any_app(model, rng))
    chosen = rng.choice(live)
    token: Any = model.tokens[chosen].fact
    installation: Any = model.installations[token.installation_id].fact
    return EndToken(model, installation.app_id, token_id=chosen)


# Deleting is rare beside installing: objects have to live long enough to meet several faults.
_CHOICES: Mapping[Callable[[Model, random.Random], Change], int] = {
    _create: 5,
    lambda model, rng: Rename(model, _any_app(model, rng), name=_new_name(model)): 5,
    lambda model, rng: Publish(model, _any_app(model, rng), status=rng.choice(("published", "unpublished"))): 4,
    lambda model, rng: Subscribe(model, _any_app(model, rng), events=rng.choice(SUBSCRIPTIONS)): 2,
    _install: 6,
    _uninstall: 4,
    lambda model, rng: Delete(model, _any_app(model, rng)): 2,
    lambda model, rng: Rotate(model, _any_app(model, rng)): 1,
    lambda model, rng: GiveToken(model, _any_app(model, rng)): 4,
    _end_token: 2,
}
