from shared.domain.app_error import client_error, integrator_error, sentry_error


def test_the_client_sees_the_message_and_its_own_facts() -> None:
    error = client_error("No.", status=409, context={"a": 1})
    assert (error.status, error.to_json()) == (409, {"detail": "No.", "context": {"a": 1}})


def test_facts_for_the_developer_are_not_shown() -> None:
    error = integrator_error("No.", facts={"uri": "/x"})
    assert (error.status, error.to_json(), error.webhook_context) == (400, {"detail": "No."}, {"uri": "/x"})


def test_the_platforms_own_fault_is_worded_as_clients_know_it() -> None:
    error = sentry_error("No url.")
    text = "An issue occured during the integration platform process. Sentry error ID: abc"
    assert (error.status, error.to_json(error_id="abc")) == (500, {"detail": text})
