"""Methods of gRPC services by name, from the compiled contracts. Owns finding them and saying which there are."""

import importlib
import pkgutil
from collections.abc import Iterator

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

from shared import pb
from shared.errors import ConfigInvalid

_HEALTH = {"grpc.health.v1": "grpc_health.v1.health_pb2"}
"""Every silo serves it too; its code is not ours."""


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
