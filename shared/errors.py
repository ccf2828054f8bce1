"""The error tree: every way in which the platform says no.
A leaf's docstring is its default sentence.

    SiloError
    ├── InvalidInput        the request itself is wrong; sending it again unchanged never helps
    │   ├── ValidationFailed      ├── MalformedBody        ├── BodyTooLarge     ├── FieldMissing
    │   ├── CursorInvalid         ├── RequestRefused       ├── AddressRefused   ├── VersionImplausible
    │   ├── CategoryUnknown       └── ConfigInvalid
    ├── Unauthenticated     we do not know who is asking
    │   ├── CredentialsMissing    ├── CredentialsInvalid   ├── SignatureMissing   ├── SignatureInvalid
    │   ├── SignatureExpired      ├── KeyUnknown           ├── NonceReplayed      ├── TargetWrong
    │   ├── CallerWrong           ├── GrantInvalid         └── GrantSpent
    ├── Forbidden           we know who is asking, and they may not
    │   ├── PermissionDenied      ├── CallerNotOwner       ├── SlugNotReserved   └── AppDisabled
    ├── NotFound            there is no such thing, or none that the asker may see
    │   ├── AppNotFound           ├── InstallationNotFound ├── OrganizationNotFound
    │   ├── UserNotFound          ├── RegionNotFound       ├── ProjectNotFound   └── KeyNotFound
    ├── Conflict            it would contradict something that exists
    │   ├── SlugTaken             ├── EmailTaken           └── RegionNameTaken
    ├── Exhausted           a bound is reached; later it may work
    │   ├── RateLimited           ├── LimitReached         ├── DatabaseFull   └── PoolExhausted
    ├── Unavailable         something needed is away; later it will work
    │   ├── SiloUnreachable       ├── ReplicaBehind        ├── DatabaseBusy   ├── DatabaseUnavailable
    │   ├── AppUnreachable        ├── AppDisconnected      ├── AppTooSlow     └── AppStalled
    ├── DeadlineExceeded    the time allowed ran out
    ├── Cancelled           the caller gave up
    ├── Unimplemented       this silo does not serve that method
    └── Internal            our fault; the log has the traceback under the request id
        ├── RpcInsideTransaction  └── DatabaseMisused
"""

from typing import Self

# Named here again: whoever names an error finds the root of the tree beside its leaves.
from shared.silo_error import Fields as Fields  # noqa: PLC0414 - mypy takes no other name for passed on
from shared.silo_error import SiloError as SiloError  # noqa: PLC0414


class InvalidInput(SiloError):
    """The request is not valid."""

    @classmethod
    def at(cls, field: str, text: str) -> Self:
        """The error of one field of a call (``filter.status``): its name, and how a sentence about it goes on."""
        return cls(f"{field}: {text}", fields={field: [text[0].upper() + text[1:]]})


class ValidationFailed(InvalidInput):
    """One or more fields are not valid."""


class MalformedBody(InvalidInput):
    """The body could not be read as JSON."""


class BodyTooLarge(InvalidInput):
    """The body is larger than this endpoint accepts."""


class FieldMissing(InvalidInput):
    """A required field is missing."""


class CursorInvalid(InvalidInput):
    """The cursor is not one that this list gave out."""


class RequestRefused(InvalidInput):
    """The request cannot be carried out in the object's present state."""


class AddressRefused(InvalidInput):
    """Calls to this address are not allowed."""


class ConfigInvalid(InvalidInput):
    """The configuration is not valid."""


class VersionImplausible(InvalidInput):
    """No object changes that often: its next versions would be refused as older."""


class CategoryUnknown(InvalidInput):
    """This silo is of a release that does not know this kind of object yet."""


class Unauthenticated(SiloError):
    """The caller is not known."""


class CredentialsMissing(Unauthenticated):
    """Authentication credentials were not provided."""


class CredentialsInvalid(Unauthenticated):
    """Invalid token"""


class SignatureMissing(Unauthenticated):
    """The call is not signed."""


class SignatureInvalid(Unauthenticated):
    """The signature of the call does not match."""


class SignatureExpired(Unauthenticated):
    """The timestamp of the call is outside the accepted window."""


class KeyUnknown(Unauthenticated):
    """The call is signed with a key that is not known here."""


class NonceReplayed(Unauthenticated):
    """The nonce of the call was used before."""


class CallerWrong(Unauthenticated):
    """The call names another caller than the one who has its key."""


class TargetWrong(Unauthenticated):
    """The call is addressed to another silo."""


class GrantInvalid(Unauthenticated):
    """The grant cannot be exchanged for a token."""


class GrantSpent(Unauthenticated):
    """The grant was exchanged for a token before, too long ago to answer the same again."""


class Forbidden(SiloError):
    """This is not allowed."""


class PermissionDenied(Forbidden):
    """You do not have permission to perform this action."""


class CallerNotOwner(Forbidden):
    """A region can act only as itself."""


class SlugNotReserved(Forbidden):
    """An organization has the slug that control gave out for it, and no other."""


class AppDisabled(Forbidden):
    """This app is disabled."""


class NotFound(SiloError):
    """The requested resource does not exist."""


class AppNotFound(NotFound):
    """Could not find the requested sentry app"""


class InstallationNotFound(NotFound):
    """Could not find given sentry app installation"""


class OrganizationNotFound(NotFound):
    """Could not find requested organization"""


class UserNotFound(NotFound):
    """Could not find the requested user."""


class RegionNotFound(NotFound):
    """Could not find the requested region."""


class ProjectNotFound(NotFound):
    """Could not find the requested project."""


class KeyNotFound(NotFound):
    """There is no such key."""


class Conflict(SiloError):
    """This contradicts something that exists."""


class SlugTaken(Conflict):
    """This slug is already taken."""


class EmailTaken(Conflict):
    """A user with this e-mail address exists."""


class RegionNameTaken(Conflict):
    """Another region is registered under this name."""


class Exhausted(SiloError):
    """A bound is reached."""


class RateLimited(Exhausted):
    """Too many requests; try again later."""


class LimitReached(Exhausted):
    """The allowed number is reached."""


class DatabaseFull(Exhausted):
    """The database has no room left."""


class PoolExhausted(Exhausted):
    """All database connections are in use."""


class Unavailable(SiloError):
    """Something that is needed is away; try again."""


class SiloUnreachable(Unavailable):
    """The other silo cannot be reached."""


class ReplicaBehind(Unavailable):
    """The replica has not caught up with the state that was asked for."""


class DatabaseBusy(Unavailable):
    """The database is locked by another writer."""


class DatabaseUnavailable(Unavailable):
    """The database cannot be reached."""


class AppUnreachable(Unavailable):
    """The app cannot be reached."""


class AppDisconnected(Unavailable):
    """The app broke the connection off."""


class AppTooSlow(Unavailable):
    """The app did not answer in time."""


class AppStalled(Unavailable):
    """The app did not finish its answer in time."""


class DeadlineExceeded(SiloError):
    """The time allowed for the call ran out."""


class Cancelled(SiloError):
    """The call was cancelled."""


class Unimplemented(SiloError):
    """This silo does not serve that method."""


class Internal(SiloError):
    """An internal error occurred."""


class RpcInsideTransaction(Internal):
    """An RPC was attempted inside a database transaction."""


class DatabaseMisused(Internal):
    """The database was used outside a session or a transaction."""
