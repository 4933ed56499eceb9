"""Every setting of Frontline in one class; the environment or a `.env` file overrides defaults.

Variables are named `FRONTLINE_` + the field's name in capitals. docs/settings.md is generated
from the descriptions below and a test keeps the two equal.
"""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from foundation.wechat_accounts import WechatAccount

ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Settings of all processes: read once at start-up and handed down, never a global."""

    model_config = SettingsConfigDict(
        env_prefix="FRONTLINE_", env_file=".env", extra="ignore", frozen=True
    )

    company_name: str = Field("安心家电", description="Company name shown to customers.")
    data_dir: Path = Field(
        ROOT / "var", description="Folder for the database, uploads, models and logs."
    )
    database_url: str = Field(
        "",
        description="SQLAlchemy URL; empty means SQLite in the data folder. "
        "`postgresql+psycopg://…` selects PostgreSQL.",
    )
    events_url: str = Field(
        "memory://",
        description="Where processes tell each other news: `memory://` for one API process, "
        "`redis://host:port/0` for several.",
    )
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="Key that signs customer tokens; empty means one is made and kept in the "
        "data folder.",
    )
    host: str = Field("127.0.0.1", description="Address the API listens on.")
    port: int = Field(8080, description="Port the API listens on.", ge=0, le=65535)
    allowed_origins: list[str] = Field(
        ["*"], description="Sites that may embed the customer widget (CORS), as a JSON list."
    )
    trusted_proxies: int = Field(
        0, description="Reverse proxies in front whose X-Forwarded-For is believed.", ge=0
    )
    log_level: str = Field("INFO", description="Least severe level that is logged.")
    log_format: str = Field("console", description="`console` for people, `json` for machines.")

    rasa_url: str = Field(
        "http://127.0.0.1:5005", description="Address of the Rasa server, of the first if several."
    )
    bot_processes: int = Field(
        1,
        description="Rasa servers; each listens at the port after the one before. Each takes about "
        "0.8 GB and up to one core.",
        ge=1,
        le=64,
    )
    rasa_token: SecretStr = Field(
        SecretStr(""), description="Token of Rasa's HTTP API, if it is started with one."
    )
    bot_timeout_s: float = Field(
        3.0, description="Longest wait for the bot before the fallback answers (seconds).", gt=0
    )
    bot_breaker_failures: int = Field(
        3, description="Failures in a row after which the bot is left alone for a while.", ge=1
    )
    bot_breaker_open_s: float = Field(
        10.0, description="How long the bot is left alone then (seconds).", gt=0
    )

    encoder_model: str = Field(
        "",
        description="Folder or name of a sentence-transformers model; empty means the built "
        "default in `models/encoder` of the data folder.",
    )
    triage_model: str = Field(
        "",
        description="Folder of the triage model; empty means the one built into `models/triage` "
        "of the data folder.",
    )
    encoder_threads: int = Field(1, description="Threads of one encoding.", ge=1)
    direct_answer_score: float = Field(
        0.72, description="Calibrated score from which the bot answers directly.", ge=0, le=1
    )
    choice_score: float = Field(
        0.35, description="Calibrated score from which the bot offers a choice.", ge=0, le=1
    )
    index_poll_s: float = Field(
        0.5, description="How often a process looks for changed cases (seconds).", gt=0
    )

    message_max_chars: int = Field(
        4000, description="Longest customer message kept whole (characters).", ge=1
    )
    request_max_bytes: int = Field(
        1_000_000, description="Largest request body other than an upload (bytes).", ge=1024
    )
    upload_max_bytes: int = Field(10_000_000, description="Largest uploaded file (bytes).", ge=1024)
    customer_messages_per_minute: int = Field(
        40, description="Messages one customer may send a minute.", ge=1
    )
    requests_per_minute_per_ip: int = Field(
        600, description="Unauthenticated requests one address may make a minute.", ge=1
    )
    customer_token_days: int = Field(
        30, description="How long a customer's token for his conversation holds (days).", ge=1
    )
    staff_session_hours: int = Field(
        12, description="How long a staff sign-in holds without use (hours).", ge=1
    )
    sign_in_attempts: int = Field(
        8, description="Failed sign-ins per name and address in 15 minutes before a pause.", ge=1
    )

    timezone: str = Field("Asia/Shanghai", description="Time zone of the organisation.")
    office_opens: time = Field(time(9, 0), description="When human agents start.")
    office_closes: time = Field(time(21, 0), description="When human agents stop.")
    work_shifts: list[str] = Field(
        ["09:00-12:00", "13:00-21:00"],
        description="Working hours of complaint clocks on a working day, as a JSON list; the gap "
        "is the lunch break. A shift that closes before it opens ends the next morning.",
    )
    first_response_general_min: int = Field(
        60, description="First human response, `general` (working minutes).", ge=1
    )
    first_response_important_min: int = Field(
        30, description="First human response, `important` (working minutes).", ge=1
    )
    first_response_urgent_min: int = Field(
        15, description="First response of the emergency team, `urgent` (minutes).", ge=1
    )
    first_response_sensitive_min: int = Field(
        30, description="First response of a senior manager, `sensitive` (minutes).", ge=1
    )
    plan_general_min: int = Field(
        24 * 60, description="Preliminary plan, `general` (working minutes).", ge=1
    )
    plan_important_min: int = Field(
        12 * 60, description="Preliminary plan, `important` (working minutes).", ge=1
    )
    plan_urgent_min: int = Field(4 * 60, description="Preliminary plan, `urgent` (minutes).", ge=1)
    investigation_urgent_min: int = Field(
        15, description="Investigation has begun, `urgent` (minutes).", ge=1
    )
    statement_sensitive_min: int = Field(
        4 * 60, description="Statement framework, `sensitive` (minutes).", ge=1
    )
    progress_every_min: int = Field(
        24 * 60, description="Longest time between progress messages (minutes).", ge=1
    )
    follow_up_min: int = Field(
        24 * 60, description="Follow-up and rating invitation after `resolved` (minutes).", ge=1
    )
    observation_days: int = Field(30, description="Observation after `confirmed` (days).", ge=1)
    observation_quiet_h: float = Field(
        4.0, description="Silence after which a customer's next message is a new contact (hours).",
        gt=0,
    )  # fmt: skip
    clock_warn_share: float = Field(
        0.75, description="Share of a clock's time after which it warns.", gt=0, lt=1
    )
    clock_sweep_s: float = Field(
        1.0, description="How often complaint clocks are looked at (seconds).", gt=0
    )
    suspected_silence_s: float = Field(
        60.0, description="Silence after the safety question that counts as yes (seconds).", gt=0
    )
    page_repeat_s: float = Field(
        30.0, description="How often an unacknowledged emergency pages again (seconds).", gt=0
    )
    queue_reoffer_s: float = Field(
        120.0, description="Wait after which a queued conversation is offered again.", gt=0
    )
    queue_callback_s: float = Field(
        600.0, description="Wait after which a call-back is registered instead.", gt=0
    )
    handling_minutes: float = Field(
        6.0, description="Typical minutes an agent needs, for the waiting time told.", gt=0
    )
    outbox_poll_s: float = Field(
        1.0, description="How often the dispatcher looks for messages left over.", gt=0
    )
    outbox_max_attempts: int = Field(
        8, description="Tries before an outgoing message is put aside for a person.", ge=1
    )
    webhook_timeout_s: float = Field(
        10.0, description="Longest wait for a webhook's receiver, from name to answer.", gt=0, le=60
    )
    webhook_max_attempts: int = Field(
        11,
        description="Tries before a webhook delivery is put aside for a person; 11 take a day.",
        ge=1,
    )
    webhook_parallel: int = Field(
        4, description="Calls at a time to one webhook's receiver.", ge=1, le=32
    )
    webhook_poll_s: float = Field(
        1.0, description="How often webhook deliveries that are due are looked for.", gt=0
    )
    webhook_keep_days: int = Field(
        30, description="How long the log of webhook deliveries is kept (days).", ge=1
    )
    webhook_allow_http: bool = Field(
        False, description="Let webhooks go to `http` addresses too, unencrypted."
    )
    webhook_allowed_networks: list[str] = Field(
        [],
        description="Private networks that webhooks may be sent into, as a JSON list "
        '(`["10.20.0.0/16"]`); all others are refused.',
    )
    run_worker_in_api: bool = Field(
        True,
        description="Run timers and dispatcher inside the API process; turn off where "
        "`frontline worker` runs beside it.",
    )

    public_url: str = Field(
        "",
        description="Address under which customers reach this service, for links sent to them "
        "(`https://service.example.com`); empty means that no link is sent.",
    )
    wechat_accounts: list[WechatAccount] = Field(
        [],
        description="WeChat official accounts as a JSON list of objects: `name` (last part of the "
        "callback address), `app_id`, `app_secret`, `token`, `aes_key`, `mode` (`plain`, "
        "`compatible`, `safe`), `customer_service` (false without that right), `menu` (words for "
        "menu keys). See docs/wechat.md.",
    )
    wechat_api_url: str = Field(
        "https://api.weixin.qq.com", description="Address of the WeChat platform's API."
    )
    wechat_token_api: Literal["stable", "classic"] = Field(
        "stable",
        description="How access tokens are fetched: `stable` (`/cgi-bin/stable_token`) or "
        "`classic` (`/cgi-bin/token`, each call ends the token before).",
    )
    wechat_token_early_s: float = Field(
        600.0, description="How long before its end an access token is renewed (seconds).", ge=0
    )
    wechat_callback_max_bytes: int = Field(
        65_536, description="Largest callback of the platform (bytes).", ge=1024
    )
    wechat_replay_window_s: float = Field(
        300.0, description="How far a callback's time may be from ours (seconds).", gt=0
    )
    wechat_passive_wait_s: float = Field(
        3.8,
        description="How long a callback is kept open for an answer by passive reply, which costs "
        "none of the customer's quota (seconds, under 5; 0 acknowledges at once).",
        ge=0,
        lt=4.8,
    )
    wechat_passive_held: int = Field(
        32,
        description="Callbacks that one process keeps open at the same time; beyond it they are "
        "acknowledged at once and answered by customer-service message.",
        ge=0,
    )
    wechat_text_max_bytes: int = Field(
        2047, description="Longest text of one WeChat message (bytes).", ge=1024
    )
    wechat_quota: dict[str, tuple[int, int]] = Field(
        {"message": (5, 172_800), "menu": (3, 60), "subscribe": (3, 60), "scan": (3, 60)},
        description="Customer-service messages that an act of the customer allows, and for how "
        "many seconds, as JSON.",
    )
    wechat_send_timeout_s: float = Field(
        5.0, description="Longest wait for the platform's answer to a call (seconds).", gt=0
    )
    wechat_sends_at_once: int = Field(
        16, description="Conversations that one process delivers to WeChat at a time.", ge=1
    )
    wechat_works_at_once: int = Field(
        8, description="Customers whose WeChat callbacks one process works at a time.", ge=1
    )
    wechat_resend_unanswered: bool = Field(
        True,
        description="Send a message again when the platform did not answer in time (it may have "
        "arrived); off means that a person decides.",
    )
    wechat_keep_days: int = Field(
        3, description="How long worked callbacks are kept against repetition (days).", ge=1
    )

    compensation_authority: dict[str, dict[str, int | None]] = Field(
        {"agent": {"*": 500}, "supervisor": {"*": 2000}, "hq": {"*": None}},
        description="Highest sum of compensation (CNY) that a role decides, by complaint category "
        "(`*`: every other), as JSON; null is without limit. Other roles decide none.",
    )
    compensation_alone_max: int = Field(
        2000,
        description="Highest sum of compensation (CNY) that anybody grants without a second "
        "person, whatever his limit.",
        ge=0,
    )
    compensation_window_days: int = Field(
        30, description="Days over which a customer's compensation is added up.", ge=1
    )
    at_risk_complaints: int = Field(
        2, description="Unresolved or reopened complaints that make a customer `at_risk`.", ge=1
    )
    at_risk_days: int = Field(90, description="Days within which those complaints count.", ge=1)

    @property
    def effective_database_url(self) -> str:
        """The configured database URL or the SQLite file in the data folder."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / 'frontline.db'}"

    @property
    def rasa_urls(self) -> list[str]:
        """The address of every Rasa server."""
        first = urlsplit(self.rasa_url.rstrip("/"))
        if self.bot_processes == 1:
            return [first.geturl()]
        port = first.port or 5005
        host = f"[{first.hostname}]" if ":" in (first.hostname or "") else first.hostname
        return [
            first._replace(netloc=f"{host}:{port + n}").geturl() for n in range(self.bot_processes)
        ]

    @property
    def encoder_path(self) -> str:
        """Name or folder of the sentence encoder."""
        return self.encoder_model or str(self.data_dir / "models" / "encoder")

    @property
    def vectors_file(self) -> Path:
        """Vectors remembered over restarts, beside the encoder they come from."""
        encoder = Path(self.encoder_path)
        return (encoder.parent if encoder.is_dir() else self.data_dir) / "vectors.db"

    @property
    def triage_path(self) -> Path:
        """Folder of the triage model."""
        return Path(self.triage_model) if self.triage_model else self.data_dir / "models" / "triage"

    @property
    def uploads_dir(self) -> Path:
        """Folder of uploaded files, outside every folder that is served."""
        return self.data_dir / "uploads"
