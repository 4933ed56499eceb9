"""Prometheus metrics of all processes, in one place so that names stay consistent."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5)

MESSAGES = Counter("frontline_messages_total", "Messages persisted.", ["sender"])
TRIAGE = Counter("frontline_triage_total", "Triage outcomes.", ["level", "certainty"])
TRIAGE_SECONDS = Histogram("frontline_triage_seconds", "Time of one triage.", buckets=_SECONDS)
BOT_TURNS = Counter("frontline_bot_turns_total", "Bot turns by outcome.", ["outcome"])
BOT_SECONDS = Histogram("frontline_bot_seconds", "Time of one Rasa turn.", buckets=_SECONDS)
TURN_SECONDS = Histogram(
    "frontline_turn_seconds", "From acknowledged message to persisted reply.", buckets=_SECONDS
)
DROPPED_REPLIES = Counter("frontline_dropped_replies_total", "Replies dropped as too late.")
SEARCH_SECONDS = Histogram("frontline_search_seconds", "Time of one search.", buckets=_SECONDS)
QUEUE_LENGTH = Gauge("frontline_queue_length", "Conversations waiting for a human.")
OPEN_PAGES = Gauge("frontline_open_pages", "Emergency pages not yet acknowledged.")
OUTBOX_PENDING = Gauge("frontline_outbox_pending", "Messages waiting for delivery.")
WEBHOOKS_PENDING = Gauge("frontline_webhooks_pending", "Webhook deliveries waiting.")
WEBHOOK_DELIVERIES = Counter(
    "frontline_webhook_tries_total", "Webhook tries by the state after them.", ["state"]
)
HTTP_REQUESTS = Counter(
    "frontline_http_requests_total", "HTTP requests.", ["method", "route", "status"]
)
HTTP_SECONDS = Histogram(
    "frontline_http_seconds", "Time of one HTTP request.", ["route"], buckets=_SECONDS
)
