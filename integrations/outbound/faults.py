"""Why a payload was not delivered."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _

from asora.kernel.shapes import StrOrPromise


class Fault(models.TextChoices):
    """The word of an attempt that failed. A delivered one has none."""

    ADDRESS = "address_not_allowed", _("The address is not allowed")
    NAME = "name_unknown", _("The host name has no address")
    CONNECT_TIMEOUT = "connect_timeout", _("No connection within 3 seconds")
    CONNECT = "connect", _("The connection was refused")
    PROXY = "proxy", _("The proxy of this installation refused")
    TLS_NAME = "tls_name", _("The certificate is for another host")
    TLS_EXPIRED = "tls_expired", _("The certificate has expired")
    TLS_UNTRUSTED = "tls_untrusted", _("The certificate is not from a trusted authority")
    TLS = "tls", _("No secure connection")
    TIMEOUT = "timeout", _("No complete answer within 5 seconds")
    CUT_OFF = "cut_off", _("The connection was closed before the answer was complete")
    PROTOCOL = "protocol", _("The answer was not HTTP")
    REDIRECT = "redirect", _("The receiver sent a redirect")
    STATUS = "status", _("The receiver answered with an error")


#: What to do about each, for the person who looks after the receiver.
ADVICE: Mapping[Fault, StrOrPromise] = {
    Fault.ADDRESS: _(
        "Nothing was sent: the host has an address that cannot be reached from the internet. Enter one that can, or "
        "ask the operator of Asora to allow this host and port."
    ),
    Fault.NAME: _("Check the spelling of the host name and its DNS records, then send the payload again."),
    Fault.CONNECT_TIMEOUT: _(
        "Check that the receiver is running and its firewall lets Asora in, then send again."
    ),
    Fault.CONNECT: _("Check that the receiver is running on this port, then send the payload again."),
    Fault.PROXY: _("Ask the operator of this installation: its proxy does not let this connection through."),
    Fault.TLS_NAME: _("Install a certificate for the host name of the endpoint's address, then send again."),
    Fault.TLS_EXPIRED: _("Renew the receiver's certificate, then send the payload again."),
    Fault.TLS_UNTRUSTED: _(
        "Install a certificate of a public authority, together with its intermediate certificates, then send again."
    ),
    Fault.TLS: _(
        "Check that the receiver speaks TLS 1.2 or newer on this port, then send the payload again."
    ),
    Fault.TIMEOUT: _(
        "The receiver may have got the payload. It should store a payload, answer at once and work afterwards. "
        "If it has not got the payload, send it again."
    ),
    Fault.CUT_OFF: _(
        "The receiver may have got the payload. Look into its log, and send the payload again if it has not got it."
    ),
    Fault.PROTOCOL: _("Check that a web server answers on this port, then send the payload again."),
    Fault.REDIRECT: _(
        "Redirects are not followed. Change the endpoint's address to the new one, then send again."
    ),
    Fault.STATUS: _(
        "Read the answer and the receiver's log, correct the receiver, then send the payload again."
    ),
}
