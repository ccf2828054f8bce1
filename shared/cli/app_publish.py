"""``silo app publish``: an app for everyone, at once or on request."""

import base64
from pathlib import Path
from typing import Annotated, Any

import typer

from shared.cli import rest
from shared.cli.access import access_of
from shared.cli.output import JsonOption, note, print_json
from shared.errors import ConfigInvalid, PermissionDenied

EXAMPLES = (
    "silo app publish acme-kanban",
    "silo app publish acme-kanban --request --logo logo.png --icon icon.png --answer 'What does it do?=Cards.'",
)
_PUBLISHED = "published"


def publish(
    ctx: typer.Context,
    slug: Annotated[str, typer.Argument(metavar="APP", help="Slug or id.")],
    request: Annotated[bool, typer.Option("--request", help="Ask for it by mail, as its owner.")] = False,
    answers: Annotated[
        list[str] | None, typer.Option("--answer", metavar="QUESTION=ANSWER", help="Of the request; repeat it.")
    ] = None,
    logo: Annotated[Path | None, typer.Option("--logo", metavar="PNG", help="Upload it first.")] = None,
    icon: Annotated[Path | None, typer.Option("--icon", metavar="PNG", help="In one colour; upload it first.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Publish an app: from then on any organization may install it. For superusers and staff.

    With --request it is asked for instead: an app needs a logo for that, and an icon when it shows in issues.
    """
    if answers and not request:
        raise ConfigInvalid("--answer goes with --request.")
    questionnaire = [_answered(text) for text in answers or []]
    pictures = {color: _picture(path) for color, path in ((True, logo), (False, icon)) if path}
    with rest.connect(access_of(ctx)) as api:
        path = f"/sentry-apps/{rest.segment(slug)}/"
        for color, photo in pictures.items():
            body = {"color": color, "avatar_type": "upload", "avatar_photo": photo}
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
    else:
        note(f"{shown['slug']} is published.")


def _publish(api: rest.RestClient, path: str) -> Any:
    """Raises:
    PermissionDenied: the status stayed as it was, which is how control answers whoever may not change it.
    """
    shown = api.put(path, {"status": _PUBLISHED})
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
