"""Building blocks of request and response models."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints


def readable(value: Any) -> Any:
    """A string without NUL and half emoji, which no database keeps; other values as they are."""
    if not isinstance(value, str):
        return value
    whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\0", "")


Words = Annotated[str, BeforeValidator(readable)]
Key = Annotated[str, StringConstraints(pattern=r"^[\w.:@-]{1,80}$")]
PathKey = Annotated[str, Path(pattern=r"^[\w.:@-]{1,80}$", examples=["conv_01kb3m5y"])]
SearchWords = Annotated[Words, Query(max_length=200)]


class Model(BaseModel):
    """Base of all models: unknown fields are ignored, attributes may be read."""

    model_config = ConfigDict(from_attributes=True, extra="ignore")


class Error(Model):
    """The one shape of every error."""

    code: str = Field(examples=["conflict"])
    message: str = Field(examples=["another agent holds this conversation"])
    detail: dict[str, Any] = Field(examples=[{"assigned_to": "staff_01kb3m5y"}])
