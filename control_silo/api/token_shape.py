"""How tokens and what is exchanged for them look in JSON, for the documentation. Checks nothing."""

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

_TOKEN: dict[str, Any] = {
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


class AuthorizationBody(BaseModel):
    """What an app exchanges for a token: a code, a refresh token, or a JWT in the header `Authorization: Bearer`."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "grant_type": "authorization_code",
                    "code": "64 hexadecimal digits",
                    "client_id": "64 hexadecimal digits",
                    "client_secret": "64 hexadecimal digits",
                },
                {
                    "grant_type": "refresh_token",
                    "refresh_token": "64 hexadecimal digits",
                    "client_id": "64 hexadecimal digits",
                    "client_secret": "64 hexadecimal digits",
                },
                {"grant_type": "urn:sentry:params:oauth:grant-type:jwt-bearer"},
            ]
        }
    )

    grant_type: Literal["authorization_code", "refresh_token", "urn:sentry:params:oauth:grant-type:jwt-bearer"]
    client_id: str = Field(default="", description="Required, except with a JWT.")
    client_secret: str = Field(default="", description="Required, except with a JWT.")
    code: str = Field(default="", description="Required for `authorization_code`; good for ten minutes, once.")
    refresh_token: str = Field(default="", description="Required for `refresh_token`.")
    state: Any = Field(default=None, description="Answered as it was sent.")


class TokenObject(BaseModel):
    """A token."""

    model_config: ClassVar[ConfigDict] = ConfigDict(json_schema_extra={"examples": [_TOKEN]})

    id: str
    name: str | None
    scopes: list[str]
    application: None
    expiresAt: str | None = Field(description="Null: never.")  # noqa: N815
    dateCreated: str  # noqa: N815
    state: Any
    tokenLastCharacters: str  # noqa: N815
    token: str = Field(default="", description="When it was just made; asterisks for who lacks its scopes.")
    refreshToken: str | None = Field(description="Null for a token of an internal app.")  # noqa: N815


class SecretObject(BaseModel):
    """A client secret, shown once."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [{"clientSecret": "64 hexadecimal digits"}]}
    )

    clientSecret: str  # noqa: N815
