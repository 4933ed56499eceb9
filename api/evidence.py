"""Files that bear witness to a complaint: typed by content, limited, kept outside the web root."""

from __future__ import annotations

import asyncio
import hashlib
import io
import warnings

import structlog
from fastapi import UploadFile
from PIL import Image

from api.uploads import StoredFile, clean_name, mime_of, read_limited, write_kept
from complaints.model import Actor
from complaints.service.recording import enter
from complaints.storage import Evidence, locked
from foundation.clock import Clock
from foundation.errors import InvalidInput, NotFound
from foundation.ids import new_id
from foundation.settings import Settings
from foundation.transactions import UnitOfWork

log = structlog.get_logger(__name__)

THUMB = ".thumb"
THUMB_SIDE = 320
MAX_PIXELS = 50_000_000
MAX_FILES = 50
PICTURES = {"image/png", "image/jpeg", "image/webp", "image/gif"}


class EvidenceFiles:
    """Takes evidence in and finds it again."""

    def __init__(self, settings: Settings, clock: Clock, work: UnitOfWork) -> None:
        self._folder = settings.uploads_dir
        self._limit = settings.upload_max_bytes
        self._clock = clock
        self._work = work

    async def keep(self, no: str, upload: UploadFile, note: str, actor: Actor) -> Evidence:
        """Store one file and a thumbnail of a picture; only its content says what it is.

        Raises:
            NotFound: no such complaint.
            TooLarge: over the limit.
            InvalidInput: empty, not one of the types taken, or too many files already.
        """
        content = await read_limited(upload, self._limit)
        mime = await asyncio.to_thread(mime_of, content)
        found = Evidence(
            id=new_id("evi"),
            complaint_no=no,
            name=clean_name(upload.filename or "", mime),
            mime=mime,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            note=note,
            added_by=actor.name,
            added_at=self._clock.now(),
        )
        small = await asyncio.to_thread(thumbnail, content) if mime in PICTURES else None
        found.thumbnail = small is not None
        async with self._work.begin() as session:
            complaint = await locked(session, no)
            if complaint.evidence_count >= MAX_FILES:
                raise InvalidInput("too many files on this complaint", field="file", most=MAX_FILES)
            await asyncio.to_thread(write_kept, self._folder, found.id, content)
            if small is not None:
                await asyncio.to_thread(write_kept, self._folder, f"{found.id}{THUMB}", small)
            complaint.evidence_count += 1
            session.add(found)
            enter(session, complaint, actor, "evidence_added", found.added_at, reason=note,
                  detail={"id": found.id, "name": found.name, "mime": mime})  # fmt: skip
        return found

    async def find(self, name: str) -> StoredFile:
        """A kept file, or its thumbnail when the id ends in `.thumb`.

        Raises:
            NotFound: unknown, or its bytes are gone.
        """
        async with self._work.reading() as session:
            found = await session.get(Evidence, name.removesuffix(THUMB))
        small = name.endswith(THUMB)
        path = self._folder / name
        if found is None or not await asyncio.to_thread(path.is_file):
            raise NotFound("attachment", name)
        return StoredFile(path, "image/jpeg" if small else found.mime, found.name)


def thumbnail(content: bytes) -> bytes | None:
    """A JPEG of at most 320 × 320 pixels, without metadata; None when the picture cannot be read
    or is larger than 50 megapixels."""
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(content)) as picture:
            warnings.simplefilter("ignore")
            if picture.width * picture.height > MAX_PIXELS:
                return None
            picture.thumbnail((THUMB_SIDE, THUMB_SIDE))
            kept = io.BytesIO()
            picture.convert("RGB").save(kept, "JPEG", quality=80)
            return kept.getvalue()
    except Exception as error:
        log.warning("no_thumbnail", error=type(error).__name__)
        return None
