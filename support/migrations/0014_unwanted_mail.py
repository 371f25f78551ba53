"""A ticket without a tenant, such as unwanted mail, can be discarded without an investigation, and restored."""

from django.db import migrations, models

# As `support.tickets.rules.TRANSITIONS`; a test compares both.
OPEN = (
    "triaged",
    "investigating",
    "waiting_customer",
    "waiting_engineering",
    "waiting_commercial",
    "on_incident",
)
TRANSITIONS = [
    ("new", "acknowledged"),
    ("new", "triaged"),
    ("new", "duplicate"),
    ("new", "closed"),
    ("acknowledged", "triaged"),
    ("acknowledged", "closed"),
    ("acknowledged", "duplicate"),
    *((before, after) for before in OPEN for after in (*OPEN, "resolved", "duplicate") if before != after),
    *(("resolved", after) for after in ("closed", "triaged", "investigating", "duplicate")),
    *(("closed", after) for after in ("new", "triaged", "investigating", "duplicate")),
    *(("duplicate", after) for after in ("new", "acknowledged", *OPEN, "resolved", "closed")),
]
PAIRS = ", ".join(f"('{before}', '{after}')" for before, after in TRANSITIONS)

TICKET = f"""
CREATE OR REPLACE FUNCTION public.support_ticket_moves() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    IF (NEW.id, NEW.number, NEW.source, NEW.origin, NEW.subject_length, NEW.reporter, NEW.opened_at, NEW.request_id)
        IS DISTINCT FROM
       (OLD.id, OLD.number, OLD.source, OLD.origin, OLD.subject_length, OLD.reporter, OLD.opened_at, OLD.request_id)
        OR (NEW.subject IS DISTINCT FROM OLD.subject AND NEW.subject <> '')
        OR (NEW.about IS DISTINCT FROM OLD.about AND OLD.about <> '')
        OR (OLD.tenant_id IS NOT NULL AND NEW.tenant_id IS DISTINCT FROM OLD.tenant_id)
        OR (OLD.category <> '' AND NEW.category = '')
        OR (OLD.severity IS NOT NULL AND NEW.severity IS NULL)
        OR NEW.revision < OLD.revision
        OR NEW.reopened < OLD.reopened
    THEN
        RAISE EXCEPTION 'this part of a ticket cannot change' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state IS DISTINCT FROM OLD.state AND (OLD.state, NEW.state) NOT IN ({PAIRS}) THEN
        RAISE EXCEPTION 'a ticket that is % cannot become %', OLD.state, NEW.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state IS DISTINCT FROM OLD.state AND NEW.tenant_id IS NOT NULL AND OLD.state <> 'duplicate'
        AND ((OLD.state IN ('new', 'acknowledged') AND NEW.state = 'closed') OR (OLD.state = 'closed' AND NEW.state = 'new'))
    THEN
        RAISE EXCEPTION 'only a ticket without a tenant is discarded or restored' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$
"""

CATEGORY = "support_ticket_category_before_triage"


class Migration(migrations.Migration):
    dependencies = [("support", "0013_mail_headers")]

    operations = [
        migrations.RunSQL(TICKET, migrations.RunSQL.noop),
        migrations.RemoveConstraint(model_name="ticket", name=CATEGORY),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(("category", ""), _negated=True)
                | models.Q(("state__in", ["new", "acknowledged", "duplicate"]))
                | models.Q(("state", "closed"), ("tenant__isnull", True)),
                name=CATEGORY,
            ),
        ),
    ]
