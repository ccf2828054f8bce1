"""The whole platform as a stage: control and two regions, whose apps, installations and tokens come and go."""

import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing

from control_silo.models.app import SentryApp
from control_silo.models.application import ApiToken
from control_silo.models.installation import SentryAppInstallation
from control_silo.models.region import OrganizationReplica
from control_silo.services.delete import delete_app, uninstall
from control_silo.services.internal_token import create_token, delete_token
from control_silo.services.update_app import SentryAppUpdater, rotate_secret
from region_silo.replication.kinds import kinds_of
from shared.cli.access import Access
from shared.cli.compare import Comparer
from shared.domain.peer import CONTROL
from shared.errors import Forbidden, NotFound
from shared.outbox.deliver import ReplicaDestination
from shared.outbox.drain import Drain
from shared.outbox.lease import Leases
from shared.simulation.ledger import ContractBroken
from shared.simulation.scenario import SimulatedLane
from shared.simulation.weather import Weather
from tests.keys import OPERATOR_KEY
from tests.silos import Silos

WORKERS = 2


class Platform:
    """Control, its regions and whoever changes what they hold. Implements ``Stage``."""

    def __init__(self, silos: Silos, rng: random.Random) -> None:
        self.clock = silos.clock
        self.weather = Weather(rng)
        self._silos = silos
        self._numbers = itertools.count(1)
        self._creator = silos.create_user("maker@acme.example")
        for region in silos.regions:
            silos.create_organization(f"home-of-{region}", region=region)
        self.lanes = [
            *(self._to_region(region, number, rng) for region in silos.regions for number in range(WORKERS)),
            *(self._to_control(region, rng) for region in silos.regions),
        ]
        self._shown: dict[tuple[str, str, int], int] = {}
        self._states: dict[tuple[str, int, int], tuple[bool, bytes]] = {}

    def write(self, rng: random.Random) -> str:
        """One change by the service that an endpoint would call; it may be refused, but never for want of a silo."""
        (change,) = rng.choices(list(_CHANGES), list(_CHANGES.values()))
        try:
            return change(self, rng)
        except (Forbidden, NotFound) as exc:
            return f"refused: {exc.message}"

    def check(self) -> None:
        for region, running in self._silos.regions.items():
            database = running.region.database
            with database.session():
                for table in [kind.name for kind in kinds_of(region).held]:
                    rows = database.rows(f"SELECT id, version, tombstone, checksum FROM {table}")
                    for object_id, version, tombstone, checksum in rows:
                        self._check_row(region, table, object_id, version, (bool(tombstone), bytes(checksum)))

    def check_ending(self) -> None:
        regions = {name: self._silos.address(name) for name in self._silos.regions}
        access = Access(
            "", self._silos.address(CONTROL), rpc_keys=OPERATOR_KEY.entry, regions=regions, clock=self.clock
        )
        with closing(Comparer(access, sorted(regions))) as comparer:
            wrong = [comparison for comparison in comparer.compare() if not comparison.is_equal]
        if wrong:
            raise ContractBroken(f"Not equal in the end: {wrong}")

    def _check_row(self, region: str, table: str, object_id: int, version: int, state: tuple[bool, bytes]) -> None:
        key = (region, table, object_id)
        if version < self._shown.get(key, 0):
            raise ContractBroken(f"{region} shows version {version} of {object_id} in {table} after a newer one.")
        if version == self._shown.get(key) and self._states.setdefault((region, *key[1:], version), state) != state:  # type: ignore[arg-type]
            raise ContractBroken(f"{region} shows two states of {object_id} in {table} at version {version}.")
        self._shown[key] = version

    def _to_region(self, region: str, number: int, rng: random.Random) -> SimulatedLane:
        control = self._silos.control
        channel = self.weather.over(control.regions.channel(region), silo=region)
        destination = ReplicaDestination(control.database, region, lambda: channel)
        drain = Drain(
            control.database, region, destination, self.clock, rng, Leases(control.database), limit=rng.randint(1, 20)
        )
        return SimulatedLane(f"control's worker {number + 1} for {region}", region, control.database, drain)

    def _to_control(self, region: str, rng: random.Random) -> SimulatedLane:
        running = self._silos.regions[region]
        channel = self.weather.over(running.control.channel, silo=CONTROL)
        database = running.region.database
        destination = ReplicaDestination(database, CONTROL, lambda: channel)
        return SimulatedLane(
            f"{region}'s worker",
            CONTROL,
            database,
            Drain(database, CONTROL, destination, self.clock, rng, Leases(database)),
        )

    def _organization(self, rng: random.Random) -> OrganizationReplica:
        with self._silos.control.database.session():
            return rng.choice(list(OrganizationReplica.select().order_by(OrganizationReplica.id)))

    def _app(self, rng: random.Random) -> SentryApp:
        with self._silos.control.database.session():
            apps = list(SentryApp.select().where(SentryApp.date_deleted.is_null()).order_by(SentryApp.id))
        return rng.choice(apps) if apps else self._new_app(rng)

    def _new_app(self, rng: random.Random, *, is_internal: bool = False) -> SentryApp:
        name, owner = f"App {next(self._numbers)}", self._organization(rng)
        return self._silos.create_app(name, owner=owner, creator=self._creator, is_internal=is_internal)

    def _installations(self) -> Sequence[SentryAppInstallation]:
        with self._silos.control.database.session():
            live = SentryAppInstallation.select().where(SentryAppInstallation.date_deleted.is_null())
            return list(live.order_by(SentryAppInstallation.id))

    def create(self, rng: random.Random) -> str:
        return f"created {self._new_app(rng, is_internal=rng.random() < 0.4).slug}"

    def rename(self, rng: random.Random) -> str:
        app = self._app(rng)
        changes = SentryAppUpdater(
            columns={"name": f"Name {next(self._numbers)}"}, events=rng.choice((["issue"], ["comment"], []))
        )
        changes.run(self._silos.control, app_id=app.id, is_elevated=True)
        return f"changed {app.slug}"

    def publish(self, rng: random.Random) -> str:
        app, status = self._app(rng), rng.choice(("published", "unpublished"))
        SentryAppUpdater(status=status).run(self._silos.control, app_id=app.id, is_elevated=True)
        return f"made {app.slug} {status}"

    def install(self, rng: random.Random) -> str:
        app, organization = self._app(rng), self._organization(rng)
        self._silos.install(app, organization=organization)
        return f"installed {app.slug} in {organization.slug}"

    def uninstall(self, rng: random.Random) -> str:
        installations = self._installations()
        if not installations:
            return "nothing is installed"
        installation = rng.choice(installations)
        uninstall(self._silos.control, uuid=installation.uuid, actor=self._creator)
        return f"uninstalled {installation.id}"

    def delete(self, rng: random.Random) -> str:
        app = self._app(rng)
        delete_app(self._silos.control, app_id=app.id, actor=self._creator)
        return f"deleted {app.slug}"

    def rotate(self, rng: random.Random) -> str:
        app = self._app(rng)
        rotate_secret(self._silos.control, app_id=app.id, actor=self._creator)
        return f"gave {app.slug} another secret"

    def give_token(self, rng: random.Random) -> str:
        app = self._app(rng)
        create_token(self._silos.control, app_id=app.id, actor=self._creator)
        return f"gave {app.slug} a token"

    def end_token(self, rng: random.Random) -> str:
        with self._silos.control.database.session():
            tokens = list(ApiToken.select().order_by(ApiToken.id))
        if not tokens:
            return "there is no token"
        token = rng.choice(tokens)
        with self._silos.control.database.session():
            app = SentryApp.get(SentryApp.application == token.application_id)
        delete_token(self._silos.control, app_id=app.id, token_id=token.id, actor=self._creator)
        return f"ended a token of {app.slug}"

    def found(self, rng: random.Random) -> str:
        slug, region = f"organization-{next(self._numbers)}", rng.choice(sorted(self._silos.regions))
        self._silos.create_organization(slug, region=region)
        return f"founded {slug} in {region}"


_CHANGES: Mapping[Callable[[Platform, random.Random], str], int] = {
    Platform.create: 5,
    Platform.rename: 6,
    Platform.publish: 3,
    Platform.install: 6,
    Platform.uninstall: 4,
    Platform.delete: 2,
    Platform.rotate: 1,
    Platform.give_token: 3,
    Platform.end_token: 2,
    Platform.found: 1,
}
