"""The tables of the support desk. Public schema only."""

from support.access.models import AccessSession
from support.clocks.models import Calendar, ClockEvent, DueClock, SlaPolicy, SlaTarget
from support.escalations.models import CaseEvidence, CommercialReferral, EngineeringCase, FeatureRequest
from support.evidence.models import EvidenceLink, EvidencePack, EvidencePackFile
from support.incidents.models import Incident, IncidentEntry, Signature
from support.investigations.models import (
    Determination,
    DeterminationEvidence,
    GuaranteeCheck,
    Investigation,
    Step,
    StepEvidence,
)
from support.knowledge.models import Entry, KnownIssue
from support.mail.models import InboundMail, MailHeader, OutboundMail
from support.oncall.models import Contact, Page
from support.replies.models import Approval, Draft, Footnote
from support.tickets.models import (
    Attachment,
    Classification,
    Message,
    Participant,
    Presence,
    RequiredInfo,
    Satisfaction,
    Ticket,
    TicketLink,
    TicketNumber,
    TicketState,
)

__all__ = [
    "AccessSession",
    "Approval",
    "Attachment",
    "Calendar",
    "CaseEvidence",
    "Classification",
    "ClockEvent",
    "CommercialReferral",
    "Contact",
    "Determination",
    "DeterminationEvidence",
    "Draft",
    "DueClock",
    "EngineeringCase",
    "Entry",
    "EvidenceLink",
    "EvidencePack",
    "EvidencePackFile",
    "FeatureRequest",
    "Footnote",
    "GuaranteeCheck",
    "InboundMail",
    "Incident",
    "IncidentEntry",
    "Investigation",
    "KnownIssue",
    "MailHeader",
    "Message",
    "OutboundMail",
    "Page",
    "Participant",
    "Presence",
    "RequiredInfo",
    "Satisfaction",
    "Signature",
    "SlaPolicy",
    "SlaTarget",
    "Step",
    "StepEvidence",
    "Ticket",
    "TicketLink",
    "TicketNumber",
    "TicketState",
]
