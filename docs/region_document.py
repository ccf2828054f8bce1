"""The OpenAPI document that every region of this release serves, made without a region."""

from typing import Any

from region_silo.api.application import DESCRIPTION, TITLE, list_endpoints
from region_silo.bodies.webhook import HOOKS
from shared.clock import SystemClock
from shared.http.application import create_application
from shared.http.document import Documented
from shared.http.measure import Metrics


def document_of_a_region() -> dict[str, Any]:
    """The document, without addresses."""
    metrics = Metrics(list_ages=tuple, clock=SystemClock())
    documented = Documented(webhooks=HOOKS)
    app = create_application(
        list_endpoints(), title=TITLE, description=DESCRIPTION, metrics=metrics, documented=documented
    )
    return app.openapi()
