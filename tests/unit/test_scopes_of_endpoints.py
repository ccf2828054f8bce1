"""Which scopes open which endpoints, in both silos, as the specification has them (§4, §6, §7).

One of the named is enough. Most sets hold a scope that its stronger ones imply: a token that was stored before it was
closed under the hierarchy has the stronger one alone.
"""

import pytest

from control_silo.services import app_access
from region_silo.api import access, issue_path, rules

READ = "org:read org:integrations org:write org:admin"
SPECIFIED = {
    "read an app, or what an organization has installed": (app_access.READ_SCOPES, READ),
    "create or change an app": (app_access.WRITE_SCOPES, "org:write org:admin"),
    "delete an app, or ask for its publication": (app_access.ADMIN_SCOPES, "org:admin"),
    "install and uninstall": (app_access.INSTALL_SCOPES, "org:integrations org:write org:admin"),
    "read an organization": (access.READ_ORGANIZATION, READ),
    "read a project": (access.READ_PROJECT, "project:read project:write project:admin"),
    "create or change a project": (access.WRITE_PROJECT, "project:write project:admin"),
    "read what belongs to an installation": (access.READ_INSTALLATION, READ),
    "change what belongs to an installation": (access.CHANGE_INSTALLATION, "org:integrations org:write org:admin"),
    "have an app make a ticket": (access.LINK_THROUGH_APP, "org:integrations event:write event:admin"),
    "link an issue": (access.LINK_ISSUE, "event:read event:write event:admin"),
    "unlink an issue": (access.UNLINK_ISSUE, "event:admin"),
    "read issues": (issue_path.READ_ISSUES, "event:read event:write event:admin"),
    "change issues": (issue_path.WRITE_ISSUES, "event:write event:admin"),
    "delete comments": (issue_path.ADMINISTER_ISSUES, "event:admin"),
    "read alert rules": (rules.READ_RULES, "project:read project:write project:admin alerts:read alerts:write"),
    "change alert rules": (rules.WRITE_RULES, "project:write project:admin alerts:write"),
}


@pytest.mark.parametrize("what", SPECIFIED)
def test_an_endpoint_is_opened_by_the_scopes_of_the_specification(what: str) -> None:
    scopes, specified = SPECIFIED[what]
    assert sorted(scopes) == sorted(specified.split())
