"""Our signatures and ciphers against wechatpy's, and what is refused before it is parsed."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
import xmltodict
from hypothesis import given, settings
from hypothesis import strategies as st
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import WeChatSigner

from conversations.channels.wechat.crypto import MessageCipher, is_signed, signature
from conversations.channels.wechat.envelope import Envelope, Query
from conversations.channels.wechat.errors import NotFromPlatform, UnreadableCallback
from conversations.channels.wechat.inbound import Inbound, parse, text_reply
from foundation.wechat_accounts import WechatAccount
from tests.wechat_platform.accounts import OfficialAccount
from tests.wechat_platform.calling import packed

NOW = datetime(2025, 11, 5, 2, 30, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
ACCOUNT = OfficialAccount()
THEIRS = WeChatCrypto(ACCOUNT.token, ACCOUNT.aes_key, ACCOUNT.app_id)
OURS = MessageCipher(ACCOUNT.aes_key, ACCOUNT.app_id)
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=400)


def envelope(mode: str = "safe") -> Envelope:
    return Envelope(WechatAccount(**OfficialAccount(mode=mode).settings()), 300)  # type: ignore[arg-type]


@settings(deadline=None)
@given(TEXT)
def test_they_decrypt_what_we_encrypt(text: str) -> None:
    sealed = envelope().seal(f"<xml><Content>{text}</Content></xml>", "n1", NOW)
    fields = xmltodict.parse(sealed)["xml"]
    plain = THEIRS.decrypt_message(
        sealed, fields["MsgSignature"], fields["TimeStamp"], fields["Nonce"]
    )
    plain = plain.decode() if isinstance(plain, bytes) else plain
    assert plain == f"<xml><Content>{text}</Content></xml>"


@settings(deadline=None)
@given(TEXT)
def test_we_decrypt_what_they_encrypt(text: str) -> None:
    sealed = xmltodict.parse(THEIRS.encrypt_message(text, "n1", STAMP))["xml"]
    assert OURS.decrypt(sealed["Encrypt"]).decode() == text
    assert is_signed(sealed["MsgSignature"], ACCOUNT.token, STAMP, "n1", sealed["Encrypt"])


@settings(deadline=None)
@given(st.lists(st.text(st.characters(codec="ascii"), max_size=40), min_size=1, max_size=5))
def test_the_signature_is_theirs(words: list[str]) -> None:
    signer = WeChatSigner()
    signer.add_data(*words)
    assert signature(*words) == signer.signature


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_rubbish_does_not_decrypt(rubbish: bytes) -> None:
    with pytest.raises(UnreadableCallback):
        OURS.decrypt(base64.b64encode(rubbish).decode())


def test_a_message_for_another_account_does_not_decrypt() -> None:
    other = MessageCipher(ACCOUNT.aes_key, "wxother")
    with pytest.raises(UnreadableCallback):
        OURS.decrypt(other.encrypt("<xml/>"))


def query(fields: dict[str, str]) -> Query:
    names = ("signature", "timestamp", "nonce", "encrypt_type", "msg_signature")
    return Query(**{name: fields.get(name, "") for name in names})


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
def test_every_mode_opens(mode: str) -> None:
    account = OfficialAccount(mode=mode)
    fields: dict[str, object] = {
        "ToUserName": "gh", "FromUserName": "o1", "CreateTime": STAMP, "MsgType": "text",
        "Content": "你好", "MsgId": "9",
    }  # fmt: skip
    asked, body = packed(account, fields, STAMP, "n1")
    outside = envelope(mode)
    outside.check(query(asked), NOW)
    opened = outside.open(query(asked), body.encode())
    heard = parse(opened.xml)
    assert (heard.content, heard.openid, heard.key) == ("你好", "o1", "m9")
    assert opened.encrypted == (mode != "plain")


@pytest.mark.parametrize(
    "change",
    [{"signature": "0" * 40}, {"signature": ""}, {"nonce": "n2"}, {"timestamp": "1"},
     {"signature": "é" * 40}],
)  # fmt: skip
def test_a_wrong_query_is_refused(change: dict[str, str]) -> None:
    asked, _ = packed(ACCOUNT, {"FromUserName": "o1"}, STAMP, "n1")
    with pytest.raises(NotFromPlatform):
        envelope().check(query({**asked, **change}), NOW)


def test_an_old_query_is_refused() -> None:
    old = str(int(NOW.timestamp()) - 301)
    asked, _ = packed(ACCOUNT, {"FromUserName": "o1"}, old, "n1")
    with pytest.raises(NotFromPlatform):
        envelope().check(query(asked), NOW)


def test_a_changed_message_is_refused_before_it_is_decrypted() -> None:
    asked, body = packed(ACCOUNT, {"FromUserName": "o1"}, STAMP, "n1")
    inner = xmltodict.parse(body)["xml"]["Encrypt"]
    changed = body.replace(inner, "A" + inner[1:] if inner[0] != "A" else "B" + inner[1:])
    with pytest.raises(NotFromPlatform):
        envelope().open(query(asked), changed.encode())


def test_safe_mode_takes_nothing_unencrypted() -> None:
    plain = OfficialAccount(mode="plain")
    asked, body = packed(plain, {"FromUserName": "o1"}, STAMP, "n1")
    with pytest.raises(NotFromPlatform):
        envelope("safe").open(query(asked), body.encode())


WHOLE = "<FromUserName>o1</FromUserName><MsgType>text</MsgType><CreateTime>1</CreateTime>"


@pytest.mark.parametrize(
    "xml",
    [
        f'<!DOCTYPE xml [<!ENTITY a "b">]><xml>{WHOLE}<Content>&a;</Content></xml>',
        f'<!DOCTYPE xml SYSTEM "http://127.0.0.1/x.dtd"><xml>{WHOLE}</xml>',
        "<xml>",
        "",
        "<xml></xml>",
        "<xml><FromUserName>o1</FromUserName><MsgType>text</MsgType></xml>",
        WHOLE.replace("1</C", "x</C").join(("<xml>", "</xml>")),
        f"<xml>{WHOLE}</xml>".replace("o1", "o" * 65),
        '<?xml version="1.0" encoding="nonsense"?><xml/>',
    ],
)
def test_dtd_entities_and_broken_xml_are_refused(xml: str) -> None:
    with pytest.raises(UnreadableCallback):
        parse(xml.encode())


@settings(deadline=None)
@given(TEXT)
def test_a_reply_says_exactly_the_text(text: str) -> None:
    heard = Inbound("o1", "gh", "text", 1)
    fields = xmltodict.parse(text_reply(heard, text, 1), strip_whitespace=False)["xml"]
    assert fields["Content"].replace("\r\n", "\n") == text.replace("\r\n", "\n")
    assert (fields["ToUserName"], fields["FromUserName"]) == ("o1", "gh")


def test_repetitions_have_the_same_key_and_different_events_do_not() -> None:
    one = Inbound("o1", "gh", "event", 5, event="CLICK", event_key="A")
    assert one.key == Inbound("o1", "gh", "event", 5, event="CLICK", event_key="A").key
    others = [
        Inbound("o2", "gh", "event", 5, event="CLICK", event_key="A"),
        Inbound("o1", "gh", "event", 6, event="CLICK", event_key="A"),
        Inbound("o1", "gh", "event", 5, event="CLICK", event_key="B"),
    ]
    assert len({one.key, *(other.key for other in others)}) == 4
    assert Inbound.of(one.as_dict()) == one
