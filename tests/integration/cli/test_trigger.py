"""``silo trigger`` of what happens elsewhere: the organization's region is told, with the payload that is given."""

import json

import pytest

from shared.cli.main import SAID_NO, WRONG_USE
from shared.webhooks.delivery import Delivery, fill_bodies
from tests.integration.cli.conftest import CommandLine
from tests.silos import Silos

PAYLOAD = {"run_id": 7, "steps": []}


def test_the_region_tells_the_apps_that_subscribe(silo: CommandLine, silos: Silos) -> None:
    creator, shop = silos.create_user("maker@shop.example"), silos.create_organization("shop", region="us")
    app = silos.create_app("Bot", owner=shop, creator=creator, is_internal=True, scopes=["event:read"], events=["seer"])
    silos.replicate()
    ended = silo("trigger", "seer.pr_created", "--org", "shop", "--payload", json.dumps(PAYLOAD), "--json")
    assert ended.json == {"event": "seer.pr_created", "organization": "shop"}
    with silos.database("us").session():
        (delivery,) = found = list(Delivery.select())
        fill_bodies(found)
    assert (delivery.sentry_app_id, delivery.event) == (app.id, "seer.pr_created")
    assert json.loads(delivery.body or "")["data"] == PAYLOAD


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("seer.pr_created", "--org", "nowhere"), SAID_NO, "There is no organization 'nowhere'"),
        (("seer.pr_created", "--payload", "[]"), WRONG_USE, "--payload takes a JSON object"),
        (("seer.pr_created", "--payload", "{"), WRONG_USE, "--payload takes a JSON object"),
        (("issue.created", "--payload", "{}"), WRONG_USE, "it takes no --payload"),
    ],
)
def test_what_cannot_be_told_is_said(silo: CommandLine, arguments: tuple[str, ...], code: int, sentence: str) -> None:
    ended = silo("trigger", *arguments)
    assert (ended.code, sentence in ended.err) == (code, True)
