"""Tokens: what an app exchanges for one, and what is shown of it (spec §4.7, §4.8)."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Final, Self, TypeAlias

from pydantic import MISSING, ConfigDict, Field, WithJsonSchema

from control_silo.models.application import ApiToken
from control_silo.services.issue_token import IssuedToken
from control_silo.services.secret import LAST_CHARACTERS
from shared.bodies.body import Body, shown_by
from shared.bodies.fields import Text
from shared.domain.headers import MASKED_VALUE
from shared.domain.json_value import JsonValue

CODE: Final = "authorization_code"
REFRESH: Final = "refresh_token"
JWT: Final = "urn:sentry:params:oauth:grant-type:jwt-bearer"
_GRANT_TYPES = {"type": "string", "enum": [CODE, REFRESH, JWT]}
# Far longer than any that was given out.
MAX_GRANT_CHARACTERS = 255

Unchecked: TypeAlias = Annotated[Any, WithJsonSchema({"type": "string"})]
"""A text if the client does it right. Anything else is a wrong credential like any other, and no malformed body."""


class AuthorizationBody(Body):
    """What an app exchanges for a token: a code, a refresh token, or a JWT in the header `Authorization: Bearer`."""

    max_bytes: ClassVar[int] = 65_536
    """Whoever asks is a stranger until the body is read, so there is not much of it to read."""

    # OAuth names its fields with underscores.
    model_config: ClassVar[ConfigDict] = ConfigDict(
        alias_generator=None,
        json_schema_extra={
            "required": ["grant_type"],
            "examples": [
                {
                    "grant_type": CODE,
                    "code": "64 hexadecimal digits",
                    "client_id": "64 hexadecimal digits",
                    "client_secret": "64 hexadecimal digits",
                },
                {
                    "grant_type": REFRESH,
                    "refresh_token": "64 hexadecimal digits",
                    "client_id": "64 hexadecimal digits",
                    "client_secret": "64 hexadecimal digits",
                },
                {"grant_type": JWT},
            ],
        },
    )

    # Of any type: an unknown grant is refused in words of its own and not as a malformed body.
    grant_type: Annotated[Any, WithJsonSchema(_GRANT_TYPES)] = None
    client_id: Unchecked | MISSING = Field(default=MISSING, description="Required, except with a JWT.")
    client_secret: Unchecked | MISSING = Field(default=MISSING, repr=False, description="Required, except with a JWT.")
    code: Unchecked | MISSING = Field(
        default=MISSING, repr=False, description="Required for `authorization_code`; good for ten minutes, once."
    )
    refresh_token: Unchecked | MISSING = Field(default=MISSING, repr=False, description="Required for `refresh_token`.")
    state: Any = Field(default=None, description="Answered as it was sent.")


class CodeGrantBody(Body):
    """The part of an ``AuthorizationBody`` that is looked at once its client is known and has a code to exchange."""

    code: Annotated[str, Text(MAX_GRANT_CHARACTERS)] = Field(repr=False)


class RefreshGrantBody(Body):
    """The same of a client with a refresh token."""

    refresh_token: Annotated[str, Text(MAX_GRANT_CHARACTERS)] = Field(alias="refresh_token", repr=False)


class TokenObject(Body):
    """A token."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {
            "id": "7",
            "name": None,
            "scopes": ["event:read", "event:write", "project:read"],
            "application": None,
            "expiresAt": "2030-01-01T08:00:00Z",
            "dateCreated": "2030-01-01T00:00:00Z",
            "state": None,
            "tokenLastCharacters": "a7f3",
            "token": "64 hexadecimal digits",
            "refreshToken": "64 hexadecimal digits",
        }
    )

    id: str
    name: str | None = None
    scopes: list[str]
    # Always null for an app's token; the original's object has it for others.
    application: None = None
    expires_at: datetime | None = Field(description="Null: never.")
    date_created: datetime
    state: Any = None
    token_last_characters: str
    token: str | MISSING = Field(
        default=MISSING, repr=False, description="When it was just made; asterisks for who lacks its scopes."
    )
    refresh_token: str | None = Field(repr=False, description="Null for a token of an internal app.")

    @classmethod
    def of_issued(cls, issued: IssuedToken, *, state: JsonValue) -> Self:
        """What an app is answered that exchanged a grant; ``state`` is what it sent."""
        return cls(
            id=str(issued.id),
            scopes=list(issued.scopes),
            expires_at=issued.expires_at,
            date_created=issued.created_at,
            state=state,
            # What the owner's page shows of it later, when the token is known to nobody here.
            token_last_characters=issued.token[-LAST_CHARACTERS:],
            token=issued.token,
            refresh_token=issued.refresh_token,
        )

    @classmethod
    def of_internal(cls, row: ApiToken, *, token: str | None = None, is_masked: bool) -> Self:
        """A token of an internal app, which has no refresh token.

        Args:
            row: as it is stored.
            token: the token itself, when it was just made; without it there is no such key.
            is_masked: whether the reader lacks what the token allows, so that asterisks stand for all that is secret.
        """
        return cls(
            id=str(row.id),
            scopes=row.scope_list,
            expires_at=row.expires_at,
            date_created=row.created_at,
            token_last_characters=row.token_last_characters,
            token=MASKED_VALUE if is_masked else token or MISSING,
            refresh_token=MASKED_VALUE if is_masked else None,
        )


class SecretObject(Body):
    """A client secret, shown once."""

    model_config: ClassVar[ConfigDict] = shown_by({"clientSecret": "64 hexadecimal digits"})

    client_secret: str = Field(repr=False)
