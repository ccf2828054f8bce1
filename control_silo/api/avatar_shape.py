"""How a picture of an app is sent, for the documentation. Checks nothing."""

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field


class AvatarBody(BaseModel):
    """A picture to use, or to use no longer."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [{"color": True, "avatar_type": "default"}]}
    )

    color: bool = Field(description="Whether it is the logo; else the icon, which is one colour on transparency.")
    avatar_type: Literal["default", "upload"] = Field(description="`default` takes the picture away.")
    avatar_photo: str | None = Field(
        default=None, description="A square PNG of 256 to 1024 pixels in base64; required for `upload`."
    )
