"""The compiled contracts as people type them: methods by name, messages as JSON.

The names in JSON are those of the contract (``organization_id``). Numbers and lists are always there, also when 0 or
empty; what may be absent is absent. 64-bit integers are JSON numbers; one that a JSON number cannot hold exactly is a
string, as protobuf's own JSON prints them all. Read are numbers and strings alike. A whole number never ends in ``.0``.
"""

import importlib
import json
import pkgutil
from collections.abc import Iterator
from typing import Any, TypeVar

from google.protobuf import descriptor_pool, json_format
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message

from shared import pb
from shared.errors import ConfigInvalid

_HEALTH = {"grpc.health.v1": "grpc_health.v1.health_pb2"}
"""Every silo serves it too; its code is not ours."""
_BIGGEST_EXACT = 2**53
"""Up to here a JSON number holds every whole number exactly."""

_Request = TypeVar("_Request", bound=Message)


def find_method(name: str) -> MethodDescriptor:
    """The method called ``package.Service/Method``.

    Raises:
        ConfigInvalid: there is none; the sentence lists what there is.
    """
    service_name, slash, method_name = name.strip("/").partition("/")
    if not slash:
        raise ConfigInvalid(f"A method is named package.Service/Method, not {name!r}.")
    service = _find_service(service_name)
    method = service.methods_by_name.get(method_name)
    if method is None:
        raise ConfigInvalid(
            f"{service_name} has no method {method_name!r}; it has: {', '.join(_method_names(service))}."
        )
    return method


def list_services() -> list[str]:
    """Full names of the platform's services."""
    return sorted(service.full_name for module in _all_modules() for service in _services_in(module))


def _find_service(name: str) -> ServiceDescriptor:
    for module in _modules_of(name.rpartition(".")[0]):
        importlib.import_module(module)
    try:
        return descriptor_pool.Default().FindServiceByName(name)
    except KeyError:
        raise ConfigInvalid(f"There is no service {name!r}; there are: {', '.join(list_services())}.") from None


def _method_names(service: ServiceDescriptor) -> list[str]:
    return sorted(method.name for method in service.methods)


def _modules_of(package: str) -> Iterator[str]:
    """Modules that may define services of a package: only these are imported, since importing all costs time."""
    if package in _HEALTH:
        yield _HEALTH[package]
    yield from (module for module in _all_modules() if module.startswith(f"{pb.__name__}.{package}."))


def _all_modules() -> Iterator[str]:
    modules = pkgutil.walk_packages(pb.__path__, prefix=f"{pb.__name__}.")
    return (module.name for module in modules if module.name.endswith("_service_pb2"))


def _services_in(module: str) -> Iterator[ServiceDescriptor]:
    file = importlib.import_module(module).DESCRIPTOR
    yield from file.services_by_name.values()


def parse_message(text: str, message_class: type[_Request]) -> _Request:
    """The message that a JSON object describes.

    Raises:
        ConfigInvalid: it is no JSON object, or does not fit the message.
    """
    try:
        found = json.loads(text)
    except ValueError as exc:
        raise ConfigInvalid(f"The request is not JSON: {exc}.") from exc
    if not isinstance(found, dict):
        raise ConfigInvalid('The request must be a JSON object, such as \'{"slug": "acme-kanban"}\'.')
    try:
        return json_format.ParseDict(found, message_class())
    except (json_format.ParseError, TypeError, ValueError) as exc:
        fields = ", ".join(message_class.DESCRIPTOR.fields_by_name) or "none"
        # protobuf's list is in its own notation and long; ours follows.
        problem = str(exc).partition("Available Fields")[0].strip().rstrip(".")
        raise ConfigInvalid(
            f"The request does not fit {message_class.DESCRIPTOR.name}: {problem}. Its fields: {fields}."
        ) from exc


def render_message(message: Message) -> dict[str, Any]:
    """A message as JSON."""
    rendered: dict[str, Any] = _with_whole_numbers(
        json_format.MessageToDict(
            message,
            preserving_proto_field_name=True,
            always_print_fields_with_no_presence=True,
            unquote_int64_if_possible=True,
        )
    )
    return rendered


def _with_whole_numbers(value: Any) -> Any:
    """The value with ``3`` for ``3.0``: a Struct keeps every number as a fraction, also an id."""
    if isinstance(value, dict):
        return {name: _with_whole_numbers(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_with_whole_numbers(each) for each in value]
    # Beyond that a float may be another whole number than was meant, and a fraction shows that.
    if isinstance(value, float) and value.is_integer() and abs(value) <= _BIGGEST_EXACT:
        return int(value)
    return value
