"""The bot's actions, run inside the API over Rasa's webhook."""

from __future__ import annotations

from rasa_sdk.executor import ActionExecutor

from bot.actions.complaint import AddEvidence, SubmitComplaint, ValidateComplaintForm
from bot.actions.feedback import Feedback
from bot.actions.handoff import Affirm, Deny, Emergency, Fallback, RequestHuman
from bot.actions.knowledge import Answer, FollowUp
from bot.actions.lookup import ValidateLookupForm
from bot.actions.orders import AnswerOrder
from bot.actions.repair import AskRepairTime, SubmitRepair, ValidateRepairForm
from bot.actions.services import ActionServices
from bot.actions.smalltalk import OutOfScope, SmallTalk

ACTIONS = (
    Answer,
    FollowUp,
    AnswerOrder,
    RequestHuman,
    Emergency,
    Fallback,
    Affirm,
    Deny,
    SmallTalk,
    OutOfScope,
    ValidateRepairForm,
    AskRepairTime,
    SubmitRepair,
    ValidateLookupForm,
    ValidateComplaintForm,
    SubmitComplaint,
    AddEvidence,
    Feedback,
)
"""Every action of the bot; the domain names the same ones."""


def build_executor(services: ActionServices) -> ActionExecutor:
    """An executor with every action registered.

    `await executor.run(payload)` takes the JSON body of Rasa's webhook call and gives the JSON
    answer `{"events": […], "responses": […]}`; None for an empty payload.
    """
    executor = ActionExecutor()
    for action in ACTIONS:
        executor.register_action(action(services))
    return executor
