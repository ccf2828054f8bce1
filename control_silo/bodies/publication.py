"""What one says who asks for an app's publication (spec §2.10)."""

from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field, SkipValidation

from shared.bodies.body import Body, shown_by
from shared.bodies.fields import Text

MAX_QUESTIONS = 100
_MAX_TEXT_CHARACTERS = 10_000


class AnsweredBody(Body):
    """A question, and what the developer of the app says."""

    question: Annotated[str, Text(_MAX_TEXT_CHARACTERS)]
    answer: Annotated[str, Text(_MAX_TEXT_CHARACTERS)]


class PublishRequestBody(Body):
    """What whoever publishes apps should know."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {"questionnaire": [{"question": "What does it do?", "answer": "It turns issues into cards."}]}
    )

    # Each is read by itself: the original tells what is wrong with it at its place in the list.
    questionnaire: Annotated[list[SkipValidation[AnsweredBody]], Field(max_length=MAX_QUESTIONS)]
