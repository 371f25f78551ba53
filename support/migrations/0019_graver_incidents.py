"""An active incident can become graver. It never becomes less grave."""

from django.db import migrations

PAIRS = "('open', 'mitigated'), ('open', 'resolved'), ('mitigated', 'open'), ('mitigated', 'resolved')"


def function(columns, severity, message):
    """The function of the trigger. `columns`: what never changes; `severity`: a further condition that refuses."""
    old, new = (", ".join(f"{row}.{column}" for column in columns) for row in ("OLD", "NEW"))
    return f"""
CREATE OR REPLACE FUNCTION public.support_incident_only_forward() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'incidents are never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF ({new}) IS DISTINCT FROM ({old})
        OR ({severity})
        OR (NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN ({PAIRS}))
    THEN
        RAISE EXCEPTION '{message}' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$
"""


COLUMNS = ("id", "number", "title", "opened_at", "opened_by", "request_id")
GRAVER = function(
    COLUMNS,
    "NEW.severity > OLD.severity OR (NEW.severity <> OLD.severity AND OLD.state = 'resolved')",
    "an incident can only change its state or become graver, and a resolved one cannot",
)
BEFORE = function(
    COLUMNS,
    "NEW.severity <> OLD.severity",
    "an incident can only change its state, and a resolved one cannot",
)


class Migration(migrations.Migration):
    dependencies = [("support", "0018_private_mail")]

    operations = [migrations.RunSQL(GRAVER, BEFORE)]
