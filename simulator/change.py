"""What people and apps ask of control: each change as the endpoint would make it, and how one finds out whether it was
made when its answer never came.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from control_silo.models.app import SentryApp
from control_silo.models.installation import SentryAppInstallation
from control_silo.models.user import User
from control_silo.services.control import Control
from control_silo.services.create_app import SentryAppCreator
from control_silo.services.delete import delete_app, uninstall
from control_silo.services.install import SentryAppInstallationCreator
from control_silo.services.internal_token import create_token, delete_token
from control_silo.services.update_app import SentryAppUpdater, rotate_secret
from simulator.asked import App, Name, Owned
from simulator.model import Model
from simulator.window import Window, resources


@dataclass
# By the services and not over HTTP: what is played is replication, and a request would take most of the time.
class Change(ABC):
    """One wish, told in a few words by ``str``."""

    model: Model
    app_id: int = 0
    began: int = field(init=False, default=0)

    @abstractmethod
    def make(self, control: Control, actor: User) -> None:
        """Asks for it.

        Raises:
            SiloError: it is refused.
        """

    @abstractmethod
    def is_made(self, window: Window) -> bool:
        """Whether control shows it, for somebody whose answer never came."""

    @abstractmethod
    def note(self, window: Window) -> None:
        """Tells the model that it was made; control shows what ids things got."""


@dataclass
class Create(Change):
    name: str = ""
    owner_id: int = 0
    is_internal: bool = False

    def __str__(self) -> str:
        return f"create {self.name}{', internal,' if self.is_internal else ''} of organization {self.owner_id}"

    def make(self, control: Control, actor: User) -> None:
        SentryAppCreator(
            name=self.name,
            organization_id=self.owner_id,
            is_internal=self.is_internal,
            verify_install=False,
            scopes=("event:write", "project:read"),
            events=("issue",),
            # With a URL, since only then are there hooks to go wrong.
            columns={"author": "Acme", "webhook_url": "https://kanban.example/hook"},
        ).run(control, creator=actor)

    def is_made(self, window: Window) -> bool:
        # No two are called alike, so that the name says whether it was this wish that was granted.
        return any(app.name == self.name for app in window.apps().values())

    def note(self, window: Window) -> None:
        apps, model = window.apps(), self.model
        self.app_id = next(app_id for app_id, app in apps.items() if app.name == self.name)
        named, fact = Name(self.name, self.began, model.moment()), apps[self.app_id]
        model.apps[self.app_id] = App(
            self.app_id, self.owner_id, [named], fact.status, fact.resources, [window.secrets()[self.app_id]]
        )
        # An internal app is installed by being created, which its maker is told.
        _adopt_installations(model, window, self.app_id)
        model.settle(self.app_id)


@dataclass
class Rename(Change):
    name: str = ""

    def __str__(self) -> str:
        return f"call app {self.app_id} {self.name}"

    def make(self, control: Control, actor: User) -> None:
        SentryAppUpdater(columns={"name": self.name}).run(control, app_id=self.app_id, is_elevated=True)

    def is_made(self, window: Window) -> bool:
        app = window.apps().get(self.app_id)
        return app is not None and app.name == self.name

    def note(self, window: Window) -> None:
        # All its names are kept: a region may show any of them until it shows a later one.
        self.model.apps[self.app_id].names.append(Name(self.name, self.began, self.model.moment()))


@dataclass
class Publish(Change):
    status: str = ""

    def __str__(self) -> str:
        return f"make app {self.app_id} {self.status}"

    def make(self, control: Control, actor: User) -> None:
        SentryAppUpdater(status=self.status).run(control, app_id=self.app_id, is_elevated=True)

    def is_made(self, window: Window) -> bool:
        app = window.apps().get(self.app_id)
        return app is not None and app.status == self.status

    def note(self, window: Window) -> None:
        self.model.apps[self.app_id].status = self.status
        self.model.settle(self.app_id)


@dataclass
class Subscribe(Change):
    events: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"subscribe app {self.app_id} to {', '.join(self.events) or 'nothing'}"

    def make(self, control: Control, actor: User) -> None:
        SentryAppUpdater(events=self.events).run(control, app_id=self.app_id, is_elevated=True)

    def is_made(self, window: Window) -> bool:
        app = window.apps().get(self.app_id)
        return app is not None and app.resources == resources(self.events)

    def note(self, window: Window) -> None:
        self.model.apps[self.app_id].resources = resources(self.events)
        self.model.settle(self.app_id)


@dataclass
class Install(Change):
    organization_id: int = 0
    slug: str = ""

    def __str__(self) -> str:
        return f"install app {self.app_id} in organization {self.organization_id}"

    def make(self, control: Control, actor: User) -> None:
        with control.database.session():
            app = SentryApp.get_by_id(self.app_id)
        SentryAppInstallationCreator(organization_id=self.organization_id, slug=app.slug).run(control, actor=None)

    def is_made(self, window: Window) -> bool:
        # Another wish under way may have made it; then it is noted by both, which is the same.
        return bool(window.installations().keys() - self.model.installations.keys())

    def note(self, window: Window) -> None:
        _adopt_installations(self.model, window, self.app_id)
        self.model.settle(self.app_id)


@dataclass
class Uninstall(Change):
    installation_id: int = 0

    def __str__(self) -> str:
        return f"uninstall {self.installation_id}"

    def make(self, control: Control, actor: User) -> None:
        with control.database.session():
            uuid = SentryAppInstallation.get_by_id(self.installation_id).uuid
        uninstall(control, uuid=uuid, actor=actor)

    def is_made(self, window: Window) -> bool:
        return self.installation_id not in window.installations()

    def note(self, window: Window) -> None:
        self.model.uninstalled(self.installation_id)
        self.model.settle(self.app_id)


@dataclass
class Delete(Change):
    def __str__(self) -> str:
        return f"delete app {self.app_id}"

    def make(self, control: Control, actor: User) -> None:
        delete_app(control, app_id=self.app_id, actor=actor)

    def is_made(self, window: Window) -> bool:
        return self.app_id not in window.apps()

    def note(self, window: Window) -> None:
        self.model.deleted(self.app_id)


@dataclass
class Rotate(Change):
    def __str__(self) -> str:
        return f"give app {self.app_id} another secret"

    def make(self, control: Control, actor: User) -> None:
        rotate_secret(control, app_id=self.app_id, actor=actor)

    def is_made(self, window: Window) -> bool:
        return window.secrets().get(self.app_id) not in self.model.apps[self.app_id].secrets

    def note(self, window: Window) -> None:
        self.model.apps[self.app_id].secrets.append(window.secrets()[self.app_id])


@dataclass
class GiveToken(Change):
    def __str__(self) -> str:
        return f"give app {self.app_id} a token"

    def make(self, control: Control, actor: User) -> None:
        create_token(control, app_id=self.app_id, actor=actor)

    def is_made(self, window: Window) -> bool:
        return bool(window.tokens().keys() - self.model.tokens.keys())

    def note(self, window: Window) -> None:
        for token_id, fact in window.tokens().items():
            self.model.tokens.setdefault(token_id, Owned(fact))
        self.model.settle(self.app_id)


@dataclass
class EndToken(Change):
    token_id: int = 0

    def __str__(self) -> str:
        return f"end token {self.token_id} of app {self.app_id}"

    def make(self, control: Control, actor: User) -> None:
        delete_token(control, app_id=self.app_id, token_id=self.token_id, actor=actor)

    def is_made(self, window: Window) -> bool:
        return self.token_id not in window.tokens()

    def note(self, window: Window) -> None:
        self.model.tokens[self.token_id].is_gone = True


def _adopt_installations(model: Model, window: Window, app_id: int) -> None:
    for installation_id, fact in window.installations().items():
        if fact.app_id == app_id:
            model.installations.setdefault(installation_id, Owned(fact))
