"""What a search of events finds, as a table; and what is wrong with one."""

from typing import ClassVar, Literal, Self

from pydantic import ConfigDict, Field

from region_silo.services.event_search import MAX_EVENTS, Column
from shared.bodies.body import Body, shown_by
from shared.bodies.fields import JsonDict

DATASET = "errors"


class EventTableMetaObject(Body):
    """What the columns of a table are."""

    fields: JsonDict = Field(description="`string`, `integer` or `date` by name of the column.")
    units: JsonDict = Field(default_factory=dict)
    dataset: Literal["errors"] = "errors"
    is_metrics_data: Literal[False] = False
    tips: JsonDict = Field(default_factory=dict)


class EventTableObject(Body):
    """Events, or groups of them, as rows."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {
            "data": [{"title": "ValueError: basket is empty", "count()": 12}],
            "meta": {
                "fields": {"title": "string", "count()": "integer"},
                "units": {},
                "dataset": DATASET,
                "isMetricsData": False,
                "tips": {},
            },
        }
    )

    data: list[JsonDict] = Field(description=f"Made of the {MAX_EVENTS} newest events at most.")
    meta: EventTableMetaObject


class FoundFaultObject(Body):
    """Whether a part of a search makes sense."""

    valid: bool
    error: str | None = None


class NamedFaultObject(FoundFaultObject):
    """Whether a name can be asked for."""

    name: str


class FieldFaultObject(NamedFaultObject):
    """Whether a column can be asked for, and what it is."""

    attr_type: Literal["string", "number"] | None

    @classmethod
    def of(cls, name: str) -> Self:
        try:
            column = Column.named(name.removeprefix("-"))
        except ValueError:
            return cls(name=name, valid=False, error=f'"{name[:100]}" cannot be counted here.', attr_type=None)
        return cls(name=name, valid=True, attr_type="number" if column.type == "integer" else "string")


class QueryFaultObject(FoundFaultObject):
    """Whether a query makes sense."""

    fields: list[FieldFaultObject] = Field(default_factory=list)


class EventSearchFaultsObject(Body):
    """What is wrong with a search, part by part."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {
            "valid": True,
            "projects": [{"valid": True, "error": None}],
            "dataset": [{"name": DATASET, "valid": True, "error": None}],
            "environment": [],
            "field": [{"name": "title", "valid": True, "error": None, "attrType": "string"}],
            "query": {"valid": True, "error": None, "fields": []},
            "orderby": [{"name": "-timestamp", "valid": True, "error": None, "attrType": "string"}],
        }
    )

    valid: bool
    projects: list[FoundFaultObject]
    dataset: list[NamedFaultObject]
    environment: list[FoundFaultObject]
    field: list[FieldFaultObject]
    query: QueryFaultObject
    orderby: list[FieldFaultObject]
