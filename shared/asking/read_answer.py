"""What the answers of apps have in common: a status that counts, a JSON value, a sentence for the user."""

from shared.domain.json_value import JsonValue
from shared.outgoing.call import AppAnswer

BAD_GATEWAY = 502
"""What the one who asked is told when the app gave no answer that counts."""
MAX_MESSAGE_CHARACTERS = 1024
"""How much of an app's own sentence is shown."""


def upstream_status(answer: AppAnswer) -> int:
    """An app's refusal, as its own status; a status that is neither success nor refusal counts as no answer."""
    return answer.status if 400 <= answer.status <= 599 else BAD_GATEWAY


def own_message(answer: AppAnswer) -> str | None:
    """The sentence that the app gives for the user: ``message`` of a JSON object."""
    value = json_value(answer)
    message = value.get("message") if isinstance(value, dict) else None
    return message[:MAX_MESSAGE_CHARACTERS] if isinstance(message, str) and message else None


def json_value(answer: AppAnswer) -> JsonValue:
    """The body, or None when it is not JSON: no answer that means anything is null."""
    try:
        return answer.parse_json()
    except ValueError:
        return None
