"""Export and erasure of one customer's data, over every part of the house (SPEC section 10, PIPL).

A customer is whoever has this telephone or this id: his conversations lead to more complaints, his
complaints to more conversations, until nothing new is found.
"""

from __future__ import annotations

import asyncio
import io
import json
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

import complaints.personal
import conversations.channels.wechat.personal as wechat
import conversations.personal
import orders.personal
import repairs.personal
from api.evidence import THUMB
from assist.feedback.storage import forget_queries
from complaints.archive.document import as_pdf
from complaints.model import SHORTEST_PHONE, phone_digits
from complaints.storage import Complaint
from conversations.channels.wechat.storage import Contact
from conversations.storage import Conversation, Customer
from foundation.clock import Clock
from foundation.errors import Conflict, InvalidInput, NotFound
from foundation.settings import Settings
from foundation.transactions import UnitOfWork
from orders.storage import Order
from repairs.storage import RepairBooking

ROUNDS = 5
TRACKER_FILE = "rasa_tracker.db"


@dataclass(frozen=True)
class Person:
    """All rows that are about one customer; `contacts` are WeChat's names for him."""

    customers: list[Customer]
    contacts: list[Contact]
    conversations: list[Conversation]
    complaints: list[Complaint]
    orders: list[Order]
    repairs: list[RepairBooking]

    @property
    def found(self) -> dict[str, int]:
        """How many of each."""
        return {name: len(rows) for name, rows in vars(self).items() if name != "contacts"}


class PersonalData:
    """Gathers and erases; each act is one transaction, files go once it is kept."""

    def __init__(self, settings: Settings, clock: Clock, work: UnitOfWork) -> None:
        self._settings = settings
        self._clock = clock
        self._work = work

    async def find(
        self, session: AsyncSession, *, phone: str = "", customer_id: str = ""
    ) -> Person:
        """Everything of the customer with this telephone or id.

        Raises:
            InvalidInput: neither is given, or no telephone.
            NotFound: we know nothing of him.
        """
        digits = phone_digits(phone)
        if phone and not (digits.isdecimal() and len(digits) >= SHORTEST_PHONE):
            raise InvalidInput("not a telephone number", field="phone")
        if not digits and not customer_id:
            raise InvalidInput("a telephone or a customer id is needed", field="phone")
        ids, phones = {customer_id} - {""}, {digits} - {""}
        size = -1
        person = Person([], [], [], [], [], [])
        for _ in range(ROUNDS):
            person = await self._gather(session, ids, phones)
            ids |= {c.id for c in person.customers}
            ids |= {c.customer_id for c in person.complaints if c.customer_id}
            phones |= {phone_digits(c.phone) for c in person.customers} - {""}
            if sum(person.found.values()) == size:
                break
            size = sum(person.found.values())
        if size <= 0:
            raise NotFound("customer", customer_id or "phone")
        return person

    async def export(self, session: AsyncSession, person: Person) -> bytes:
        """A ZIP: `data.json`, the files of complaints as JSON and PDF, evidence and attachments."""
        files = await complaints.personal.gathered(session, person.complaints)
        data = {
            "format": "frontline.person/1",
            "exported_at": self._clock.now().isoformat(),
            "customers": [
                {name: getattr(c, name) for name in ("id", "channel", "name", "phone", "tier")}
                for c in person.customers
            ],
            "wechat": await wechat.gathered(session, person.contacts),
            "conversations": await conversations.personal.gathered(session, person.conversations),
            "complaints": files,
            "orders": orders.personal.gathered(person.orders),
            "repairs": repairs.personal.gathered(person.repairs),
        }
        evidence = await complaints.personal.evidence_of(session, person.complaints)
        sent = await conversations.personal.attachments_of(session, person.conversations)
        kept = [(f"evidence/{row.id}-{row.name}", row.id) for row in evidence]
        kept += [(f"attachments/{row.id}-{row.name}", row.id) for row in sent]
        return await asyncio.to_thread(self._packed, data, kept)

    async def erase(self, session: AsyncSession, person: Person) -> list[str]:
        """Take him out of everything, in the caller's transaction; gives names of files that
        `forget_files` removes after it.

        Raises:
            Conflict: a complaint of his is not finished yet.
        """
        waiting = [complaint.no for complaint in person.complaints if complaint.is_open]
        if waiting:
            raise Conflict("complaints of this customer are not finished", complaints=waiting)
        customers = [customer.id for customer in person.customers]
        files = await complaints.personal.erase(session, person.complaints, customers)
        numbers = [complaint.no for complaint in person.complaints]
        await wechat.erase(session, person.contacts)
        files += await conversations.personal.erase(
            session, person.customers, person.conversations, numbers
        )
        await forget_queries(session, [talk.id for talk in person.conversations])
        await repairs.personal.erase(session, person.repairs)
        orders.personal.erase(person.orders)
        return files

    async def forget_files(self, person: Person, files: list[str]) -> None:
        """Remove the bytes, and what the bot remembers of his conversations."""
        ids = [conversation.id for conversation in person.conversations]
        await asyncio.to_thread(self._remove, files)
        await asyncio.to_thread(_forget_talks, self._settings.data_dir / TRACKER_FILE, ids)

    async def _gather(self, session: AsyncSession, ids: set[str], phones: set[str]) -> Person:
        called = sorted(phones)
        customers = await conversations.personal.customers_of(session, sorted(ids), called)
        talks = await conversations.personal.conversations_of(session, customers)
        where = [talk.id for talk in talks]
        known = sorted(ids | {customer.id for customer in customers})
        return Person(
            customers,
            await wechat.contacts_of(session, where),
            talks,
            await complaints.personal.complaints_of_person(session, known, called, where),
            await orders.personal.orders_of_person(session, called),
            await repairs.personal.bookings_of_person(session, called, where),
        )

    def _packed(self, data: dict[str, Any], kept: list[tuple[str, str]]) -> bytes:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("data.json", _text(data))
            for file in data["complaints"]:
                self._add(archive, file["complaint"]["no"], file)
                for old in file["archives"]:
                    name = f"{file['complaint']['no']}-{old['life']}-archived"
                    self._add(archive, name, old["content"])
            for name, file_id in kept:
                path = self._settings.uploads_dir / file_id
                if path.is_file():
                    archive.write(path, name)
        return packed.getvalue()

    def _add(self, archive: zipfile.ZipFile, name: str, file: dict[str, Any]) -> None:
        pdf = as_pdf(
            file,
            company=self._settings.company_name,
            timezone=self._settings.timezone,
            printed=self._clock.now(),
        )
        archive.writestr(f"complaints/{name}.json", _text(file))
        archive.writestr(f"complaints/{name}.pdf", pdf)

    def _remove(self, files: list[str]) -> None:
        for file in files:
            for name in (file, f"{file}{THUMB}"):
                (self._settings.uploads_dir / name).unlink(missing_ok=True)


def _text(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2)


def _forget_talks(tracker: Path, conversation_ids: list[str]) -> None:
    """Delete the bot's memory, where it lies beside our database."""
    if not tracker.is_file():
        return
    with closing(sqlite3.connect(tracker, timeout=15)) as connection, connection:
        for conversation_id in conversation_ids:
            connection.execute(
                "DELETE FROM events WHERE sender_id = ? OR sender_id LIKE ?",
                (conversation_id, f"{conversation_id}:%"),
            )
