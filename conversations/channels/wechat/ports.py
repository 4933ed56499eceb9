"""What the WeChat channel needs from the rest of the house; wired in `api`."""

from __future__ import annotations

from typing import Protocol

from conversations.storage import Attachment


class Files(Protocol):
    """Uploaded files."""

    async def write(self, conversation_id: str, name: str, content: bytes) -> Attachment:
        """Check a file and write its bytes; the record is the caller's to add.

        Raises:
            InvalidInput: not a kind of file that is taken.
            TooLarge: over the limit.
        """
        ...

    async def read(self, attachment: Attachment) -> bytes:
        """The bytes of a kept file.

        Raises:
            NotFound: they are gone.
        """
        ...


class Links(Protocol):
    """Addresses that a customer can open; empty where no public address is set."""

    def file(self, attachment_id: str) -> str:
        """A kept file, for two hours."""
        ...

    def kept_messages(self, conversation_id: str) -> str:
        """The page of what could not be sent."""
        ...
