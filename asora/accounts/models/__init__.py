"""Tables of people: users, second factors, sessions, sign-in attempts and invitations."""

from asora.accounts.models.attempts import NetworkCount, SignInAttempt
from asora.accounts.models.invitations import Invitation
from asora.accounts.models.people import User, new_ref
from asora.accounts.models.second_factors import RecoveryCode, SecondFactor
from asora.accounts.models.sessions import Session

__all__ = [
    "Invitation",
    "NetworkCount",
    "RecoveryCode",
    "SecondFactor",
    "Session",
    "SignInAttempt",
    "User",
    "new_ref",
]
