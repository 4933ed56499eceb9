"""Files sent in conversations: typed by content, limited, kept outside the web root."""

from __future__ import annotations

import asyncio
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import filetype
from fastapi import UploadFile

from conversations.storage import Attachment, get_conversation
from foundation.clock import Clock
from foundation.errors import InvalidInput, NotFound, TooLarge
from foundation.ids import new_id
from foundation.settings import Settings
from foundation.transactions import UnitOfWork

ALLOWED = {
    "image/png",
    "image/jpeg",
    "image/webp",
    "image/gif",
    "image/heic",
    "application/pdf",
    "video/mp4",
}
INLINE = {"image/png", "image/jpeg", "image/webp", "image/gif"}
"""Types a browser shows in place; all others are offered as a download."""

_CHUNK = 64 * 1024
_ODD = re.compile(r"[\x00-\x1f\x7f/\\\"<>|:*?]+")


@dataclass(frozen=True)
class StoredFile:
    """A file ready to be served."""

    path: Path
    mime: str
    name: str


class Uploads:
    """Takes files in and finds them again."""

    def __init__(self, settings: Settings, clock: Clock, work: UnitOfWork) -> None:
        self._folder = settings.uploads_dir
        self._limit = settings.upload_max_bytes
        self._clock = clock
        self._work = work

    async def keep(self, conversation_id: str, upload: UploadFile) -> Attachment:
        """Store one file; only its content says what it is.

        Raises:
            NotFound: unknown conversation.
            TooLarge: over the limit.
            InvalidInput: empty, or not one of the types taken.
        """
        content = await read_limited(upload, self._limit)
        async with self._work.reading() as session:
            await get_conversation(session, conversation_id)
        attachment = await self.write(conversation_id, upload.filename or "", content)
        async with self._work.begin() as session:
            session.add(attachment)
        return attachment

    async def write(self, conversation_id: str, name: str, content: bytes) -> Attachment:
        """Write the bytes of one file; the record is the caller's to add.

        Raises:
            TooLarge: over the limit.
            InvalidInput: not one of the types taken.
        """
        if len(content) > self._limit:
            raise TooLarge("the file", self._limit, "bytes")
        mime = await asyncio.to_thread(mime_of, content)
        attachment = Attachment(
            id=new_id("att"),
            conversation_id=conversation_id,
            mime=mime,
            size=len(content),
            name=clean_name(name, mime),
            sha256=hashlib.sha256(content).hexdigest(),
            created_at=self._clock.now(),
        )
        await asyncio.to_thread(write_kept, self._folder, attachment.id, content)
        return attachment

    async def find(self, attachment_id: str) -> StoredFile:
        """A kept file.

        Raises:
            NotFound: unknown id, or its bytes are gone.
        """
        async with self._work.reading() as session:
            found = await session.get(Attachment, attachment_id)
        if found is None:
            raise NotFound("attachment", attachment_id)
        path = self._folder / found.id
        if not await asyncio.to_thread(path.is_file):
            raise NotFound("attachment", attachment_id)
        return StoredFile(path, found.mime, found.name)


async def read_limited(upload: UploadFile, limit: int) -> bytes:
    """The content of an upload.

    Raises:
        TooLarge: over `limit` bytes.
        InvalidInput: empty.
    """
    content = bytearray()
    while chunk := await upload.read(_CHUNK):
        content += chunk
        if len(content) > limit:
            raise TooLarge("the file", limit, "bytes")
    if not content:
        raise InvalidInput("the file is empty", field="file")
    return bytes(content)


def write_kept(folder: Path, name: str, content: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = folder / f"{name}.part"
    fresh.write_bytes(content)
    fresh.rename(folder / name)


def mime_of(content: bytes) -> str:
    """The type by content.

    Raises:
        InvalidInput: not one of the types taken.
    """
    kind = filetype.guess(content)
    mime = kind.mime if kind else ""
    if mime not in ALLOWED:
        raise InvalidInput(
            "this kind of file is not taken; send a picture, a PDF or an MP4 video",
            field="file",
            allowed=sorted(ALLOWED),
        )
    return mime


def clean_name(name: str, mime: str) -> str:
    """A file name fit to be shown and saved; at most 120 characters."""
    bare = _ODD.sub("_", name.encode("utf-8", "replace").decode("utf-8")).strip(" ._")
    return bare[-120:] or f"file.{mime.rpartition('/')[2]}"
