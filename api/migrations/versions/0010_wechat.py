"""The WeChat channel: contacts, callbacks, nonces, tokens; leases and parts of the outbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0007"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "wechat_contacts",
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("conversation_id", sa.String(length=40), nullable=True),
        sa.Column("subscribed", sa.Boolean(), nullable=False),
        sa.Column("grants", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_wechat_contacts_conversation_id_conversations"),
        ),
        sa.PrimaryKeyConstraint("account", "openid", name=op.f("pk_wechat_contacts")),
    )
    op.create_index(
        op.f("ix_wechat_contacts_conversation_id"), "wechat_contacts", ["conversation_id"]
    )
    op.create_table(
        "wechat_callbacks",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("order_no", sa.BigInteger(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("message_id", sa.String(length=40), nullable=True),
        sa.Column("conversation_id", sa.String(length=40), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wechat_callbacks")),
        sa.UniqueConstraint("account", "key", name=op.f("uq_wechat_callbacks_account_key")),
    )
    op.create_index(
        "ix_wechat_callbacks_waiting", "wechat_callbacks", ["done_at", "next_attempt_at"]
    )
    op.create_index(
        "ix_wechat_callbacks_contact", "wechat_callbacks", ["account", "openid", "done_at"]
    )
    op.create_table(
        "wechat_nonces",
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("stamp", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("body", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("account", "stamp", "nonce", name=op.f("pk_wechat_nonces")),
    )
    op.create_index("ix_wechat_nonces_stamp", "wechat_nonces", ["stamp"])
    op.create_table(
        "wechat_tokens",
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("token", sa.String(length=600), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("renew_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_by", sa.String(length=40), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refreshes", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=300), nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_wechat_tokens")),
    )
    with op.batch_alter_table("conversations") as conversations:
        conversations.add_column(
            sa.Column("deliver_after", sa.DateTime(timezone=True), nullable=True)
        )
    with op.batch_alter_table("outbox") as outbox:
        outbox.add_column(sa.Column("reason", sa.String(20), nullable=False, server_default=""))
        outbox.add_column(sa.Column("via", sa.String(10), nullable=False, server_default=""))
        outbox.add_column(sa.Column("sent_chars", sa.Integer(), nullable=False, server_default="0"))
        outbox.add_column(sa.Column("part_chars", sa.Integer(), nullable=False, server_default="0"))
        outbox.add_column(sa.Column("callback_id", BIG_ID, nullable=True))
        outbox.add_column(sa.Column("leased_by", sa.String(40), nullable=True))
        outbox.add_column(sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_outbox_conversation_state", "outbox", ["conversation_id", "state"])
