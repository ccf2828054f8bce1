"""The choices of a select field: asks an app for them, and reads what it answers (spec §8.4)."""

from dataclasses import dataclass

from shared.asking.ask import BAD_GATEWAY, Asking, Question, json_value, own_message, upstream_status
from shared.domain.app_error import integrator_error
from shared.domain.component_fields import (
    SELECT_SHAPE_ERROR,
    SelectChoices,
    parse_select_answer,
    select_request_url,
)
from shared.domain.event import AppEvent
from shared.domain.json_value import JsonValue
from shared.errors import RequestRefused, SiloError, ValidationFailed
from shared.outgoing.request import AppAnswer
from shared.pb.hybridcloud.apps.v1 import installation_pb2

EVENT = AppEvent.SELECT_OPTIONS_REQUESTED.value
FAILED = "Something went wrong while getting options for Select FormField from {app_slug}"
_MAX_INTEGER = 2**63


@dataclass(frozen=True, kw_only=True)
class SelectField:
    """A select field as one installation sees it."""

    installation: installation_pb2.RpcSentryAppInstallation
    uri: str
    project_slug: str | None = None
    search: str | None = None
    """What the user typed."""
    dependent_data: str | None = None
    """JSON object with the values of the fields that this one depends on."""


def get_select_options(asking: Asking, field: SelectField) -> SelectChoices:
    """Asks the app.

    Raises:
        AppError: the app's fault, with its own status where it has one.
    """
    (outcome,) = asking.ask_all([select_question(field)])
    return read_choices(outcome, field)


def select_question(field: SelectField) -> Question:
    """Raises:
    AppError: the app has no address to ask.
    """
    try:
        url = select_request_url(
            field.uri,
            webhook_url=field.installation.sentry_app.webhook_url,
            installation_uuid=field.installation.uuid,
            project_slug=field.project_slug,
            search=field.search,
            dependent_data=field.dependent_data,
        )
    except RequestRefused as exc:
        # An app without an address is the app's fault: nothing that the user enters helps.
        raise integrator_error(exc.message) from exc
    return Question(installation=field.installation, event=EVENT, url=url)


def read_choices(outcome: AppAnswer | SiloError, field: SelectField) -> SelectChoices:
    """Raises:
    AppError: there is no answer, it is an error, or it has another shape.
    """
    slug = field.installation.sentry_app.slug
    facts: dict[str, JsonValue] = {"uri": field.uri, "installation_uuid": field.installation.uuid}
    if isinstance(outcome, SiloError):
        raise integrator_error(
            FAILED.format(app_slug=slug), status=BAD_GATEWAY, facts={**facts, "reason": outcome.reason}
        ) from outcome
    if not outcome.is_success:
        message = own_message(outcome) or FAILED.format(app_slug=slug)
        raise integrator_error(message, status=upstream_status(outcome), facts=facts)
    try:
        choices = parse_select_answer(json_value(outcome), app_slug=slug, uri=field.uri)
    except ValidationFailed as exc:
        raise integrator_error(exc.message, facts=facts) from exc
    # What has no plain form would fail later, where the component is made a message.
    if not all(_is_plain(value) and _is_plain(label) for value, label in choices.choices):
        raise integrator_error(SELECT_SHAPE_ERROR.format(app_slug=slug, uri=field.uri), facts=facts)
    return choices


def _is_plain(value: JsonValue) -> bool:
    """Whether a choice can hold the value: a list in a list of choices is none."""
    if isinstance(value, int):
        # More than 64 bits are no number on the wire.
        return abs(value) < _MAX_INTEGER
    return value is None or isinstance(value, str | float)
