"""Control runs on an older copy of its database: no id that a region has seen is given out again, whatever it is of."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

import control_silo.bootstrap
from control_silo.models.app import SentryAppComponent
from control_silo.models.interest import InstallationToken
from control_silo.replication.kinds import NUMBERED
from control_silo.services.internal_token import create_token
from region_silo.models.issue import Activity, Comment, Issue
from region_silo.models.replica import AppReplica, ComponentReplica, InstallationReplica, TokenReplica
from region_silo.replication.kinds import MENTIONED
from shared.domain.peer import CONTROL
from shared.outbox.greatest_id import MAX_IDS_AHEAD
from tests.integration.test_comparing import compare
from tests.silos import Silos, fresh

AT = datetime(2026, 1, 1, tzinfo=UTC)
_GONE: dict[str, Any] = {"version": 1, "tombstone": True, "checksum": b"", "state": b""}
ROWS: dict[str, Callable[[int], Any]] = {
    "app": lambda id_: AppReplica.insert(
        id=id_, slug="", application_id=0, proxy_user_id=0, owner_id=0, status="", **_GONE
    ),
    "installation": lambda id_: InstallationReplica.insert(
        id=id_, uuid="", organization_id=0, sentry_app_id=0, status=0, **_GONE
    ),
    "token": lambda id_: TokenReplica.insert(id=id_, token_hash="", installation_id=0, **_GONE),
    "application": lambda id_: AppReplica.update(application_id=id_),
    "component": lambda id_: ComponentReplica.insert(id=id_, version=1, sentry_app_id=1, type="", state=b""),
    "user": lambda id_: AppReplica.update(proxy_user_id=id_),
    "user who commented": lambda id_: Comment.insert(
        issue_id=1, text="", author_id=id_, author_type="user", author_name="", created_at=AT, updated_at=AT
    ),
    "user who did something": lambda id_: Activity.insert(
        organization_id=1, project_id=1, issue_id=1, kind="issue.resolved", actor_type="user", actor_id=str(id_),
        actor_name="", data={}, happened_at=AT,
    ),
    "user who is responsible": lambda id_: Issue.insert(
        id=id_, organization_id=1, project_id=1, number=id_, grouping_hash=str(id_), title="", culprit="",
        search_text="", type="error", level="error", platform="", metadata={}, first_seen_at=AT, last_seen_at=AT,
        created_at=AT, assignee_id=id_,
    ),
}  # fmt: skip
"""What a region has of the ids that control gives out, by what they are of."""


def create(silos: Silos, name: str) -> dict[str, int]:
    """One of everything that control numbers; answers the ids."""
    owner, creator = silos.create_organization(name, region="us"), silos.create_user(f"maker@{name}.example")
    app = silos.create_app(name, owner=owner, creator=creator, is_internal=True)
    create_token(silos.control, app_id=app.id, actor=creator)
    with silos.control.database.session():
        installed = InstallationToken.select().order_by(InstallationToken.token_id.desc()).get()
        component = SentryAppComponent.select().order_by(SentryAppComponent.id.desc()).get()
    ids = {"app": app.id, "application": app.application_id, "user": creator.id, "component": component.id}
    return ids | {"installation": installed.installation_id, "token": installed.token_id}


@pytest.mark.parametrize("when", ["before it serves", "by comparing"])
@pytest.mark.parametrize("what", ROWS)
def test_no_id_is_given_out_that_a_region_has_seen(silos: Silos, what: str, when: str) -> None:
    before = create(silos, fresh("before"))
    silos.replicate()
    seen = max(before.values()) + 1000
    with silos.database("us").transaction():
        ROWS[what](seen).execute()
    if when == "by comparing":
        compare(silos, CONTROL, "us")
    else:
        control_silo.bootstrap.pass_over_seen_ids(silos.control)
    given = create(silos, fresh("after"))[what.split(maxsplit=1)[0]]
    # Of what there are several in an app, this is the last.
    assert seen < given <= seen + 3
    silos.replicate()


def test_a_region_uses_up_no_ids_by_naming_greater_ones_than_there_can_be(silos: Silos) -> None:
    create(silos, fresh("before"))
    silos.replicate()
    with silos.database("us").transaction():
        AppReplica.update(proxy_user_id=2 * MAX_IDS_AHEAD).execute()
    control_silo.bootstrap.pass_over_seen_ids(silos.control)
    assert create(silos, fresh("after"))["user"] < MAX_IDS_AHEAD
    with silos.database("us").transaction():
        AppReplica.update(proxy_user_id=0).execute()
    silos.replicate()


def test_whatever_control_numbers_a_region_has_a_word_for() -> None:
    assert NUMBERED.keys() == MENTIONED.keys()
