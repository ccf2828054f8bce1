"""The exception that an event is about. Owns how it is found in a payload; refuses to judge it."""

from dataclasses import dataclass

from region_silo.services.event_text import mapping_of, objects_of, text_of
from shared.domain.json_value import JsonObject

_MAX_NAME_CHARACTERS = 256
_MAX_VALUE_CHARACTERS = 1024


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A place in the code; empty text for what the sender did not say."""

    module: str
    filename: str
    function: str

    @property
    def place(self) -> str:
        """The module, or else the file."""
        return self.module or self.filename


@dataclass(frozen=True, kw_only=True)
class CaughtException:
    """An exception and where it was raised."""

    type: str
    value: str
    frame: Frame | None
    """The innermost frame of the monitored software itself; the innermost of all when none is marked so."""


def find_exception(payload: JsonObject) -> CaughtException | None:
    """The exception that was caught, the last of a chain; None when the event carries none."""
    exceptions = objects_of(payload.get("exception"))
    if not exceptions:
        return None
    caught = exceptions[-1]
    name = text_of(caught.get("type"), limit=_MAX_NAME_CHARACTERS).strip()
    value = text_of(caught.get("value"), limit=_MAX_VALUE_CHARACTERS)
    if not name and not value.strip():
        return None
    return CaughtException(type=name, value=value, frame=_find_frame(mapping_of(caught.get("stacktrace"))))


def _find_frame(stacktrace: JsonObject) -> Frame | None:
    """SDKs send the outermost call first."""
    frames = objects_of(stacktrace.get("frames"))
    in_app = [frame for frame in frames if frame.get("in_app") is True]
    chosen = in_app or frames
    return _frame(chosen[-1]) if chosen else None


def _frame(frame: JsonObject) -> Frame:
    return Frame(
        module=text_of(frame.get("module"), limit=_MAX_NAME_CHARACTERS),
        filename=text_of(frame.get("filename") or frame.get("abs_path"), limit=_MAX_NAME_CHARACTERS),
        function=text_of(frame.get("function"), limit=_MAX_NAME_CHARACTERS),
    )
