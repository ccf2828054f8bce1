"""``silo user``: users and their roles."""

from enum import Enum
from typing import Annotated, Any
from urllib.parse import quote

import typer

from shared.cli import rest
from shared.cli.access import access_of
from shared.cli.invocation import SiloCommand, SiloGroup, invocation_of
from shared.cli.local.first_start import create_user
from shared.cli.output import JsonOption, examples, note, print_json
from shared.cli.tables import print_pairs
from shared.errors import ConfigInvalid

app = typer.Typer(cls=SiloGroup, add_completion=False, no_args_is_help=True)


class Role(Enum):
    """What a member may do in an organization."""

    MEMBER = "member"
    ADMIN = "admin"
    MANAGER = "manager"
    OWNER = "owner"


_ROLES = f"There: {', '.join(role.value for role in Role)}. Default: {Role.MEMBER.value}"


@app.callback(epilog=examples("silo user create ann@acme.example --org acme --role manager"))
def user() -> None:
    """Users: members of organizations, superusers and staff."""


@app.command(
    cls=SiloCommand,
    epilog=examples(
        "silo user create ann@acme.example --org acme --role manager",
        "silo user create root2@silo.example --superuser --json",
        "silo user create help@silo.example --staff --org acme --role member",
    ),
)
def create(
    ctx: typer.Context,
    email: Annotated[str, typer.Argument(metavar="EMAIL")],
    organization: Annotated[str | None, typer.Option("--org", metavar="SLUG", help="Where they are a member.")] = None,
    role: Annotated[Role | None, typer.Option("--role", metavar="ROLE", help=_ROLES)] = None,
    superuser: Annotated[bool, typer.Option("--superuser", help="May do everything everywhere.")] = False,
    staff: Annotated[bool, typer.Option("--staff", help="May look into every organization.")] = False,
    name: Annotated[str | None, typer.Option("--name", help="Shown to people.")] = None,
    password: Annotated[str | None, typer.Option("--password", help="- asks for it. Default: one is made.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a user, and print the password, API token and session, which cannot be had again."""
    # Passed over it would make somebody who may do nothing, and nobody would know why.
    if role and not organization:
        raise ConfigInvalid("--role says what they may do in an organization: name it with --org.")
    body: dict[str, Any] = {"email": email, "isSuperuser": superuser, "isStaff": staff}
    if organization:
        # The least of the roles, unless more is asked for.
        body |= {"organization": organization, "role": (role or Role.MEMBER).value}
    if name is not None:
        body["name"] = name
    # Taken from standard input with `-`: what stands on a command line is seen by everybody on the machine.
    if password is not None:
        body["password"] = invocation_of(ctx).take_secret("--password", password)
    with rest.connect(access_of(ctx)) as api:
        made = create_user(api, body)
    printed = {
        "id": made.id,
        "email": made.email,
        "token": made.token,
        "session": made.session,
        "password": made.password,
    }
    if as_json:
        print_json(printed)
    else:
        print_pairs(printed.items())


@app.command(
    cls=SiloCommand,
    epilog=examples("silo user impersonate ann@acme.example", "silo user impersonate 7 --json"),
)
def impersonate(
    ctx: typer.Context,
    user: Annotated[str, typer.Argument(metavar="USER", help="Id or e-mail address.")],
    as_json: JsonOption = False,
) -> None:
    """Act as a user for an hour, to see what they see: print a session with their rights and no others.

    Superusers and staff cannot be acted as. The audit log names who acted, and the session makes no API tokens.
    """
    with rest.connect(access_of(ctx)) as api:
        made = api.post(f"/users/{quote(user, safe='')}/impersonation/", {})
    printed = {
        "id": made["id"],
        "email": made["email"],
        "session": made["session"],
        "expires_at": made["expiresAt"],
    }
    if as_json:
        print_json(printed)
    else:
        print_pairs(printed.items())
        note("Next: send the session as the cookie sentrysid; DELETE /api/0/auth/ with it ends it.")
