"""What operators ask of a silo's HTTP address: ``/healthz`` and ``/metrics``. Owns the paths; is told how to look."""

from collections.abc import Callable

from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from shared.errors import SiloError
from shared.http.answer import json_answer
from shared.http.measure import Metrics


def add_operations(app: FastAPI, *, check: Callable[[], object], metrics: Metrics) -> None:
    """Adds both paths.

    Args:
        app: the application.
        check: raises a ``SiloError`` when the silo cannot serve.
        metrics: what to print.
    """

    def healthz() -> Response:
        try:
            check()
        except SiloError as error:
            return json_answer({"status": "unavailable", "detail": error.message}, status=503)
        return json_answer({"status": "ok"})

    def show_metrics() -> Response:
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    app.add_api_route("/healthz", healthz, methods=["GET"], response_model=None, include_in_schema=False)
    app.add_api_route("/metrics", show_metrics, methods=["GET"], response_model=None, include_in_schema=False)
