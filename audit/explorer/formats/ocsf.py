"""An event as OCSF's API Activity (class 6003). What OCSF has no field for is in `unmapped`.

The fields used here are the same in all versions from 1.1 to 1.8. The documents name 1.3.0, because a reader accepts
an older version more often than a newer one.
"""

from __future__ import annotations

from asora.kernel.shapes import ReadOnlyValues, Values
from audit.events.models import Event
from audit.explorer.formats.activities import Activity, activity_of, verb_of
from audit.explorer.formats.document import Source, document, stopped_at, without_blanks

VERSION = "1.3.0"
CATEGORY, CATEGORY_NAME = 6, "Application Activity"
CLASS, CLASS_NAME = 6003, "API Activity"

#: outcome → (status_id, status)
_STATUS = {
    "allowed": (1, "Success"),
    "noop": (1, "Success"),
    "refused": (2, "Failure"),
    "failed": (2, "Failure"),
}
#: outcome → (severity_id, severity)
_SEVERITY = {
    "allowed": (1, "Informational"),
    "noop": (1, "Informational"),
    "refused": (2, "Low"),
    "failed": (3, "Medium"),
}
#: kind of actor → (type_id, type); every other kind is 99 with its own name.
_USER = {"user": (1, "User"), "operator": (2, "Admin"), "system": (3, "System"), "anonymous": (0, "Unknown")}
#: The parts of the document that have no field in OCSF.
_UNMAPPED = (
    "concealed", "outcome", "cause_id", "decision", "changes", "touched", "facts", "hubs", "positions", "export",
    "dispatch", "ticket", "redactions", "client_request_id", "route",
)  # fmt: skip


def api_activity(event: Event, source: Source) -> Values:
    """The event as one OCSF document."""
    values = document(event, source)
    activity = activity_of(event.action)
    name = activity.name.title() if activity is not Activity.OTHER else verb_of(event.action)
    status_id, status = _STATUS[event.outcome]
    severity_id, severity = _SEVERITY[event.outcome]
    return without_blanks(
        {
            "category_uid": CATEGORY,
            "category_name": CATEGORY_NAME,
            "class_uid": CLASS,
            "class_name": CLASS_NAME,
            "activity_id": int(activity),
            "activity_name": name,
            "type_uid": CLASS * 100 + activity,
            "type_name": f"{CLASS_NAME}: {name if activity is not Activity.OTHER else 'Other'}",
            "time": int(event.occurred_at.timestamp() * 1000),
            "timezone_offset": 0,
            "duration": values.get("duration_ms"),
            "severity_id": severity_id,
            "severity": severity,
            "status_id": status_id,
            "status": status,
            "status_code": values.get("code"),
            "status_detail": values.get("reason"),
            "message": values.get("message"),
            "actor": _actor(values),
            "api": _api(values),
            "src_endpoint": _endpoint(values),
            "resources": _resources(values),
            "metadata": _metadata(values),
            "unmapped": without_blanks({part: values.get(part) for part in _UNMAPPED}),
        }
    )


def _actor(values: ReadOnlyValues) -> Values:
    kind, ref = values["actor"]["type"], values["actor"]["ref"]
    type_id, type_name = _USER.get(kind, (99, kind))
    session = values.get("session")
    return without_blanks(
        {
            "user": {"uid": ref or kind, "type_id": type_id, "type": type_name},
            "session": {"uid": session} if session else None,
            "authorizations": [_authorization(step) for step in values.get("decision") or ()],
        }
    )


def _authorization(step: ReadOnlyValues) -> Values:
    """One gate of the decision: its name, its verdict, and the rule that it applied."""
    rule, reason = step.get("rule"), step.get("reason")
    policy = {"name": step["gate"], "uid": rule, "desc": reason}
    decision = "Denied" if step.get("verdict") == "stopped" else "Allowed"
    return {"decision": decision, "policy": without_blanks(policy)}


def _api(values: ReadOnlyValues) -> Values:
    context = str(values["action"]).partition(".")[0]
    request_id = values.get("request_id")
    response = {
        "code": values.get("http_status"),
        "error": values.get("code"),
        "error_message": values.get("reason"),
        "message": values.get("message"),
    }
    return without_blanks(
        {
            "operation": values["action"],
            "service": without_blanks({"name": f"asora.{context}", "version": values.get("release")}),
            "request": {"uid": request_id} if request_id else None,
            "response": without_blanks(response),
        }
    )


def _endpoint(values: ReadOnlyValues) -> Values:
    """The client. The trail records no addresses, so this is the session, or Asora itself for commands and jobs."""
    if session := values.get("session"):
        return {"uid": session, "name": "session"}
    return {"svc_name": "asora"} if values["actor"]["type"] == "system" else {"name": "not recorded"}


def _resources(values: ReadOnlyValues) -> list[Values]:
    changed = [_resource(change) for change in values.get("changes") or ()]
    own = _resource(values.get("resource") or {})
    found = [own, *(resource for resource in changed if resource != own)]
    return [resource for resource in found if "uid" in resource or "name" in resource]


def _resource(named: ReadOnlyValues) -> Values:
    return without_blanks({"type": named.get("type"), "uid": named.get("id"), "name": named.get("label")})


def _metadata(values: ReadOnlyValues) -> Values:
    rule = stopped_at(values).get("rule")
    return without_blanks(
        {
            "version": VERSION,
            "product": without_blanks(
                {"name": "Asora", "vendor_name": "Asora", "version": values.get("release")}
            ),
            "uid": values["id"],
            "tenant_uid": values["tenant"],
            "sequence": values["number"],
            "correlation_uid": values.get("cause_id") or values.get("request_id"),
            "event_code": values["action"],
            "log_name": "audit",
            "log_version": values["schema"],
            "original_time": values["occurred_at"],
            "labels": [f"rule:{rule}"] if rule else None,
        }
    )
