"""The whole life of a complaint: states, clocks, people, evidence, calls, full text."""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SEARCH = {
    "sqlite": (
        "CREATE VIRTUAL TABLE IF NOT EXISTS complaint_search "
        "USING fts5(words, tokenize='unicode61')",
    ),
    "postgresql": (
        "CREATE TABLE IF NOT EXISTS complaint_search "
        "(key BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)",
        "CREATE INDEX IF NOT EXISTS complaint_search_words ON complaint_search USING gin (words)",
    ),
}


def upgrade() -> None:  # noqa: PLR0915
    """Apply; complaints that are there keep their state."""
    with op.batch_alter_table("complaint_timeline") as batch_op:
        batch_op.add_column(sa.Column("actor_id", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("round", sa.Integer(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("life", sa.Integer(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("from_state", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("to_state", sa.String(length=20), nullable=True))
    with op.batch_alter_table("complaints") as batch_op:
        batch_op.add_column(sa.Column("key", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("external_id", sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column("round", sa.Integer(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("life", sa.Integer(), nullable=False, server_default="1"))
        batch_op.add_column(
            sa.Column("model", sa.String(length=80), nullable=False, server_default="")
        )
        batch_op.add_column(
            sa.Column("order_no", sa.String(length=40), nullable=False, server_default="")
        )
        batch_op.add_column(
            sa.Column("customer_name", sa.String(length=80), nullable=False, server_default="")
        )
        batch_op.add_column(
            sa.Column("contact", sa.String(length=200), nullable=False, server_default="")
        )
        batch_op.add_column(
            sa.Column("occurred_at", sa.String(length=80), nullable=False, server_default="")
        )
        batch_op.add_column(
            sa.Column("place", sa.String(length=200), nullable=False, server_default="")
        )
        batch_op.add_column(
            sa.Column("no_evidence_reason", sa.Text(), nullable=False, server_default="")
        )
        batch_op.add_column(
            sa.Column("evidence_count", sa.Integer(), nullable=False, server_default="0")
        )
        batch_op.add_column(
            sa.Column("responsibility", sa.String(length=20), nullable=False, server_default="")
        )
        batch_op.add_column(
            sa.Column("need", sa.String(length=20), nullable=False, server_default="")
        )
        batch_op.add_column(
            sa.Column("motive", sa.String(length=20), nullable=False, server_default="")
        )
        batch_op.add_column(
            sa.Column("assessment_note", sa.Text(), nullable=False, server_default="")
        )
        batch_op.add_column(sa.Column("assigned_to", sa.String(length=40), nullable=True))
        batch_op.add_column(
            sa.Column("assigned_name", sa.String(length=80), nullable=False, server_default="")
        )
        batch_op.add_column(sa.Column("plan", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("waiting_for", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(
            sa.Column("escalated", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(
            sa.Column("customer_word", sa.Text(), nullable=False, server_default="")
        )
        batch_op.add_column(sa.Column("score", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("satisfied", sa.Boolean(), nullable=True))
        batch_op.add_column(
            sa.Column("rating_comment", sa.Text(), nullable=False, server_default="")
        )
        batch_op.add_column(
            sa.Column("rated_by", sa.String(length=10), nullable=False, server_default="")
        )
        batch_op.add_column(sa.Column("rated_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(
            sa.Column("rating_waiver", sa.Text(), nullable=False, server_default="")
        )
        batch_op.add_column(sa.Column("rejection", sa.JSON(), nullable=True))
        batch_op.add_column(
            sa.Column("is_open", sa.Boolean(), nullable=False, server_default=sa.true())
        )
        batch_op.add_column(
            sa.Column("overdue", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(sa.Column("next_due_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(
            sa.Column("next_clock", sa.String(length=20), nullable=False, server_default="")
        )
        batch_op.add_column(
            sa.Column("next_clock_state", sa.String(length=10), nullable=False, server_default="")
        )
        batch_op.add_column(sa.Column("clocks_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True))
    _fill_in()
    with op.batch_alter_table("complaints") as batch_op:
        batch_op.alter_column("key", existing_type=sa.BigInteger(), nullable=False)
        batch_op.alter_column(
            "updated_at", existing_type=sa.DateTime(timezone=True), nullable=False
        )
        batch_op.create_index(
            "ix_complaints_escalated_key",
            ["is_open", "key"],
            unique=False,
            sqlite_where=sa.text("escalated"),
            postgresql_where=sa.text("escalated"),
        )
        batch_op.create_index(
            "ix_complaints_waiting_key",
            ["is_open", "key"],
            unique=False,
            sqlite_where=sa.text("waiting_for <> ''"),
            postgresql_where=sa.text("waiting_for <> ''"),
        )
        batch_op.create_index(
            "ix_complaints_category_key", ["category", "is_open", "key"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_complaints_external_id"), ["external_id"], unique=False
        )
        batch_op.create_index(
            "ix_complaints_holder_key", ["assigned_to", "is_open", "key"], unique=False
        )
        batch_op.create_index("ix_complaints_open_due", ["is_open", "next_due_at"], unique=False)
        batch_op.create_index("ix_complaints_open_key", ["is_open", "key"], unique=False)
        batch_op.create_index("ix_complaints_overdue_due", ["overdue", "next_due_at"], unique=False)
        batch_op.create_index(
            "ix_complaints_priority_key", ["priority", "is_open", "key"], unique=False
        )
        batch_op.create_index("ix_complaints_state_key", ["state", "key"], unique=False)
        batch_op.create_unique_constraint(batch_op.f("uq_complaints_key"), ["key"])
    op.create_table(
        "complaint_views",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("staff_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("query", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_views")),
        sa.UniqueConstraint("staff_id", "name", name=op.f("uq_complaint_views_staff_id_name")),
    )
    op.create_table(
        "complaint_calls",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("complaint_no", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("say", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["complaint_no"],
            ["complaints.no"],
            name=op.f("fk_complaint_calls_complaint_no_complaints"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_calls")),
    )
    with op.batch_alter_table("complaint_calls") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_complaint_calls_complaint_no"), ["complaint_no"], unique=False
        )
        batch_op.create_index("ix_complaint_calls_done_due", ["done_at", "due_at"], unique=False)
    op.create_table(
        "complaint_clocks",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("complaint_no", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("life", sa.Integer(), nullable=False),
        sa.Column("budget_s", sa.Integer(), nullable=False),
        sa.Column("calendar", sa.String(length=10), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("running_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stretches", sa.JSON(), nullable=False),
        sa.Column("warn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("breached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("earlier", sa.JSON(), nullable=False),
        sa.Column("history", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["complaint_no"],
            ["complaints.no"],
            name=op.f("fk_complaint_clocks_complaint_no_complaints"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_clocks")),
    )
    with op.batch_alter_table("complaint_clocks") as batch_op:
        batch_op.create_index(
            "ix_complaint_clocks_complaint_ended", ["complaint_no", "ended_at"], unique=False
        )
        batch_op.create_index("ix_complaint_clocks_next_at", ["next_at"], unique=False)
    op.create_table(
        "complaint_entry_keys",
        sa.Column("caller", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("complaint_no", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["complaint_no"],
            ["complaints.no"],
            name=op.f("fk_complaint_entry_keys_complaint_no_complaints"),
        ),
        sa.PrimaryKeyConstraint("caller", "key", name=op.f("pk_complaint_entry_keys")),
    )
    op.create_table(
        "complaint_evidence",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("complaint_no", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("mime", sa.String(length=80), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("thumbnail", sa.Boolean(), nullable=False),
        sa.Column("added_by", sa.String(length=80), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["complaint_no"],
            ["complaints.no"],
            name=op.f("fk_complaint_evidence_complaint_no_complaints"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_evidence")),
    )
    with op.batch_alter_table("complaint_evidence") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_complaint_evidence_complaint_no"), ["complaint_no"], unique=False
        )
    op.create_table(
        "complaint_lives",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("complaint_no", sa.String(length=20), nullable=False),
        sa.Column("life", sa.Integer(), nullable=False),
        sa.Column("ended_state", sa.String(length=20), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reopened_by", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("kept", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["complaint_no"],
            ["complaints.no"],
            name=op.f("fk_complaint_lives_complaint_no_complaints"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_lives")),
        sa.UniqueConstraint(
            "complaint_no", "life", name=op.f("uq_complaint_lives_complaint_no_life")
        ),
    )
    op.create_table(
        "complaint_measures",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("complaint_no", sa.String(length=20), nullable=False),
        sa.Column("life", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["complaint_no"],
            ["complaints.no"],
            name=op.f("fk_complaint_measures_complaint_no_complaints"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_measures")),
    )
    with op.batch_alter_table("complaint_measures") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_complaint_measures_complaint_no"), ["complaint_no"], unique=False
        )
    op.create_table(
        "complaint_notices",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("staff_id", sa.String(length=40), nullable=False),
        sa.Column("complaint_no", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["complaint_no"],
            ["complaints.no"],
            name=op.f("fk_complaint_notices_complaint_no_complaints"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_notices")),
    )
    with op.batch_alter_table("complaint_notices") as batch_op:
        batch_op.create_index(
            "ix_complaint_notices_staff_read", ["staff_id", "read_at", "id"], unique=False
        )
    op.create_table(
        "complaint_viewers",
        sa.Column("complaint_no", sa.String(length=20), nullable=False),
        sa.Column("staff_id", sa.String(length=40), nullable=False),
        sa.Column("display_name", sa.String(length=80), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["complaint_no"],
            ["complaints.no"],
            name=op.f("fk_complaint_viewers_complaint_no_complaints"),
        ),
        sa.PrimaryKeyConstraint("complaint_no", "staff_id", name=op.f("pk_complaint_viewers")),
    )
    op.create_table(
        "complaint_watchers",
        sa.Column("complaint_no", sa.String(length=20), nullable=False),
        sa.Column("staff_id", sa.String(length=40), nullable=False),
        sa.Column("display_name", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["complaint_no"],
            ["complaints.no"],
            name=op.f("fk_complaint_watchers_complaint_no_complaints"),
        ),
        sa.PrimaryKeyConstraint("complaint_no", "staff_id", name=op.f("pk_complaint_watchers")),
    )
    with op.batch_alter_table("complaint_watchers") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_complaint_watchers_staff_id"), ["staff_id"], unique=False
        )
    with op.batch_alter_table("pages") as batch_op:
        batch_op.add_column(sa.Column("complaint_no", sa.String(length=20), nullable=True))
        batch_op.alter_column("conversation_id", existing_type=sa.VARCHAR(length=40), nullable=True)
        batch_op.create_index(batch_op.f("ix_pages_complaint_no"), ["complaint_no"], unique=False)
    for statement in SEARCH[op.get_bind().dialect.name]:
        op.execute(statement)


def _fill_in() -> None:
    """Give the complaints there are their sorting key and their telephone number in digits."""
    table = sa.table(
        "complaints",
        sa.column("no", sa.String),
        sa.column("key", sa.BigInteger),
        sa.column("phone", sa.String),
        sa.column("created_at", sa.DateTime(timezone=True)),
        sa.column("updated_at", sa.DateTime(timezone=True)),
    )
    connection = op.get_bind()
    for no, phone in connection.execute(sa.select(table.c.no, table.c.phone)).all():
        day, _, count = no.removeprefix("TS").partition("-")
        bare = re.sub(r"\D", "", phone)
        bare = bare[2:] if len(bare) == 13 and bare.startswith("86") else bare
        connection.execute(
            sa.update(table)
            .where(table.c.no == no)
            .values(
                key=int(day) * 1_000_000 + int(count),
                phone=bare or phone,
                updated_at=table.c.created_at,
            )
        )


def downgrade() -> None:
    """Undo."""
    op.execute("DROP TABLE IF EXISTS complaint_search")
    for name in [
        "complaint_views",
        "complaint_calls",
        "complaint_clocks",
        "complaint_entry_keys",
        "complaint_evidence",
        "complaint_lives",
        "complaint_measures",
        "complaint_notices",
        "complaint_viewers",
        "complaint_watchers",
    ]:
        op.drop_table(name)
    op.execute("DELETE FROM pages WHERE conversation_id IS NULL")
    with op.batch_alter_table("pages") as batch_op:
        batch_op.drop_index(op.f("ix_pages_complaint_no"))
        batch_op.alter_column("conversation_id", existing_type=sa.String(length=40), nullable=False)
        batch_op.drop_column("complaint_no")
    with op.batch_alter_table("complaints") as batch_op:
        batch_op.drop_constraint(op.f("uq_complaints_key"), type_="unique")
        for name in [
            "ix_complaints_escalated_key",
            "ix_complaints_waiting_key",
            "ix_complaints_category_key",
            "ix_complaints_external_id",
            "ix_complaints_holder_key",
            "ix_complaints_open_due",
            "ix_complaints_open_key",
            "ix_complaints_overdue_due",
            "ix_complaints_priority_key",
            "ix_complaints_state_key",
        ]:
            batch_op.drop_index(name)
        for name in [
            "key",
            "version",
            "external_id",
            "round",
            "life",
            "model",
            "order_no",
            "customer_name",
            "contact",
            "occurred_at",
            "place",
            "no_evidence_reason",
            "evidence_count",
            "responsibility",
            "need",
            "motive",
            "assessment_note",
            "assigned_to",
            "assigned_name",
            "plan",
            "waiting_for",
            "escalated",
            "attempts",
            "customer_word",
            "score",
            "satisfied",
            "rating_comment",
            "rated_by",
            "rated_at",
            "rating_waiver",
            "rejection",
            "is_open",
            "overdue",
            "next_due_at",
            "next_clock",
            "next_clock_state",
            "clocks_since",
            "updated_at",
        ]:
            batch_op.drop_column(name)
    with op.batch_alter_table("complaint_timeline") as batch_op:
        for name in ["actor_id", "version", "round", "life", "from_state", "to_state"]:
            batch_op.drop_column(name)
