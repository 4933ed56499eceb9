from __future__ import annotations

import pytest

from bot.actions import build_executor
from bot.actions.services import ActionServices
from tests.bot.acting import Customer
from tests.bot.fakes import fake_services


@pytest.fixture
def services() -> ActionServices:
    return fake_services()


@pytest.fixture
def customer(services: ActionServices) -> Customer:
    return Customer(build_executor(services))
