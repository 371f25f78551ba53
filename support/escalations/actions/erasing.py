"""What the desk wrote about a person when it passed their ticket on: emptied when the person is erased."""

from __future__ import annotations

from support.escalations.models import CommercialReferral, EngineeringCase, FeatureRequest
from support.tickets import erasing

#: The texts of a hand-over. A trigger lets them be emptied, and nothing else of it change.
TEXTS = ("reproduction", "affected", "impact", "tried")


def empty_texts(author: str) -> int:
    """Empty the texts of cases, feature requests and referrals of a person's tickets, as of `erasing.tickets_of`."""
    theirs = {"ticket__in": erasing.tickets_of(author)}
    emptied = 0
    for case in EngineeringCase.objects.select_for_update(of=("self",)).filter(**theirs):
        case.hand_over = case.hand_over | dict.fromkeys(TEXTS, "")
        case.answer = ""
        case.save(update_fields=["hand_over", "answer"])
        emptied += 1
    features = FeatureRequest.objects.filter(**theirs)
    emptied += features.update(title="", segment="", use_case="", workaround="", impact="")
    return emptied + CommercialReferral.objects.filter(**theirs).update(wish="", answer="")


erasing.register("escalations", empty_texts)
