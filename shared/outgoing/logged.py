"""What the request log has of a call to an app, whoever made it (spec §5.4)."""

from collections.abc import Mapping
from dataclasses import replace

from shared.domain.request_record import Exchange
from shared.errors import AppTooSlow, AppUnreachable, SiloError
from shared.outgoing.call import AppAnswer, AppCall


def logged_exchange(call: AppCall, outcome: AppAnswer | SiloError, *, headers: Mapping[str, str]) -> Exchange | None:
    """The call and its answer; None for what is not logged: a call that never left, or was cut off.

    Args:
        call: as it was made.
        outcome: what came back.
        headers: those of the call that are no secrets of the app's own.
    """
    if isinstance(outcome, SiloError) and not isinstance(outcome, AppTooSlow | AppUnreachable):
        return None
    exchange = Exchange(url=call.url, headers=headers, body=call.body)
    if isinstance(outcome, SiloError):
        return exchange
    return replace(exchange, response_code=outcome.status, response_headers=outcome.headers, response_body=outcome.body)
