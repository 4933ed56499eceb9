"""Indexes that hold what lists filter by, and a flag for complaints that wait for the customer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

SIFTED = (
    "state", "priority", "category", "channel", "sensitive", "assigned_to", "product", "overdue",
    "waiting", "escalated",
)  # fmt: skip
FLAGS = ("overdue", "waiting", "escalated", "sensitive")
REPLACED = ("open_key", "open_due", "state_key", "escalated_key", "waiting_key")
ADDED = {
    "newest": ("is_open", "key", *SIFTED, "next_due_at"),
    "due": ("is_open", "next_due_at", "key", *SIFTED),
    "state": ("state", "is_open", "key"),
    "load": ("assigned_to", "is_open", "overdue", "next_clock_state"),
    "channel": ("channel", "is_open", "key"),
    "product": ("product", "is_open", "key"),
}


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "complaints", sa.Column("waiting", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.execute(
        sa.text("UPDATE complaints SET waiting = :yes WHERE waiting_for <> ''").bindparams(yes=True)
    )
    for name in REPLACED:
        op.drop_index(f"ix_complaints_{name}", "complaints")
    for name, columns in ADDED.items():
        op.create_index(f"ix_complaints_{name}", "complaints", list(columns))
    for name in FLAGS:
        op.create_index(
            f"ix_complaints_{name}",
            "complaints",
            [name, "is_open", "key"],
            sqlite_where=sa.text(f"{name} IS 1"),
            postgresql_where=sa.text(f"{name} IS TRUE"),
        )
    op.create_index(
        "ix_complaint_clocks_unfinished",
        "complaint_clocks",
        ["state"],
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
