"""A confirmation says how somebody knows. Rows from before stay as they are: nobody can say it for them now."""

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
