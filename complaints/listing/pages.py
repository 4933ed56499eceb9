"""Pages of the list: every one quick among a million complaints, whatever narrows it.

An index for each combination of filters there cannot be. A page is sought in three ways, each of
which reads a bounded number of rows:

1. The first complaints of the whole list are sifted, in an index that holds every filtered column.
   Where the filters fit one in a hundred, that is the page.
2. If one of the filters by itself fits few complaints, those are read and the rest applied to them.
3. Otherwise sifting goes on, in longer and longer stretches. What is not found by then is left to
   the next page: this one is short, and its cursor goes on behind what was looked through.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from complaints import full_text
from complaints.listing.filters import Condition, Filters, Sort, View, days, narrowing
from complaints.listing.places import Place, after, order, place_of, until
from complaints.model import SHORTEST_PHONE, normal_number, number_days, phone_digits
from complaints.storage import Complaint, ComplaintWatcher

Keys = Select[Any]
FEW = 1_500
"""A filter that fits no more is read in full."""
STRETCHES = (2_000, 8_000, 24_000)
WORD_BATCHES = (1, 3, 4)
"""How many pages of complaints with the words are looked through at a time."""


@dataclass(frozen=True)
class Page:
    """One page of a list and where the next one begins."""

    items: list[Complaint]
    next_cursor: str | None


@dataclass(frozen=True)
class _Found:
    """Complaints in order; `rest` is the place behind which more may lie."""

    items: list[Complaint]
    rest: Place | None


async def page_of(session: AsyncSession, filters: Filters, staff_id: str) -> Page:
    """One page.

    Raises:
        InvalidInput: a cursor that none of our pages gave.
    """
    start = place_of(filters.cursor, filters.sort)
    found = await _found(session, filters, staff_id, start)
    return Page(found.items, found.rest.cursor if found.rest else None)


async def _found(
    session: AsyncSession, filters: Filters, staff_id: str, start: Place | None
) -> _Found:
    q = filters.q.strip()
    if q and (named := _named(q)) is not None:
        few = select(Complaint.key).where(named).limit(FEW)
        return await _among(session, filters, staff_id, start, few)
    if q and (dated := _dated(filters, q)) is not None:
        filters = dated
    elif q:
        return await _with_words(session, filters, staff_id, start)
    if filters.view is View.WATCHING:
        return await _among(session, filters, staff_id, start, _watched(staff_id))
    parts = [
        await _sifted(session, filters, staff_id, start, is_open=ground)
        for ground in filters.grounds
    ]
    return parts[0] if len(parts) == 1 else _merged(parts, filters)


def _named(q: str) -> Condition | None:
    """The complaints that a number means, of a complaint or a telephone; None when it is none."""
    if number := normal_number(q):
        return Complaint.no == number
    if q.isdecimal() and len(q) >= SHORTEST_PHONE:
        return Complaint.phone == phone_digits(q)
    return None


def _dated(filters: Filters, q: str) -> Filters | None:
    """The beginning of a number, as the days it may stand for: `TS2025`, `ts202511`."""
    span = number_days(q)
    if span is None:
        return None
    since = max(span[0], filters.since or span[0])
    return replace(filters, q="", since=since, until=min(span[1], filters.until or span[1]))


def _watched(staff_id: str) -> Keys:
    return (
        select(Complaint.key)
        .join(ComplaintWatcher, ComplaintWatcher.complaint_no == Complaint.no)
        .where(ComplaintWatcher.staff_id == staff_id)
        .order_by(Complaint.key.desc())
        .limit(FEW)
    )


async def _sifted(
    session: AsyncSession, filters: Filters, staff_id: str, start: Place | None, *, is_open: bool
) -> _Found:
    """A page of the open or of the closed complaints."""
    found = _Found([], start)
    for turn, stretch in enumerate(STRETCHES):
        if turn == 1:
            few = await _narrowest(session, filters, staff_id, is_open=is_open)
            if few is not None:
                return await _among(session, filters, staff_id, start, few)
        wanted = replace(filters, limit=filters.limit - len(found.items))
        more = await _stretch(session, wanted, staff_id, found.rest, stretch, is_open=is_open)
        found = _Found([*found.items, *more.items], more.rest)
        if found.rest is None or len(found.items) >= filters.limit:
            break
    return found


async def _stretch(
    session: AsyncSession,
    filters: Filters,
    staff_id: str,
    start: Place | None,
    length: int,
    *,
    is_open: bool,
) -> _Found:
    """Those that fit among the next `length` complaints."""
    sort = filters.sort
    around = [Complaint.is_open.is_(is_open), *after(start, sort)]
    if sort is Sort.NEWEST:
        around += days(filters)
    ends = select(Complaint.key, Complaint.next_due_at).where(*around).order_by(*order(sort))
    end = (await session.execute(ends.offset(length - 1).limit(1))).one_or_none()
    rest = Place(end[0], end[1] if sort is Sort.DUE else None) if end else None
    columns = _walked(session)
    fits = _flat(narrowing(filters, staff_id, columns))
    if sort is Sort.DUE:
        fits += days(filters, columns)
    query = select(Complaint.key).where(*around, *until(rest, sort), *fits)
    query = query.order_by(*order(sort)).limit(filters.limit + 1)
    keys = list((await session.execute(query)).scalars())
    if len(keys) > filters.limit:
        items = await _read(session, keys[: filters.limit], sort)
        return _Found(items, Place.of(items[-1], sort))
    return _Found(await _read(session, keys, sort), rest)


class _Walked:
    """A complaint's columns for conditions that SQLite shall not choose an index by: it knows no
    better than that any of them might be rare, and would leave the index that holds them all."""

    def __getattr__(self, name: str) -> UnaryExpression[Any]:
        column = getattr(Complaint, name)
        return UnaryExpression(column, operator=_PLUS, type_=column.type)


_PLUS: custom_op[Any] = custom_op("+")


def _walked(session: AsyncSession) -> Any:
    return _Walked() if session.get_bind().dialect.name == "sqlite" else Complaint


async def _narrowest(
    session: AsyncSession, filters: Filters, staff_id: str, *, is_open: bool
) -> Keys | None:
    """The keys of a filter that fits no more than `FEW`, if there is one."""
    groups = [
        [*group, Complaint.is_open.is_(is_open)]
        for group in (*narrowing(filters, staff_id), days(filters))
        if group
    ]
    if not groups:
        return None
    counted = [_capped(group).scalar_subquery() for group in groups]
    sizes = (await session.execute(select(*counted))).one()
    size, group = min(zip(sizes, groups, strict=True), key=lambda pair: pair[0])
    return select(Complaint.key).where(*group) if size <= FEW else None


def _capped(conditions: Sequence[Condition]) -> Keys:
    some = select(Complaint.key).where(*conditions).limit(FEW + 1).subquery()
    return select(func.count()).select_from(some)


async def _among(
    session: AsyncSession,
    filters: Filters,
    staff_id: str,
    start: Place | None,
    few: Keys,
) -> _Found:
    """A page of few complaints."""
    keys = select(few.limit(FEW).subquery().c.key)
    return await _chosen(session, filters, staff_id, start, keys)


async def _chosen(
    session: AsyncSession,
    filters: Filters,
    staff_id: str,
    start: Place | None,
    keys: Keys | Sequence[int],
) -> _Found:
    sort = filters.sort
    query = select(Complaint).where(
        Complaint.key.in_(keys), *_fitting(filters, staff_id), *after(start, sort)
    )
    query = query.order_by(*order(sort)).limit(filters.limit + 1)
    items = list((await session.execute(query)).scalars())
    more = len(items) > filters.limit
    items = items[: filters.limit]
    return _Found(items, Place.of(items[-1], sort) if more else None)


async def _with_words(
    session: AsyncSession, filters: Filters, staff_id: str, start: Place | None
) -> _Found:
    """Complaints with all the words: the search gives keys newest first, the filters sift them.

    By due time only the newest `FEW` with the words are sorted."""
    if filters.sort is Sort.DUE:
        keys = await full_text.keys(session, filters.q, filters.highest, FEW)
        return await _chosen(session, filters, staff_id, start, keys)
    rest = start
    if filters.highest is not None and (rest is None or rest.key > filters.highest):
        rest = Place(filters.highest)
    items: list[Complaint] = []
    for pages in WORD_BATCHES:
        batch = pages * (filters.limit + 1)
        keys = await full_text.keys(session, filters.q, rest.key if rest else None, batch)
        wanted = replace(filters, limit=filters.limit - len(items))
        found = await _chosen(session, wanted, staff_id, None, keys)
        items += found.items
        if found.rest is not None:
            return _Found(items, found.rest)
        exhausted = len(keys) < batch or (filters.lowest is not None and keys[-1] < filters.lowest)
        rest = None if exhausted else Place(keys[-1])
        if rest is None or len(items) >= filters.limit:
            break
    return _Found(items, rest)


def _fitting(filters: Filters, staff_id: str) -> list[Condition]:
    chosen = [*_flat(narrowing(filters, staff_id)), *days(filters)]
    if len(filters.grounds) == 1:
        chosen.append(Complaint.is_open.is_(filters.grounds[0]))
    if filters.view is View.WATCHING:
        watched = select(ComplaintWatcher.complaint_no).where(ComplaintWatcher.staff_id == staff_id)
        chosen.append(Complaint.no.in_(watched))
    return chosen


async def _read(session: AsyncSession, keys: Sequence[int], sort: Sort) -> list[Complaint]:
    if not keys:
        return []
    query = select(Complaint).where(Complaint.key.in_(keys)).order_by(*order(sort))
    return list((await session.execute(query)).scalars())


def _merged(parts: Sequence[_Found], filters: Filters) -> _Found:
    """Open and closed complaints in one order, as far as both have been looked through."""
    sort = filters.sort
    placed = sorted(
        ((Place.of(item, sort), item) for part in parts for item in part.items),
        key=lambda pair: pair[0].rank,
    )
    rest = min((p.rest for p in parts if p.rest), key=lambda place: place.rank, default=None)
    if rest is not None:
        placed = [(place, item) for place, item in placed if place.rank <= rest.rank]
    if len(placed) > filters.limit:
        placed = placed[: filters.limit]
        rest = placed[-1][0]
    return _Found([item for _, item in placed], rest)


def _flat(groups: Sequence[Sequence[Condition]]) -> list[Condition]:
    return [condition for group in groups for condition in group]
