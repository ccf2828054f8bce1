"""``silo app update`` and ``silo app create --or-update``: an app made equal to its manifest."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from shared.cli import rest
from shared.cli.access import access_of
from shared.cli.app_install import OrgOption, default_organization
from shared.cli.confirm import DryRunOption
from shared.cli.manifest import read_manifest
from shared.cli.output import JsonOption, note, print_json
from shared.cli.tables import print_table
from shared.domain.scopes import close_scopes
from shared.errors import AppNotFound, ConfigInvalid

_FIXED = {"organization", "isInternal", "slug"}
"""What a manifest says for ``create`` alone: whose an app is, of which kind, and what it is called in paths."""
_WITHOUT_ORDER = {"scopes", "events", "allowedOrigins"}
_LONGEST = 60
"""Characters of a value in the table of changes; a schema has thousands."""


@dataclass(frozen=True)
class Change:
    """A field of an app whose value is not the manifest's."""

    field: str
    before: Any
    after: Any

    def as_json(self) -> dict[str, Any]:
        return {"field": self.field, "from": self.before, "to": self.after}


def update(
    ctx: typer.Context,
    manifest: Annotated[str, typer.Argument(metavar="MANIFEST", help="File in JSON or YAML; - is standard input.")],
    slug: Annotated[
        str | None, typer.Option("--app", metavar="APP", help="Slug or id. Default: the app of the manifest's name.")
    ] = None,
    organization: OrgOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make an app equal to its manifest, and show what changes. Nothing is sent where nothing does.

    What the manifest leaves out stays as it is. Scopes that are taken away are taken from tokens too.
    """
    access, wanted = access_of(ctx), read_manifest(manifest)
    owner = organization or wanted.get("organization") or (None if slug else default_organization(access))
    with rest.connect(access) as api:
        found = api.get(f"/sentry-apps/{rest.segment(slug)}/") if slug else find_app(api, wanted, owner=str(owner))
        if found is None:
            raise AppNotFound(f"{owner} has no app named {wanted.get('name')!r}; `silo app create` makes it.")
        update_app(api, found, wanted, dry_run=dry_run, as_json=as_json)


def find_app(api: rest.RestClient, wanted: Mapping[str, Any], *, owner: str) -> Any:
    """The organization's app that a manifest is of, as REST shows it, or None.

    Raises:
        ConfigInvalid: the manifest has no name.
    """
    name = wanted.get("name")
    if not (isinstance(name, str) and name):
        raise ConfigInvalid("The manifest has no name to find the app by: name the app with --app.")
    apps = api.pages(f"/organizations/{rest.segment(owner)}/sentry-apps/")
    return next((each for each in apps if each["name"] == name), None)


def update_app(
    api: rest.RestClient, found: Mapping[str, Any], wanted: Mapping[str, Any], *, dry_run: bool, as_json: bool
) -> None:
    """Sends what differs, or only shows it."""
    changes = changes_between(found, wanted)
    sent = bool(changes) and not dry_run
    if not as_json:
        _show(found["slug"], changes, dry_run=dry_run)
    shown = found
    if sent:
        # Whole, not the changes alone: control judges scopes and events beside each other.
        shown = send_manifest(api, found["slug"], wanted)
    if as_json:
        print_json({"app": shown, "changes": [each.as_json() for each in changes], "updated": sent})


def send_manifest(api: rest.RestClient, slug: str, wanted: Mapping[str, Any]) -> Any:
    """Makes an app equal to its manifest; answers with the app."""
    return api.put(
        f"/sentry-apps/{rest.segment(slug)}/", {name: value for name, value in wanted.items() if name not in _FIXED}
    )


def changes_between(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[Change]:
    """What a manifest would change of an app, in the manifest's order."""
    return [
        Change(name, found.get(name), value)
        for name, value in wanted.items()
        if name not in _FIXED and _comparable(name, found.get(name)) != _comparable(name, value)
    ]


def _comparable(name: str, value: Any) -> Any:
    if name in _WITHOUT_ORDER and isinstance(value, list):
        texts = sorted(map(str, value))
        # Control adds what a scope implies.
        return close_scopes(texts) if name == "scopes" else texts
    # Control shows an absent text as null, or as an empty one.
    return value if value not in ("", {}) else None


def _show(slug: str, changes: list[Change], *, dry_run: bool) -> None:
    if not changes:
        note(f"{slug} is as its manifest says: nothing changes.")
        return
    rows = [(each.field, _short(each.before), _short(each.after)) for each in changes]
    print_table(("field", "is", "would be" if dry_run else "becomes"), rows, title=slug)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
