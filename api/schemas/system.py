"""Health and readiness."""

from __future__ import annotations

from pydantic import Field

from api.schemas.base import Model


class Health(Model):
    """The process answers."""

    status: str = Field(examples=["ok"])


class PartReady(Model):
    """One part; `required` ones decide whether the process gets traffic."""

    ready: bool
    detail: str = Field(examples=[""])
    required: bool


class Ready(Model):
    """Whether the process should get traffic, and how each part is."""

    ready: bool
    parts: dict[str, PartReady]
