"""The key of a project, which its events come in with, and the addresses that they are sent to."""

from datetime import datetime
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field

from region_silo.models.project import Project
from shared.bodies.body import Body, shown_by

_KEY = "0123456789abcdef0123456789abcdef"
_NOW = "2030-01-01T12:00:00Z"
_DSN = f"http://{_KEY}@127.0.0.1:8001/1025"
_API = "http://127.0.0.1:8001/api/1025"


class DsnObject(Body):
    """Addresses that SDKs are configured with; empty where nothing is served that would take it."""

    public: str
    secret: str = Field(description="As `public`: keys have no secret half any more.")
    security: str
    csp: str
    nel: str
    minidump: str = Field(description="Answers that crash reports are not kept.")
    cdn: str = ""
    crons: str = ""
    integration: str = ""
    otlp_logs: str = Field(default="", alias="otlp_logs")
    otlp_traces: str = Field(default="", alias="otlp_traces")
    playstation: str = ""
    unreal: str = ""

    @classmethod
    def of(cls, project: Project, *, base_url: str) -> Self:
        place = urlsplit(base_url)
        # The form that every SDK parses: the key where a user's name would stand, the project as the path's last part.
        public = f"{place.scheme}://{project.public_key}@{place.netloc}{place.path.rstrip('/')}/{project.id}"
        api = f"{base_url.rstrip('/')}/api/{project.id}"
        said = f"?sentry_key={project.public_key}"
        return cls(
            public=public,
            # Old SDKs ask for it; with a half that nobody checks they work all the same.
            secret=public,
            security=f"{api}/security/{said}",
            csp=f"{api}/csp-report/{said}",
            nel=f"{api}/nel/{said}",
            minidump=f"{api}/minidump/{said}",
        )


class BrowserSdkObject(Body):
    """Versions of an SDK for browsers that could be loaded from here: none."""

    choices: list[list[str]] = Field(default_factory=list)


class LoaderOptionsObject(Body):
    """What such an SDK would bring with it."""

    has_debug: bool = False
    has_feedback: bool = False
    has_logs_and_metrics: bool = False
    has_performance: bool = False
    has_replay: bool = False


# As the original names them: clients iterate over the object, and a missing key is a crash to some.
_UNSERVED = dict.fromkeys(("cdn", "crons", "integration", "otlp_logs", "otlp_traces", "playstation", "unreal"), "")
_EXAMPLE: dict[str, Any] = {
    "id": _KEY,
    "name": "Default",
    "label": "Default",
    "public": _KEY,
    "secret": None,
    "projectId": 1025,
    "isActive": True,
    "rateLimit": None,
    "dsn": {
        "public": _DSN,
        "secret": _DSN,
        **{
            name: f"{_API}/{path}/?sentry_key={_KEY}"
            for name, path in {
                "security": "security",
                "csp": "csp-report",
                "nel": "nel",
                "minidump": "minidump",
            }.items()
        },
        **_UNSERVED,
    },
    "browserSdkVersion": "",
    "browserSdk": {"choices": []},
    "dynamicSdkLoaderOptions": LoaderOptionsObject().to_json(),
    "dateCreated": _NOW,
}


class ProjectKeyObject(Body):
    """What a project's events are sent with."""

    model_config: ClassVar[ConfigDict] = shown_by(_EXAMPLE)

    id: str
    name: str
    label: str
    public: str
    secret: None = None
    project_id: int
    is_active: bool
    rate_limit: None = None
    dsn: DsnObject
    browser_sdk_version: str = ""
    browser_sdk: BrowserSdkObject = Field(default_factory=BrowserSdkObject)
    dynamic_sdk_loader_options: LoaderOptionsObject = Field(default_factory=LoaderOptionsObject)
    date_created: datetime

    @classmethod
    def of(cls, project: Project, *, base_url: str) -> Self:
        """The one key that a project has; its DSN lies below ``base_url``, where this region's HTTP is reached."""
        return cls(
            id=project.public_key,
            name="Default",
            label="Default",
            public=project.public_key,
            project_id=project.id,
            is_active=True,
            dsn=DsnObject.of(project, base_url=base_url),
            date_created=project.created_at,
        )
