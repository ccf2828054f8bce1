"""What is done about a region that lost its database or is given up, and about organizations that went with it."""

from typing import Annotated

import typer

from shared.cli.access import Access, access_of
from shared.cli.confirm import DryRunOption, YesOption, is_confirmed
from shared.cli.invocation import SiloCommand
from shared.cli.organizations import list_organizations
from shared.cli.output import JsonOption, examples, note, print_json
from shared.domain.peer import CONTROL
from shared.errors import Conflict, RegionNotFound
from shared.pb.hybridcloud.operations.v1 import topology_service_pb2, topology_service_pb2_grpc

# Releasing the organizations of a region is a transaction each, of which there may be thousands.
TIMEOUT_SECONDS = 60.0

RegionArgument = Annotated[str, typer.Argument(metavar="NAME", help="The region's name.")]
SlugArgument = Annotated[str, typer.Argument(metavar="SLUG", help="Of the organization.")]

LOST = "its projects, issues, events, alert rules and hooks that services made"
"""What is gone with the database of a region."""


def replace(
    ctx: typer.Context,
    region: RegionArgument,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Let the next database that presents a region's key take its name: the one of before is lost.

    Its organizations are made again from control's mapping, and everything that it should hold is sent. Projects,
    issues and events are gone with the database, and none of their ids is given out again. Where you have a copy of the
    database, start the region on it: then only what is newer than the copy is gone.
    """
    access = access_of(ctx)
    slugs = _organizations_in(access, region)
    what = (
        f"{region}: the next database with its key takes the name. Organizations made again: {_named(slugs)}. "
        f"Gone with the database: {LOST}."
    )
    if is_confirmed(what, yes=yes, dry_run=dry_run):
        replace_region(access, region)
        note(f"Now start {region} on its new database.")
    if as_json:
        print_json({"region": region, "organizations": slugs, "replaced": not dry_run})


def remove(
    ctx: typer.Context,
    region: RegionArgument,
    release: Annotated[bool, typer.Option("--release", help="Also give up the organizations that live there.")] = False,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Give a region up: its entry, its keys and what waits for it go. Its number is never given out again.

    Refused while organizations live there, unless they are released with it; one that owns apps never is.
    """
    access = access_of(ctx)
    slugs = _organizations_in(access, region)
    # Control refuses as well; here it is said before anything is confirmed.
    if slugs and not release:
        raise Conflict(f"Organizations live in {region}: {_named(slugs)}. `--release` gives them up with it.")
    what = f"{region} is given up for good: entry, keys and messages go. Organizations given up: {_named(slugs)}."
    if is_confirmed(what, yes=yes, dry_run=dry_run):
        request = topology_service_pb2.RemoveRegionRequest(name=region, release_organizations=release)
        with access.channel(CONTROL) as channel:
            topology_service_pb2_grpc.TopologyServiceStub(channel).RemoveRegion(request, timeout=TIMEOUT_SECONDS)
    if as_json:
        print_json({"region": region, "organizations": slugs, "removed": not dry_run})


def restore(ctx: typer.Context, slug: SlugArgument, as_json: JsonOption = False) -> None:
    """Make an organization whole again that its region or control has lost.

    One that control knows and its region does not is made again there, empty. One that a region has and control does
    not, since control runs on an older copy of its database, is taken over from there; its members and installations
    are gone with what control has lost.
    """
    request = topology_service_pb2.RestoreOrganizationRequest(slug=slug)
    with access_of(ctx).channel(CONTROL) as channel:
        stub = topology_service_pb2_grpc.TopologyServiceStub(channel)
        region = stub.RestoreOrganization(request, timeout=TIMEOUT_SECONDS).region
    if as_json:
        print_json({"slug": slug, "region": region})
    else:
        note(f"{slug} is in {region} again.")


def release(
    ctx: typer.Context,
    slug: SlugArgument,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Give up an organization that its region has lost: members and installations go, its slug is free again."""
    # What cannot be undone asks first, and says what goes with it (DESIGN §8).
    if is_confirmed(f"{slug} is given up for good: members, features and installations go.", yes=yes, dry_run=dry_run):
        request = topology_service_pb2.ReleaseOrganizationRequest(slug=slug)
        with access_of(ctx).channel(CONTROL) as channel:
            stub = topology_service_pb2_grpc.TopologyServiceStub(channel)
            stub.ReleaseOrganization(request, timeout=TIMEOUT_SECONDS)
    if as_json:
        print_json({"slug": slug, "released": not dry_run})


def replace_region(access: Access, region: str) -> None:
    """Raises:
    SiloError: what control said.
    """
    with access.channel(CONTROL) as channel:
        stub = topology_service_pb2_grpc.TopologyServiceStub(channel)
        stub.ReplaceRegion(topology_service_pb2.ReplaceRegionRequest(name=region), timeout=TIMEOUT_SECONDS)


def add_to_regions(app: typer.Typer) -> None:
    """Adds the commands about regions."""
    app.command(cls=SiloCommand, epilog=examples("silo region replace us", "silo region replace us --yes --json"))(
        replace
    )
    app.command(cls=SiloCommand, epilog=examples("silo region remove de --dry-run", "silo region remove de --release"))(
        remove
    )


def add_to_organizations(app: typer.Typer) -> None:
    """Adds the commands about organizations."""
    app.command(cls=SiloCommand, epilog=examples("silo org restore shop"))(restore)
    app.command(cls=SiloCommand, epilog=examples("silo org release shop", "silo org release shop --yes"))(release)


def _organizations_in(access: Access, region: str) -> list[str]:
    if region not in access.list_directory():
        raise RegionNotFound(f"No region is registered under the name {region!r}.", metadata={"region": region})
    return [each.slug for each in list_organizations(access) if each.region_name == region]


def _named(slugs: list[str]) -> str:
    return ", ".join(slugs) or "none"
