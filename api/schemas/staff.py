"""Signing in and staff accounts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.base import Model, Words

RoleName = Literal["agent", "supervisor", "trainer", "hq", "admin"]


class SignIn(Model):
    """User name and password."""

    username: Annotated[Words, Field(min_length=1, max_length=200, examples=["agent1"])]
    password: Annotated[Words, Field(min_length=1, max_length=200)]


class StaffOut(Model):
    """One member of staff."""

    id: str
    username: str = Field(examples=["agent1"])
    display_name: str = Field(examples=["小林"])
    role: RoleName


class SignedInOut(Model):
    """Who signed in; the token is for clients without cookies."""

    staff: StaffOut
    token: str


class Me(Model):
    """Who is signed in."""

    staff: StaffOut


class Present(Model):
    """A colleague at the desk."""

    id: str
    display_name: str
    role: str


class PresentList(Model):
    """Colleagues at the desk."""

    items: list[Present]


class StaffList(Model):
    """All accounts."""

    items: list[StaffOut]


class NewStaff(Model):
    """An account to be made."""

    username: Annotated[Words, Field(max_length=80, examples=["agent3"])]
    display_name: Annotated[Words, Field(max_length=80, examples=["小周"])]
    role: RoleName


class StaffCreated(Model):
    """The account and its password, shown this once."""

    staff: StaffOut
    password: str
