"""Triage of every inbound message (SPEC section 3)."""
