"""All parts of one process, built in one place and started in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import httpx
from redis.asyncio import Redis

from api.archiving import Archiving
from api.bot_actions import BotActions, action_services
from api.case_search import CaseSearch, Opened, engine_opener
from api.complaint_news import EVENTS, ComplaintNews
from api.complaint_ports import ConversationVoice, DeskStaffing, Listening, PageEscalations
from api.drafting import Drafting
from api.evidence import EvidenceFiles
from api.knowledge import Knowledge
from api.limits import RateLimit
from api.personal_data import PersonalData
from api.presenting import Presenter
from api.presenting_complaints import ComplaintPresenter
from api.rasa_bot import RasaBot
from api.readiness import Readiness
from api.sidebar import Sidebar
from api.staff.service import StaffService
from api.tokens import Tokens, secret_key
from api.triage import Assessor, GatewayTriage
from api.uploads import Uploads
from api.watching import CustomerWatch
from api.websockets import Hub
from api.wechat import Wechat, build_wechat
from assist.drafts.check import DraftCheck
from assist.drafts.tone import shipped_classifier
from assist.feedback.service import FeedbackService
from complaints.compensation.judging import Judge
from complaints.compensation.lifecycle import Lifecycle
from complaints.compensation.service import CompensationService
from complaints.ports import Ports
from complaints.service import ComplaintService
from complaints.sweeper import Sweeper
from complaints.tiering import Tiering
from conversations.answering import Answering
from conversations.bot_turn import BotTurns
from conversations.channels.web.channel import WebChannel
from conversations.duty import Duty
from conversations.handover import Handover
from conversations.intake import Intake
from conversations.judging import Judging
from conversations.offers import Offers
from conversations.outbox import Dispatcher
from conversations.ports import Bot
from conversations.safety import Safety
from conversations.timers import Timers
from conversations.turns import TurnRunner
from foundation.clock import Clock, SystemClock
from foundation.database import Database
from foundation.events import Events, RedisEvents, create_events
from foundation.settings import Settings
from foundation.transactions import UnitOfWork
from knowledge_base.seeding import SafetyAdvice
from knowledge_base.service import CaseLibrary
from orders.service import OrderService
from repairs.service import RepairService
from webhooks.dispatcher import WebhookDispatcher
from webhooks.sending import Sender
from webhooks.service import Webhooks

STATUS_TRIES = 5
STATUS_WINDOW_S = 900.0
"""Wrong telephone numbers for one complaint number that an address may try."""


@dataclass(frozen=True)
class Parts:
    """Everything that routes, sockets and workers reach for."""

    settings: Settings
    clock: Clock
    database: Database
    events: Events
    work: UnitOfWork
    tokens: Tokens
    staff: StaffService
    duty: Duty
    handover: Handover
    safety: Safety
    intake: Intake
    complaints: ComplaintService
    compensations: CompensationService
    tiering: Tiering
    repairs: RepairService
    orders: OrderService
    triage: GatewayTriage
    bot: Bot
    actions: BotActions
    library: CaseLibrary
    search: CaseSearch
    sidebar: Sidebar
    drafting: Drafting
    feedback: FeedbackService
    knowledge: Knowledge
    runner: TurnRunner
    dispatcher: Dispatcher
    webhooks: Webhooks
    webhook_dispatcher: WebhookDispatcher
    wechat: Wechat
    timers: Timers
    sweeper: Sweeper
    watch: CustomerWatch
    listening: Listening
    presenter: Presenter
    complaint_presenter: ComplaintPresenter
    evidence: EvidenceFiles
    personal_data: PersonalData
    hub: Hub
    uploads: Uploads
    ip_limit: RateLimit
    status_limit: RateLimit
    customer_limit: RateLimit
    readiness: Readiness
    http: httpx.AsyncClient

    async def start(self) -> None:
        """Start everything an API process runs; messages are worked once triage can judge."""
        await self.events.start()
        await self.hub.start()
        await self.search.start(self.sidebar.load)
        await self.triage.load(self.settings)
        await self.runner.start()
        await self.wechat.channel.start()
        await self.listening.start()
        if self.settings.run_worker_in_api:
            await self.start_worker()

    async def start_worker(self) -> None:
        """Start what looks after deadlines and deliveries."""
        await self.dispatcher.start()
        await self.webhook_dispatcher.start()
        await self.timers.start()
        await self.sweeper.start()
        await self.watch.start()

    async def stop(self) -> None:
        """Stop in the opposite order: finish what is in hand, take in nothing new."""
        await self.watch.stop()
        await self.sweeper.stop()
        await self.timers.stop()
        await self.webhook_dispatcher.stop()
        await self.dispatcher.stop()
        await self.wechat.channel.stop()
        await self.runner.stop()
        await self.listening.stop()
        await self.hub.stop()
        await self.search.stop()
        await self.events.stop()
        await self.http.aclose()
        await self.database.close()


def build_parts(
    settings: Settings,
    *,
    clock: Clock | None = None,
    events: Events | None = None,
    bot: Bot | None = None,
    assessor: Assessor | None = None,
    open_engine: Callable[[], Opened] | None = None,
) -> Parts:
    """Wire one process. What is passed replaces the real part; nothing is opened yet."""
    clock = clock or SystemClock()
    database = Database(settings.effective_database_url)
    events = events or create_events(settings.events_url)
    work = UnitOfWork(database, events)
    http = httpx.AsyncClient()
    tokens = Tokens(settings, clock)
    duty = Duty(settings)
    handover = Handover(settings, clock, duty)
    offers = Offers(settings, clock, duty, handover)
    library = CaseLibrary(clock, settings.timezone)
    search = CaseSearch(settings, work, library, open_engine or engine_opener(settings, library))
    knowledge = Knowledge(settings, work, library, search, SafetyAdvice.load())
    judge = Judge(settings, clock)
    tiering = Tiering(settings, clock)
    ports = Ports(
        escalations=PageEscalations(clock),
        voice=ConversationVoice(clock),
        compensations=judge,
        staffing=DeskStaffing(clock, duty),
        archive=Archiving(clock, library, tiering),
    )
    complaints = ComplaintService(settings, clock, ports)
    safety = Safety(settings, clock, handover, knowledge, complaints)
    triage = GatewayTriage(assessor)
    judging = Judging(triage)
    bot = bot or RasaBot(settings, http)
    answering = Answering(
        clock, work, handover, safety, offers, bot, BotTurns(settings, bot, knowledge)
    )
    repairs = RepairService(clock, settings.timezone)
    orders = OrderService(clock)
    actions = BotActions(
        action_services(settings, clock, work, library, search, repairs, complaints, orders)
    )
    webhooks = Webhooks(settings, clock, secret_key(settings), EVENTS)
    work.keep_with(ComplaintNews(webhooks).keep)
    sender = Sender(webhooks.rules, settings.webhook_timeout_s)
    draft_check = DraftCheck(shipped_classifier(), settings.progress_every_min // 60)
    sidebar = Sidebar(work, library, draft_check)
    presenter = Presenter(clock, duty, tokens, knowledge.title)
    intake = Intake(settings, clock, work, handover, judging)
    runner = TurnRunner(settings, clock, work, duty, safety, judging, answering)
    uploads = Uploads(settings, clock, work)
    wechat = build_wechat(settings, clock, work, http, tokens, uploads, intake, handover, runner)
    couriers = {"wechat": wechat.post} if settings.wechat_accounts else {}
    return Parts(
        settings=settings,
        clock=clock,
        database=database,
        events=events,
        work=work,
        tokens=tokens,
        staff=StaffService(settings, clock, work),
        duty=duty,
        handover=handover,
        safety=safety,
        intake=intake,
        complaints=complaints,
        compensations=CompensationService(clock, Lifecycle(clock, complaints.approval), judge),
        tiering=tiering,
        repairs=repairs,
        orders=orders,
        triage=triage,
        bot=bot,
        actions=actions,
        library=library,
        search=search,
        sidebar=sidebar,
        drafting=Drafting(draft_check, sidebar, complaints, judge),
        feedback=FeedbackService(library, clock),
        knowledge=knowledge,
        runner=runner,
        dispatcher=Dispatcher(settings, clock, work, {"web": WebChannel(events)}, couriers),
        wechat=wechat,
        webhooks=webhooks,
        webhook_dispatcher=WebhookDispatcher(settings, clock, work, webhooks, sender),
        timers=Timers(settings, clock, work, handover, safety),
        sweeper=Sweeper(settings, clock, work, complaints),
        watch=CustomerWatch(settings, clock, work, complaints.observation),
        listening=Listening(clock, work, complaints),
        presenter=presenter,
        complaint_presenter=ComplaintPresenter(clock, tokens, complaints, judge, tiering),
        evidence=EvidenceFiles(settings, clock, work),
        personal_data=PersonalData(settings, clock, work),
        hub=Hub(work, events, presenter),
        uploads=uploads,
        status_limit=RateLimit(STATUS_TRIES, window_s=STATUS_WINDOW_S),
        ip_limit=RateLimit(settings.requests_per_minute_per_ip),
        customer_limit=RateLimit(settings.customer_messages_per_minute),
        readiness=_readiness(settings, database, events, triage, search, bot),
        http=http,
    )


def _readiness(
    settings: Settings,
    database: Database,
    events: Events,
    triage: GatewayTriage,
    search: CaseSearch,
    bot: Bot,
) -> Readiness:
    async def database_check() -> None:
        await database.ping()

    async def events_check() -> None:
        if isinstance(events, RedisEvents):
            async with Redis.from_url(settings.events_url) as redis:
                await redis.ping()

    async def value(problem: str | None) -> str | None:
        return problem

    async def bot_check() -> str | None:
        return await bot.ready() if isinstance(bot, RasaBot) else None

    readiness = Readiness()
    readiness.add("database", database_check)
    readiness.add("encoder", lambda: value(search.encoder_problem))
    readiness.add("search_index", lambda: value(search.index_problem))
    readiness.add("triage", lambda: value(triage.problem))
    readiness.add("bot", bot_check, required=False)
    readiness.add("events", events_check)
    return readiness
