"""What goes wrong between us and the platform."""

from __future__ import annotations

from foundation.errors import InvalidInput, NotAllowed, Unavailable


class NotFromPlatform(NotAllowed):
    """The signature, time or nonce of a callback is not the platform's."""

    code = "not_from_platform"


class UnreadableCallback(InvalidInput):
    """Signed, but neither decrypts nor parses to a message."""

    code = "unreadable_callback"


class PlatformRefused(Unavailable):
    """The platform answered a call with an error code; the message was not taken."""

    code = "platform_refused"

    def __init__(self, errcode: int, what: str) -> None:
        super().__init__("wechat", f"errcode {errcode} for {what}")
        self.errcode = errcode


class PlatformUnreached(Unavailable):
    """The call did not leave this machine or the platform turned it away unread: not taken."""

    code = "platform_unreached"


class PlatformSilent(Unavailable):
    """The call was sent and nothing came back: the message may have been taken or not."""

    code = "platform_silent"
