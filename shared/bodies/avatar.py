"""Pictures of apps."""

from typing import Annotated, Self

from shared.bodies.body import Body
from shared.bodies.fields import Choice


class AvatarObject(Body):
    """A picture of an app."""

    avatar_type: Annotated[str, Choice("default", "upload")]
    avatar_uuid: str | None
    avatar_url: str | None
    color: bool
    photo_type: Annotated[str, Choice("logo", "icon")]

    @classmethod
    def of(cls, *, ident: str, is_uploaded: bool, is_logo: bool, base_url: str) -> Self:
        """A picture that control serves.

        Args:
            ident: names it in its address.
            is_uploaded: False: it is made from the app's name.
            is_logo: in colours, of a name and a sign; an icon is of one colour.
            base_url: where control is reached.
        """
        return cls(
            avatar_type="upload" if is_uploaded else "default",
            avatar_uuid=ident or None,
            # Also of a picture that nobody uploaded, where the address answers 404: clients expect one in any case.
            avatar_url=f"{base_url}/sentry-app-avatar/{ident}/",
            color=is_logo,
            photo_type="logo" if is_logo else "icon",
        )
