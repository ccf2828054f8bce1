"""Preparing components: fills in the choices and addresses that a person needs to use them (spec §8.4).

Owns that all apps are asked together, under one deadline, and that each component carries its own error: a slow or
broken app takes nothing from another. Refuses to know where components come from.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from google.protobuf import struct_pb2

from shared.app_service.alert_component import STACKTRACE_LINK, alert_rule_action
from shared.asking.ask import Asking, Question
from shared.asking.select_options import SelectField, read_choices, select_question
from shared.domain.app_error import AppError
from shared.domain.component_fields import (
    KnownChoices,
    NeededChoices,
    Path,
    SelectChoices,
    fill_fields,
    plan_fields,
    stacktrace_link_url,
)
from shared.domain.json_value import JsonObject, JsonValue
from shared.errors import RequestRefused
from shared.pb.hybridcloud.apps.v1 import alert_pb2, component_pb2
from shared.rpc.json_struct import object_of, struct_of

Context = component_pb2.RpcSentryAppComponentContext


@dataclass(frozen=True, kw_only=True)
class PreparedComponent:
    """A component as one installation sees it, filled in as far as its app helped."""

    context: Context
    schema: JsonObject
    error: str = ""
    """The first thing that went wrong, in the order of the fields; empty when nothing did."""

    def to_message(self) -> component_pb2.RpcSentryAppComponent:
        """The component with what was filled in."""
        message = component_pb2.RpcSentryAppComponent()
        # A copy: the same context may be shown to others, with other choices.
        message.CopyFrom(self.context.component)
        message.app_schema.CopyFrom(struct_of(self.schema))
        return message


@dataclass
class _Preparation:
    """A component while it is being prepared."""

    context: Context
    schema: JsonObject
    choices: dict[Path, SelectChoices] = field(default_factory=dict)
    needed: list[tuple[Path, SelectField]] = field(default_factory=list)
    errors: dict[Path, str] = field(default_factory=dict)
    url: str | None = None

    def finish(self) -> PreparedComponent:
        filled = fill_fields(self.schema, choices=self.choices)
        if self.url is not None:
            filled["url"] = self.url
        # In the order of the form: the user meets the first field that lacks its choices first.
        order = [path for path, _ in self.needed]
        error = next((self.errors[path] for path in [(), *order] if path in self.errors), "")
        return PreparedComponent(context=self.context, schema=filled, error=error)


def prepare_components(
    asking: Asking,
    contexts: Iterable[Context],
    *,
    project_slug: str | None = None,
    values: Mapping[str, JsonValue] | None = None,
) -> list[PreparedComponent]:
    """Every context's component, prepared, in order; contexts without a component are left out.

    Args:
        asking: through which apps are asked.
        contexts: installations with their apps, each with a component.
        project_slug: of the project that they are shown for; None: for none.
        values: what the user chose before, by name of field.
    """
    preparations = [
        _begin(context, project_slug=project_slug, values=values or {})
        for context in contexts
        # A context without one says that the app has none of the type.
        if context.HasField("component")
    ]
    # All components together, so that a form with several selects waits for the slowest app alone.
    _ask(asking, preparations)
    return [preparation.finish() for preparation in preparations]


def find_prepared(
    asking: Asking, contexts: Sequence[Context], *, project_slug: str | None
) -> component_pb2.RpcSentryAppComponent | None:
    """The component of the first context, prepared; None when there is none, or its app did not help."""
    # One alone: an installation has one component of a type.
    prepared = prepare_components(asking, contexts[:1], project_slug=project_slug)
    return next((each.to_message() for each in prepared if not each.error), None)


def alert_rule_actions(
    asking: Asking,
    contexts: Iterable[Context],
    *,
    event_data: alert_pb2.RpcSentryAppEventData,
    project_slug: str | None,
) -> list[struct_pb2.Struct]:
    """What the editor of alert rules offers for each context whose ``alert-rule-action`` can be prepared, in order."""
    prepared = prepare_components(asking, contexts, project_slug=project_slug)
    return [alert_rule_action(each.context, each.to_message(), event_data) for each in prepared if not each.error]


def _begin(context: Context, *, project_slug: str | None, values: Mapping[str, JsonValue]) -> _Preparation:
    schema = object_of(context.component.app_schema)
    preparation = _Preparation(context, schema)
    for plan in plan_fields(schema, values=values):
        match plan:
            case KnownChoices(path, choices):
                preparation.choices[path] = choices
            case NeededChoices(path, uri, dependent_data):
                select = SelectField(
                    installation=context.installation,
                    uri=uri,
                    project_slug=project_slug,
                    dependent_data=dependent_data,
                )
                preparation.needed.append((path, select))
    if context.component.type == STACKTRACE_LINK:
        _add_url(preparation, project_slug)
    return preparation


def _add_url(preparation: _Preparation, project_slug: str | None) -> None:
    installation = preparation.context.installation
    try:
        preparation.url = stacktrace_link_url(
            str(preparation.schema.get("uri", "")),
            webhook_url=installation.sentry_app.webhook_url,
            installation_uuid=installation.uuid,
            project_slug=project_slug,
        )
    except RequestRefused as exc:
        preparation.errors[()] = exc.message


def _ask(asking: Asking, preparations: Sequence[_Preparation]) -> None:
    asked = list(_questions(preparations))
    outcomes = asking.ask_all([question for *_, question in asked])
    # An app that does not help spoils its own field; all others have their choices.
    for (preparation, path, select, _), outcome in zip(asked, outcomes, strict=True):
        try:
            preparation.choices[path] = read_choices(outcome, select)
        except AppError as error:
            preparation.errors[path] = error.message


def _questions(preparations: Iterable[_Preparation]) -> Iterator[tuple[_Preparation, Path, SelectField, Question]]:
    for preparation in preparations:
        for path, select in preparation.needed:
            try:
                yield preparation, path, select, select_question(select)
            except AppError as error:
                preparation.errors[path] = error.message
