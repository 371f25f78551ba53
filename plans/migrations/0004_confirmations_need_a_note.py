"""A confirmation needs a note about how the operator knows. Older rows stay without: nobody can write one for them now."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("plans", "0003_onboarding")]

    operations = [
        AddConstraintNotValid(
            "onboardingconfirmation",
            models.CheckConstraint(condition=~models.Q(note=""), name="plans_onboardingconfirmation_note"),
        ),
    ]
