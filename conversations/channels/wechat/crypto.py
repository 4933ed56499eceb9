"""Signatures and ciphers of the platform's message protocol.

Signature: SHA-1 over the sorted strings. Cipher: AES-256-CBC, key = base64(EncodingAESKey + "="),
IV = first 16 bytes of the key, PKCS#7 to blocks of 32; inside 16 random bytes, the length (4 bytes,
big-endian), the XML, the app id.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import struct

from cryptography.hazmat.primitives.ciphers import Cipher as Aes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from conversations.channels.wechat.errors import UnreadableCallback

BLOCK = 32
_IV = 16
_RANDOM = 16
_LENGTH = 4


def signature(*strings: str) -> str:
    """The platform's signature of some strings, lower-case hex."""
    joined = "".join(sorted(strings))
    return hashlib.sha1(joined.encode(), usedforsecurity=False).hexdigest()


def is_signed(given: str, *strings: str) -> bool:
    """Whether `given` is the signature of the strings; takes the same time either way."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), signature(*strings).encode())


class MessageCipher:
    """Encrypts and decrypts for one account."""

    def __init__(self, encoding_aes_key: str, app_id: str) -> None:
        self._key = base64.b64decode(encoding_aes_key + "=")
        self._app_id = app_id.encode()

    def encrypt(self, xml: str, random: bytes | None = None) -> str:
        """Base64 of the encrypted message; `random` (16 bytes) is given by tests alone."""
        body = xml.encode()
        plain = (random or os.urandom(_RANDOM)) + struct.pack(">I", len(body)) + body + self._app_id
        missing = BLOCK - len(plain) % BLOCK
        encryptor = Aes(AES(self._key), CBC(self._key[:_IV])).encryptor()
        sealed = encryptor.update(plain + bytes([missing]) * missing) + encryptor.finalize()
        return base64.b64encode(sealed).decode()

    def decrypt(self, encrypted: str) -> bytes:
        """The XML inside.

        Raises:
            UnreadableCallback: not base64, not our key, or meant for another account.
        """
        try:
            sealed = base64.b64decode(encrypted, validate=True)
            decryptor = Aes(AES(self._key), CBC(self._key[:_IV])).decryptor()
            padded = decryptor.update(sealed) + decryptor.finalize()
        except (binascii.Error, ValueError) as error:
            raise UnreadableCallback("the message does not decrypt") from error
        return self._unpacked(_unpadded(padded))

    def _unpacked(self, plain: bytes) -> bytes:
        head = _RANDOM + _LENGTH
        if len(plain) < head:
            raise UnreadableCallback("the message does not decrypt")
        (length,) = struct.unpack(">I", plain[_RANDOM:head])
        xml, app_id = plain[head : head + length], plain[head + length :]
        if len(xml) != length or not hmac.compare_digest(app_id, self._app_id):
            raise UnreadableCallback("the message does not decrypt")
        return xml


def _unpadded(padded: bytes) -> bytes:
    missing = padded[-1] if padded else 0
    if not 1 <= missing <= BLOCK or padded[-missing:] != bytes([missing]) * missing:
        raise UnreadableCallback("the message does not decrypt")
    return padded[:-missing]
