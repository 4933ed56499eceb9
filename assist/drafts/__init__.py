"""The draft check: what an agent is about to send, looked at while it is typed (SPEC section 6)."""
