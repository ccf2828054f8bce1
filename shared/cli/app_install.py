"""``silo app publish``, ``install`` and ``uninstall``: who may use an app, and who does."""

import base64
from pathlib import Path
from typing import Annotated, Any

import typer

from shared.cli import rest
from shared.cli.access import Access, access_of
from shared.cli.app_credentials import SlugArgument
from shared.cli.confirm import DryRunOption, YesOption, is_confirmed
from shared.cli.output import JsonOption, note, print_json
from shared.cli.tables import print_pairs
from shared.errors import AppNotFound, ConfigInvalid, InstallationNotFound, NotFound, PermissionDenied

OrgOption = Annotated[
    str | None, typer.Option("--org", metavar="SLUG", help="Default: the organization that `silo up` made.")
]
_PUBLISHED = "published"


def publish(
    ctx: typer.Context,
    slug: SlugArgument,
    request: Annotated[bool, typer.Option("--request", help="Ask for it by mail, as its owner.")] = False,
    answers: Annotated[
        list[str] | None, typer.Option("--answer", metavar="QUESTION=ANSWER", help="Of the request; repeat it.")
    ] = None,
    logo: Annotated[Path | None, typer.Option("--logo", metavar="PNG", help="Upload it first.")] = None,
    icon: Annotated[Path | None, typer.Option("--icon", metavar="PNG", help="In one colour; upload it first.")] = None,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Publish an app: from then on any organization may install it. For superusers and staff.

    With --request it is asked for instead: an app needs a logo for that, and an icon when it shows in issues.
    """
    if answers and not request:
        raise ConfigInvalid("--answer goes with --request.")
    # Before anything is sent: a slip on the command line must not leave half of it done.
    questionnaire = [_answered(text) for text in answers or []]
    pictures = {color: _picture(path) for color, path in ((True, logo), (False, icon)) if path}
    with rest.connect(access_of(ctx)) as api:
        path = f"/sentry-apps/{rest.segment(slug)}/"
        # Asked for first: an app may be named by its id, and is confirmed by its name.
        name = api.get(path)["slug"]
        what = f"The publication of {name} is asked for by mail." if request else f"{name} is published, for good."
        # Asking does no harm; a published app is neither taken back nor deleted.
        if not is_confirmed(what, yes=yes or request, dry_run=dry_run):
            print_json({"app": name, "published": False}) if as_json else None
            return
        for color, photo in pictures.items():
            body = {"color": color, "avatar_type": "upload", "avatar_photo": photo}
            # Before the request, which is refused without them.
            api.put(f"{path}avatar/", body)
        if request:
            api.post(f"{path}publish-request/", {"questionnaire": questionnaire})
            shown = api.get(path)
        else:
            shown = _publish(api, path)
    if as_json:
        print_json(shown)
    elif request:
        note(f"The publication of {shown['slug']} is asked for; a mail went to its publisher and to you.")


def install(
    ctx: typer.Context, slug: SlugArgument, organization: OrgOption = None, as_json: JsonOption = False
) -> None:
    """Install an app in an organization; once installed, it stays as it is."""
    access = access_of(ctx)
    owner = organization or default_organization(access)
    with rest.connect(access) as api:
        made = _install(api, slug, owner)
    if as_json:
        print_json(made)
        return
    pairs = {"uuid": made["uuid"], "app": made["app"]["slug"], "organization": made["organization"]["slug"]}
    print_pairs({**pairs, "status": made["status"]}.items())


def uninstall(
    ctx: typer.Context,
    slug: SlugArgument,
    organization: OrgOption = None,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Remove every installation of an app from an organization."""
    access = access_of(ctx)
    owner = organization or default_organization(access)
    with rest.connect(access) as api:
        found = _installations_of(api, slug, owner)
        what = f"{slug} is uninstalled from {owner}: installation {', '.join(found)} goes, with its tokens."
        ended = found if is_confirmed(what, yes=yes, dry_run=dry_run) else []
        for uuid in ended:
            api.delete(f"/sentry-app-installations/{uuid}/")
    if as_json:
        print_json({"app": slug, "organization": owner, "uninstalled": ended})


def default_organization(access: Access) -> str:
    """The organization that commands mean when none is named.

    Raises:
        ConfigInvalid: none is known.
    """
    if access.organization is None:
        raise ConfigInvalid("Name the organization with --org.")
    return access.organization


def _publish(api: rest.RestClient, path: str) -> Any:
    """Raises:
    PermissionDenied: the status stayed as it was, which is how control answers whoever may not change it.
    """
    shown = api.put(path, {"status": _PUBLISHED})
    # Control passes over what a sender may not set, as the original does; silence is no success.
    if shown["status"] != _PUBLISHED:
        raise PermissionDenied("Only superusers and staff publish apps; `--request` asks them to.")
    return shown


def _answered(text: str) -> dict[str, str]:
    question, equals, answer = text.partition("=")
    if not (question.strip() and equals and answer.strip()):
        raise ConfigInvalid(f"--answer takes QUESTION=ANSWER, not {text!r}.")
    return {"question": question, "answer": answer}


def _picture(path: Path) -> str:
    try:
        return base64.b64encode(path.read_bytes()).decode()
    except OSError as exc:
        raise ConfigInvalid(f"The picture {path} cannot be read: {exc.strerror}.") from exc


def _install(api: rest.RestClient, slug: str, organization: str) -> Any:
    try:
        return api.post(f"/organizations/{rest.segment(organization)}/sentry-app-installations/", {"slug": slug})
    except NotFound as exc:
        if exc.metadata.get("silent") != "true":
            raise
        raise AppNotFound(f"There is no app {slug!r} that {organization} may install.") from exc


def _installations_of(api: rest.RestClient, slug: str, organization: str) -> list[str]:
    """UUIDs of an app's installations in an organization.

    Raises:
        InstallationNotFound: there is none.
    """
    installed = api.pages(f"/organizations/{rest.segment(organization)}/sentry-app-installations/")
    found = [each["uuid"] for each in installed if slug in {each["app"]["slug"], str(each["app"].get("sentryAppId"))}]
    if not found:
        raise InstallationNotFound(f"{slug} is not installed in {organization}.")
    return found
