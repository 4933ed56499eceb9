"""What the platform knows of official accounts and their customers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

TERMS = {"message": (5, 172_800.0), "menu": (3, 60.0), "subscribe": (3, 60.0), "scan": (3, 60.0)}
BROKEN = "该公众号提供的服务出现故障，请稍后再试"
TOKEN_S = 7200


@dataclass
class OfficialAccount:
    """One official account as the platform's page shows it."""

    name: str = "service"
    app_id: str = "wx0123456789abcdef"
    secret: str = "0123456789abcdef0123456789abcdef"
    token: str = "frontlinetoken"
    aes_key: str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
    mode: str = "safe"
    original_id: str = "gh_frontline"
    may_serve: bool = True
    takes_menus: bool = True

    def settings(self) -> dict[str, object]:
        """The account as `FRONTLINE_WECHAT_ACCOUNTS` has it."""
        return {
            "name": self.name,
            "app_id": self.app_id,
            "app_secret": self.secret,
            "token": self.token,
            "aes_key": self.aes_key if self.mode != "plain" else "",
            "mode": self.mode,
            "customer_service": self.may_serve,
            "menu": {"REPAIR": "我要报修"},
        }


@dataclass
class Shown:
    """One bubble on a customer's phone."""

    side: str
    kind: str
    content: str
    via: str = ""
    at: float = field(default_factory=time.time)
    choices: list[dict[str, str]] = field(default_factory=list)


@dataclass
class Allowance:
    """Messages the platform lets the account send after one act of the customer."""

    limit: int
    until: float
    used: int = 0


@dataclass
class Customer:
    """A follower: what his phone shows and what may still be sent to him."""

    openid: str
    screen: list[Shown] = field(default_factory=list)
    allowances: dict[str, Allowance] = field(default_factory=dict)
    follows: bool = True

    def acted(self, event: str, now: float) -> None:
        """An act that lets the account write."""
        if event in TERMS:
            limit, seconds = TERMS[event]
            self.allowances[event] = Allowance(limit, now + seconds)

    def refusal(self, now: float) -> int:
        """The error code that one more customer-service message would get, or 0; counts it."""
        if not self.follows:
            return 43004
        running = [a for a in self.allowances.values() if a.until > now]
        if not running:
            return 45015
        if all(a.used >= a.limit for a in running):
            return 45047
        for allowance in running:
            allowance.used += 1
        return 0

    @property
    def heard(self) -> list[str]:
        """The texts that arrived."""
        return [bubble.content for bubble in self.screen if bubble.side == "account"]


@dataclass
class Tokens:
    """Access tokens of one account."""

    clock: Callable[[], float]
    current: str = ""
    until: float = 0.0
    issued: int = 0

    def classic(self) -> str:
        """A new token; the old one ends."""
        self.issued += 1
        self.current = f"token-{self.issued}-{'x' * 20}"
        self.until = self.clock() + TOKEN_S
        return self.current

    def stable(self, force: bool) -> str:
        """The token in force, or a new one."""
        if force or not self.is_good(self.current):
            return self.classic()
        return self.current

    def is_good(self, token: str) -> bool:
        """Whether calls with it are taken."""
        return bool(token) and token == self.current and self.clock() < self.until
