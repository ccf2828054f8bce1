from pathlib import Path

import pytest

from control_silo.config import ControlConfig
from shared.errors import ConfigInvalid
from shared.mail import NO_SERVER, FolderMailer, SmtpMailer

KEYS = {"SILO_RPC_KEYS": "us/us-1:0123456789abcdef0123456789abcdef", "SILO_SEAL_KEY": "5e" * 32}


def config(**variables: str) -> ControlConfig:
    return ControlConfig.from_environment({**KEYS, **variables})


def test_without_a_server_mails_lie_beside_the_file_of_the_database() -> None:
    assert config().mailer == FolderMailer(Path(".silo/mail"))
    assert config(CONTROL_DATABASE_URL="sqlite:////data/control.db").mailer == FolderMailer(Path("/data/mail"))


def test_without_a_server_and_without_a_file_mails_are_lines_in_the_log() -> None:
    assert config(CONTROL_DATABASE_URL="postgresql://db/control").mailer is NO_SERVER


def test_a_url_names_the_server() -> None:
    assert config(SILO_MAIL_URL="smtp://mail.example").mailer == SmtpMailer("mail.example", 25)


def test_the_publisher_is_the_originals_unless_named() -> None:
    assert config().publish_requests_to == "integrations-platform@sentry.io"
    assert config(SILO_PUBLISH_REQUESTS_TO="apps@silo.example").publish_requests_to == "apps@silo.example"


def test_everything_that_is_wrong_is_told_together() -> None:
    with pytest.raises(ConfigInvalid) as refused:
        config(SILO_MAIL_URL="mail.example", SILO_PUBLISH_REQUESTS_TO="everyone")
    assert "SILO_MAIL_URL must be" in refused.value.message
    assert "SILO_PUBLISH_REQUESTS_TO must be an e-mail address" in refused.value.message
