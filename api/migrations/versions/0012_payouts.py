"""What was paid out for granted compensation."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "compensation_payouts",
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("actor_id", sa.String(length=40), nullable=False),
        sa.Column("actor_name", sa.String(length=80), nullable=False),
        sa.Column("actor_role", sa.String(length=20), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_compensation_payouts_amount_positive")),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["compensation_requests.id"],
            name=op.f("fk_compensation_payouts_request_id_compensation_requests"),
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_compensation_payouts")),
    )
