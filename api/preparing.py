"""What must be there before any process serves: tables, the shipped library, first accounts."""

from __future__ import annotations

from api.schema import upgrade
from api.staff.service import NewAccount
from api.wiring import Parts
from foundation.settings import Settings


async def prepare(settings: Settings, parts: Parts) -> list[NewAccount]:
    """Upgrade the tables, load the seed, make the first accounts; those made just now.

    Safe at every start and in every process.
    """
    await upgrade(settings.effective_database_url)
    await parts.load_seed()
    return await parts.staff.create_first_accounts()


def accounts_text(accounts: list[NewAccount]) -> str:
    """Sign-ins for the terminal, told this once; empty when there are none."""
    if not accounts:
        return ""
    lines = [
        f"  {a.staff.username:<12} {a.password:<16} {a.staff.role} · {a.staff.display_name}"
        for a in accounts
    ]
    return "\n".join(["首次登录账号（只显示这一次，请记下） sign-ins, shown this once:", *lines])
