"""How one asks for an app's publication, for the documentation. Checks nothing."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field


class AnsweredBody(BaseModel):
    """A question, and what the developer of the app says."""

    question: str = Field(min_length=1, max_length=10_000)
    answer: str = Field(min_length=1, max_length=10_000)


class PublishRequestBody(BaseModel):
    """What whoever publishes apps should know."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [{"questionnaire": [{"question": "What does it do?", "answer": "It turns issues into cards."}]}]
        }
    )

    questionnaire: list[AnsweredBody] = Field(max_length=100)
