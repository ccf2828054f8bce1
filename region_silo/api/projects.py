"""``projects/``: the projects of an organization, and the keys that their events come in with."""

import secrets

from fastapi import Response

from region_silo.api.access import organization_for
from region_silo.api.call import Call, CallOf
from region_silo.api.project_object import key_object, project_object
from region_silo.api.project_path import READ_PROJECT, WRITE_PROJECT, project_for
from region_silo.api.project_shape import ProjectBody, ProjectKeyObject, ProjectObject
from region_silo.services.identity import find_http_url
from region_silo.services.projects import create_project, list_projects
from shared.domain.json_field import FieldInvalid, FieldReader, Unset, check_no_control_characters, parse_text
from shared.domain.json_value import JsonValue
from shared.domain.slug import (
    MAX_SLUG_CHARACTERS,
    NUMERIC_SUFFIX_ALPHABET,
    SLUG_ERROR,
    is_valid_slug,
    slugify_name,
)
from shared.errors import SlugTaken, ValidationFailed
from shared.http.answer import json_answer
from shared.http.endpoint import PAGE_PARAMETERS, Endpoints
from shared.http.pagination import cut, list_answer, page_request, public_url

endpoints = Endpoints("Projects")

MAX_NAME_CHARACTERS = 200
MAX_PLATFORM_CHARACTERS = 64
SLUG_TAKEN_TEXT = "A project with this slug already exists."

_PROJECTS = "/organizations/{organization_id_or_slug}/projects/"
_PROJECT = "/projects/{organization_id_or_slug}/{project_id_or_slug}/"


@endpoints.add("GET", _PROJECTS, answers={200: list[ProjectObject]}, parameters=PAGE_PARAMETERS)
def list_organization_projects(call: CallOf, organization_id_or_slug: str) -> Response:
    """Lists the projects of an organization, by slug."""
    with call.signed_in(scopes=READ_PROJECT) as principal:
        organization = organization_for(principal, organization_id_or_slug, scopes=READ_PROJECT)
        page = page_request(call.request)
        projects, has_more = cut(list_projects(organization.id, offset=page.offset, limit=page.probe), page)
        items = [project_object(project, organization=organization) for project in projects]
        return list_answer(call.request, page, items, has_more=has_more)


@endpoints.add("POST", _PROJECTS, answers={201: ProjectObject}, body=ProjectBody)
def post_project(call: CallOf, organization_id_or_slug: str) -> Response:
    """Creates a project."""
    with call.signed_in(scopes=WRITE_PROJECT) as principal:
        organization = organization_for(principal, organization_id_or_slug, scopes=WRITE_PROJECT)
        fields = FieldReader(call.body)
        slug, name = fields.read("slug", _parse_slug), fields.read("name", _parse_name)
        platform = fields.read_nullable("platform", _parse_platform)
        fields.raise_problems()
        if isinstance(slug, Unset) and isinstance(name, Unset):
            raise ValidationFailed(fields={"slug": ["This field is required."]})
        try:
            project = create_project(
                call.region,
                organization_id=organization.id,
                slug=_slug_of(str(name)) if isinstance(slug, Unset) else slug,
                name=None if isinstance(name, Unset) else name,
                platform=None if isinstance(platform, Unset) else platform or None,
            )
        except SlugTaken as taken:
            raise SlugTaken(SLUG_TAKEN_TEXT, metadata=taken.metadata) from taken
        return json_answer(project_object(project, organization=organization), status=201)


@endpoints.add("GET", _PROJECT, answers={200: ProjectObject})
def get_project(call: CallOf, organization_id_or_slug: str, project_id_or_slug: str) -> Response:
    """Reads a project."""
    with call.signed_in(scopes=READ_PROJECT) as principal:
        found = project_for(principal, organization_id_or_slug, project_id_or_slug, scopes=READ_PROJECT)
        return json_answer(project_object(found.project, organization=found.organization))


@endpoints.add("GET", f"{_PROJECT}keys/", answers={200: list[ProjectKeyObject]}, parameters=PAGE_PARAMETERS)
def list_project_keys(call: CallOf, organization_id_or_slug: str, project_id_or_slug: str) -> Response:
    """Lists what the project's events are sent with: one key, whose DSN names this region's own address."""
    with call.signed_in(scopes=READ_PROJECT) as principal:
        found = project_for(principal, organization_id_or_slug, project_id_or_slug, scopes=READ_PROJECT)
        page = page_request(call.request)
        keys = [key_object(found.project, base_url=_event_url(call))] if page.offset == 0 else []
        return list_answer(call.request, page, keys, has_more=False)


def _event_url(call: Call) -> str:
    return find_http_url(call.region) or public_url(call.request)


def _parse_slug(value: JsonValue) -> str:
    text = parse_text(value, max_characters=MAX_SLUG_CHARACTERS, is_blank_allowed=False)
    if not is_valid_slug(text):
        raise FieldInvalid(SLUG_ERROR)
    return text


def _parse_name(value: JsonValue) -> str:
    text = parse_text(value, max_characters=MAX_NAME_CHARACTERS, is_blank_allowed=False)
    check_no_control_characters(text)
    return text


def _parse_platform(value: JsonValue) -> str:
    text = parse_text(value, max_characters=MAX_PLATFORM_CHARACTERS)
    check_no_control_characters(text)
    return text


def _slug_of(name: str) -> str:
    return slugify_name(name, random_text=_random_text)


def _random_text(length: int) -> str:
    return "".join(secrets.choice(NUMERIC_SUFFIX_ALPHABET) for _ in range(length))
