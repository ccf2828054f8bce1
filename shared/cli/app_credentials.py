"""``silo app rotate-secret`` and ``silo app token``: what an app proves itself with."""

from typing import Annotated, Any

import typer

from shared.cli import rest
from shared.cli.access import access_of
from shared.cli.confirm import DryRunOption, YesOption, is_confirmed
from shared.cli.invocation import SiloCommand, SiloGroup
from shared.cli.output import JsonOption, examples, note, print_json
from shared.cli.tables import print_pairs, print_table

tokens = typer.Typer(cls=SiloGroup, add_completion=False, no_args_is_help=True)

SlugArgument = Annotated[str, typer.Argument(metavar="APP", help="Slug or id.")]
InternalAppArgument = Annotated[str, typer.Argument(metavar="APP", help="Slug or id of an internal app.")]


def rotate_secret(
    ctx: typer.Context,
    slug: SlugArgument,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Give an app another client secret and print it, once. Regions sign with it as soon as they have it."""
    with rest.connect(access_of(ctx)) as api:
        path = f"/sentry-apps/{rest.segment(slug)}/"
        # Before it is asked for confirmation: an app that is not there is said first.
        shown = api.get(path)
        what = f"{shown['slug']} gets another client secret: what verifies webhooks with the old one refuses them."
        if not is_confirmed(what, yes=yes, dry_run=dry_run):
            print_json({"app": shown["slug"], "rotated": False}) if as_json else None
            return
        made = api.post(f"{path}rotate-secret/")
    if as_json:
        print_json(made)
    else:
        print_pairs([("app", shown["slug"]), ("clientSecret", made["clientSecret"])])


@tokens.callback(epilog=examples("silo app token create my-bot", "silo app token list my-bot"))
def token() -> None:
    """Tokens of an internal app: make, list and delete them. At most 20, none of which ever ends by itself.

    Control keeps this to browser sessions: with --control, set SILO_SESSION to the value of one's cookie sentrysid.
    """


@tokens.command(cls=SiloCommand, epilog=examples("silo app token create my-bot", "silo app token create my-bot --json"))
def create(ctx: typer.Context, slug: InternalAppArgument, as_json: JsonOption = False) -> None:
    """Make a token and print it. It is shown this once."""
    # A session and no token: the original keeps tokens of apps to people at a browser.
    with rest.connect_session(access_of(ctx)) as api:
        made = api.post(_path(slug))
    if as_json:
        print_json(made)
        return
    print_pairs((name, made[name]) for name in ("id", "token", "scopes"))
    note("Keep the token: it is stored as a hash only.")


@tokens.command("list", cls=SiloCommand, epilog=examples("silo app token list my-bot --json"))
def list_all(ctx: typer.Context, slug: InternalAppArgument, as_json: JsonOption = False) -> None:
    """List an app's tokens, by their last characters."""
    with rest.connect_session(access_of(ctx)) as api:
        found = list(api.pages(_path(slug)))
    if as_json:
        print_json(found)
    else:
        # The last characters are all that is known of a token, which is stored as a hash.
        print_table(("id", "ends in", "made at", "scopes"), map(_row, found))


@tokens.command(cls=SiloCommand, epilog=examples("silo app token delete my-bot 7"))
def delete(
    ctx: typer.Context,
    slug: InternalAppArgument,
    token_id: Annotated[str, typer.Argument(metavar="ID", help="As `silo app token list` shows it.")],
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """End a token, on control at once and in the regions as soon as they hear of it."""
    goes_on = is_confirmed(f"Token {token_id} of {slug} is deleted.", yes=yes, dry_run=dry_run)
    if goes_on:
        with rest.connect_session(access_of(ctx)) as api:
            api.delete(f"{_path(slug)}{rest.segment(token_id)}/")
    if as_json:
        print_json({"app": slug, "id": token_id, "deleted": goes_on})


def _path(slug: str) -> str:
    return f"/sentry-apps/{rest.segment(slug)}/api-tokens/"


def _row(token: dict[str, Any]) -> tuple[object, ...]:
    return token["id"], token["tokenLastCharacters"], token["dateCreated"], token["scopes"]
