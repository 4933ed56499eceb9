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
    skills: list[str] = Field(examples=[["refrigeration", "billing"]])


class SkillOut(Model):
    """A skill of the policy, and which complaints ask for it."""

    id: str = Field(examples=["refrigeration"])
    title: str = Field(examples=["制冷设备"])
    categories: list[str]
    products: list[str]


class SkillList(Model):
    """All skills there are."""

    items: list[SkillOut]


class SkillsIn(Model):
    """What somebody knows from now on."""

    skills: Annotated[list[Words], Field(max_length=50, examples=[["refrigeration"]])]


class SkillsOut(Model):
    """What somebody is said to know, and what complaints he solved of late asked for."""

    skills: list[str]
    practised: list[str]


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
