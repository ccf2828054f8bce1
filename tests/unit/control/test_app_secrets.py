from dataclasses import fields
from typing import Any

import pytest

from control_silo.services.create_app import SentryAppCreator
from control_silo.services.update_app import SentryAppUpdater

SECRETS = {"client_secret", "webhook_headers", "metadata", "columns"}


@pytest.mark.parametrize("kind", [SentryAppCreator, SentryAppUpdater])
def test_the_repr_of_an_app_shows_no_secret(kind: Any) -> None:
    secret = {each.name for each in fields(kind)} & SECRETS
    assert secret
    assert not {each.name for each in fields(kind) if each.repr} & secret
