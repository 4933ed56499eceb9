"""Compensation requests, decisions about them, customer tiers, files of archived complaints."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "compensation_requests",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("complaint_no", sa.String(length=20), nullable=False),
        sa.Column("idempotency_key", sa.String(length=80), nullable=False),
        sa.Column("author_id", sa.String(length=40), nullable=False),
        sa.Column("author_name", sa.String(length=80), nullable=False),
        sa.Column("author_role", sa.String(length=20), nullable=False),
        sa.Column("category", sa.String(length=30), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("level", sa.String(length=12), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("overcharged", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("split", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_compensation_requests_amount_positive")),
        sa.ForeignKeyConstraint(
            ["complaint_no"],
            ["complaints.no"],
            name=op.f("fk_compensation_requests_complaint_no_complaints"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_compensation_requests")),
        sa.UniqueConstraint(
            "complaint_no",
            "author_id",
            "idempotency_key",
            name=op.f("uq_compensation_requests_complaint_no_author_id_idempotency_key"),
        ),
    )
    for name, columns in (
        ("status_created", ["status", "created_at"]),
        ("customer", ["customer_id", "decided_at"]),
        ("phone", ["phone", "decided_at"]),
    ):
        op.create_index(f"ix_compensation_requests_{name}", "compensation_requests", columns)
    op.create_table(
        "compensation_decisions",
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.Column("act", sa.String(length=12), nullable=False),
        sa.Column("author_id", sa.String(length=40), nullable=False),
        sa.Column("actor_id", sa.String(length=40), nullable=False),
        sa.Column("actor_name", sa.String(length=80), nullable=False),
        sa.Column("actor_role", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("complaint_granted", sa.BigInteger(), nullable=False),
        sa.Column("customer_granted", sa.BigInteger(), nullable=False),
        sa.Column("actor_limit", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "act <> 'approve' OR actor_id <> author_id",
            name=op.f("ck_compensation_decisions_four_eyes"),
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["compensation_requests.id"],
            name=op.f("fk_compensation_decisions_request_id_compensation_requests"),
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_compensation_decisions")),
    )
    op.create_table(
        "customer_tiers",
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=20), nullable=False),
        sa.Column("tier", sa.String(length=20), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_customer_tiers")),
    )
    op.create_table(
        "complaint_archives",
        sa.Column("complaint_no", sa.String(length=20), nullable=False),
        sa.Column("life", sa.Integer(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["complaint_no"],
            ["complaints.no"],
            name=op.f("fk_complaint_archives_complaint_no_complaints"),
        ),
        sa.PrimaryKeyConstraint("complaint_no", "life", name=op.f("pk_complaint_archives")),
    )
