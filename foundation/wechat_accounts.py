"""What is set for one WeChat official account."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

AES_KEY_CHARS = 43


class WechatAccount(BaseModel):
    """One official account; `name` is the last part of its callback address.

    `mode` is what the platform's page calls 明文模式, 兼容模式 and 安全模式. `customer_service` is
    off for accounts without the right to customer-service messages: they answer by passive reply
    alone. `menu` gives the words that a tap on a menu key stands for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")
    app_id: str = Field(min_length=1, max_length=64)
    app_secret: SecretStr = SecretStr("")
    token: SecretStr = Field(min_length=3, max_length=32)
    aes_key: SecretStr = SecretStr("")
    mode: Literal["plain", "compatible", "safe"] = "safe"
    customer_service: bool = True
    menu: dict[str, str] = {}

    @model_validator(mode="after")
    def _complete(self) -> WechatAccount:
        if self.mode != "plain" and len(self.aes_key.get_secret_value()) != AES_KEY_CHARS:
            raise ValueError(f"aes_key (EncodingAESKey) has {AES_KEY_CHARS} characters")
        if self.customer_service and not self.app_secret.get_secret_value():
            raise ValueError("app_secret is needed for customer-service messages")
        return self
