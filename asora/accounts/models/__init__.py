"""Tables of people: who they are, how they prove it, where they are signed in, and who has been asked to come."""

from asora.accounts.models.invitations import Invitation
from asora.accounts.models.people import User, new_ref
from asora.accounts.models.second_factors import RecoveryCode, SecondFactor
from asora.accounts.models.sessions import Session

__all__ = ["Invitation", "RecoveryCode", "SecondFactor", "Session", "User", "new_ref"]
