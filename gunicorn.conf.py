"""The settings of gunicorn for Asora, used by `manage.py serve` and by operators who start gunicorn in this folder."""

# No header of a request becomes a part of the environment that addresses are made from (SCRIPT_NAME, PATH_INFO), and
# none decides whether a request came by HTTPS except the one that ASORA_TRUSTED_PROXY_PROTO_HEADER names.
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}

# Its own lines look like all others.
logger_class = "asora.logs.ServerLog"
