"""``sentry-apps/<app>/publish-request/``: asking for an app's publication (spec §2.10)."""

from collections.abc import Mapping, Sequence
from typing import cast

from fastapi import Response

from control_silo.api.apps import check_partnership, get_visible_app
from control_silo.api.request import Incoming
from control_silo.bodies.app_part import AnsweredBody, PublishRequestBody
from control_silo.services import app_access
from control_silo.services.publish_request import (
    Answered,
    begin_publication,
    check_publishable,
    publication_mails,
    withdraw_publication,
)
from shared.domain.json_value import JsonValue
from shared.errors import ValidationFailed
from shared.http.answer import empty_answer, json_answer
from shared.http.endpoint import Endpoints
from shared.http.errors import Refused

endpoints = Endpoints("Apps")

MAIL_FAILED = "Something went wrong trying to send publish confirmation email"


@endpoints.add("POST", "/sentry-apps/{app_id_or_slug}/publish-request/", answers={201: None})
def post_publish_request(request: Incoming[PublishRequestBody], app_id_or_slug: str) -> Response:
    """Asks by mail for an app to be published. If the mails do not leave, the app is as before."""
    with request.signed_in(scopes=app_access.ADMIN_SCOPES) as principal:
        details = get_visible_app(request, principal, app_id_or_slug, may=app_access.may_administer_app)
        check_partnership(details.app)
        check_publishable(details)
        questionnaire = _read_questionnaire(request.body())
        begin_publication(request.control, app_id=details.app.id)
    mails = publication_mails(request.control, details, requester=principal.user, questionnaire=questionnaire)
    # Outside the session: the mail server may take its time, and no connection waits for it.
    if request.control.mailer.send(mails) < len(mails):
        withdraw_publication(request.control, app_id=details.app.id)
        return json_answer({"detail": MAIL_FAILED}, status=500)
    return empty_answer(201)


def _read_questionnaire(body: PublishRequestBody) -> list[Answered]:
    """Raises:
    Refused: 400; the problems of each question at its place in the list.
    """
    answers: list[Answered] = []
    problems: list[Mapping[str, Sequence[str]]] = []
    for item in body.questionnaire:
        try:
            read = AnsweredBody.read(cast(JsonValue, item))
            answers.append(Answered(read.question, read.answer))
            problems.append({})
        except ValidationFailed as failed:
            problems.append(failed.fields)
    if any(problems):
        raise Refused(400, {"questionnaire": [dict(each) for each in problems]})
    return answers
