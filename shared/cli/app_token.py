"""``silo app token``: the tokens of an internal app."""

from typing import Annotated, Any

import typer

from shared.cli import rest
from shared.cli.access import access_of
from shared.cli.invocation import SiloCommand, SiloGroup
from shared.cli.output import JsonOption, examples, note, print_json
from shared.cli.tables import print_pairs, print_table

app = typer.Typer(cls=SiloGroup, add_completion=False, no_args_is_help=True)

AppArgument = Annotated[str, typer.Argument(metavar="APP", help="Slug or id of an internal app.")]


@app.callback(epilog=examples("silo app token create my-bot", "silo app token list my-bot"))
def tokens() -> None:
    """Tokens of an internal app: make, list and delete them. At most 20, none of which ever ends by itself.

    Control keeps this to browser sessions: with --control, set SILO_SESSION to the value of one's cookie sentrysid.
    """


@app.command(cls=SiloCommand, epilog=examples("silo app token create my-bot", "silo app token create my-bot --json"))
def create(ctx: typer.Context, slug: AppArgument, as_json: JsonOption = False) -> None:
    """Make a token and print it. It is shown this once."""
    with rest.connect_session(access_of(ctx)) as api:
        made = api.post(_path(slug))
    if as_json:
        print_json(made)
        return
    print_pairs((name, made[name]) for name in ("id", "token", "scopes"))
    note("Keep the token: it is stored as a hash only.")


@app.command("list", cls=SiloCommand, epilog=examples("silo app token list my-bot --json"))
def list_all(ctx: typer.Context, slug: AppArgument, as_json: JsonOption = False) -> None:
    """List an app's tokens, by their last characters."""
    with rest.connect_session(access_of(ctx)) as api:
        found = list(api.pages(_path(slug)))
    if as_json:
        print_json(found)
    else:
        print_table(("id", "ends in", "made at", "scopes"), map(_row, found))


@app.command(cls=SiloCommand, epilog=examples("silo app token delete my-bot 7"))
def delete(
    ctx: typer.Context,
    slug: AppArgument,
    token_id: Annotated[str, typer.Argument(metavar="ID", help="As `silo app token list` shows it.")],
    as_json: JsonOption = False,
) -> None:
    """End a token, on control at once and in the regions as soon as they hear of it."""
    with rest.connect_session(access_of(ctx)) as api:
        api.delete(f"{_path(slug)}{rest.segment(token_id)}/")
    if as_json:
        print_json({"app": slug, "id": token_id, "deleted": True})
    else:
        note(f"Token {token_id} of {slug} is deleted.")


def _path(slug: str) -> str:
    return f"/sentry-apps/{rest.segment(slug)}/api-tokens/"


def _row(token: dict[str, Any]) -> tuple[object, ...]:
    return token["id"], token["tokenLastCharacters"], token["dateCreated"], token["scopes"]
