"""What is noted within the observation of a complaint, its alert, and the skills of staff."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "complaint_observations",
        sa.Column("complaint_no", sa.String(length=20), nullable=False),
        sa.Column("life", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("ref", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bad", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["complaint_no"],
            ["complaints.no"],
            name=op.f("fk_complaint_observations_complaint_no_complaints"),
        ),
        sa.PrimaryKeyConstraint(
            "complaint_no", "life", "kind", "ref", name=op.f("pk_complaint_observations")
        ),
    )
    op.create_table(
        "complaint_alerts",
        sa.Column("complaint_no", sa.String(length=20), nullable=False),
        sa.Column("life", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["complaint_no"],
            ["complaints.no"],
            name=op.f("fk_complaint_alerts_complaint_no_complaints"),
        ),
        sa.PrimaryKeyConstraint("complaint_no", "life", name=op.f("pk_complaint_alerts")),
    )
    op.create_index(
        "ix_complaint_alerts_open",
        "complaint_alerts",
        ["raised_at"],
        sqlite_where=sa.text("seen_at IS NULL"),
        postgresql_where=sa.text("seen_at IS NULL"),
    )
    op.add_column("staff", sa.Column("skills", sa.JSON(), nullable=False, server_default="[]"))
