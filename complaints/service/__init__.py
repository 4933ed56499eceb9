"""Use cases of complaints, by topic; each runs inside the caller's transaction."""

from __future__ import annotations

from complaints.ports import Ports
from complaints.service.approval import Approval
from complaints.service.customers import Customers
from complaints.service.handling import Handling
from complaints.service.observing import Observation
from complaints.service.opening import Opening
from complaints.service.people import People
from complaints.service.telling import Telling
from complaints.service.tending import Tending
from complaints.service.timekeeping import Timekeeper
from foundation.clock import Clock
from foundation.settings import Settings


class ComplaintService(Opening):
    """Opening and finding, and behind names the rest of a complaint's life."""

    def __init__(self, settings: Settings, clock: Clock, ports: Ports | None = None) -> None:
        ports = ports or Ports()
        self.keeper = Timekeeper(settings, ports.escalations)
        observation = Observation(clock, self.keeper.zone, ports.escalations)
        super().__init__(settings, clock, self.keeper, observation)
        self.telling = Telling(clock, self.keeper, ports.voice)
        shared = (clock, self.keeper, self.telling, ports)
        self.handling = Handling(*shared)
        self.tending = Tending(*shared)
        self.people = People(*shared)
        self.approval = Approval(*shared)
        self.customers = Customers(*shared)
        self.customers.handling = self.handling
        self.customers.tending = self.tending
        self.customers.observation = self.tending.observation = observation
        self.ports = ports
