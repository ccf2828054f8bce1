"""Where people and programs find an organization's things. Owns the one rule by which every link to them is made."""

from dataclasses import dataclass

from region_silo.services.region import Region
from region_silo.services.registration import find_http_url


@dataclass(frozen=True, kw_only=True)
class Site:
    """An organization's part of the address at which clients know the platform."""

    base_url: str
    """``https://host``, without a slash at its end."""
    organization_slug: str

    @property
    def api_url(self) -> str:
        return f"{self.base_url}/api/0/organizations/{self.organization_slug}"

    @property
    def web_url(self) -> str:
        return f"{self.base_url}/organizations/{self.organization_slug}"

    def issue_link(self, issue_id: int) -> str:
        """The page of an issue: its permalink, and what apps are told."""
        return f"{self.web_url}/issues/{issue_id}/"

    def issue_url(self, issue_id: int) -> str:
        """Where the API shows an issue."""
        return f"{self.api_url}/issues/{issue_id}/"


def public_url_of(region: Region) -> str:
    """The address for links where no client asks: control's, since one base URL serves everyone, else the region's own.

    Needs a session.
    """
    return region.control_url or find_http_url(region) or ""
