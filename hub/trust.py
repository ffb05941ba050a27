"""Why a broker's certificate is not believed: looked at only when a connection fails, and told as a closed code.

Both client libraries say no more than that nobody answers. An expired certificate, one of another authority and one
that names another host are three different errands for a person, so the handshake is made once more, alone.
"""

import socket
import ssl
from typing import Final

CODES: Final = {
    7: "certificate-of-another-authority",  # one of the same name, with another key
    9: "certificate-not-yet-valid", 10: "certificate-expired",
    18: "certificate-of-another-authority", 19: "certificate-of-another-authority",
    20: "certificate-of-another-authority", 21: "certificate-of-another-authority",
    62: "certificate-names-another-host", 64: "certificate-names-another-host",
}  # fmt: skip
"""OpenSSL's result of a verification -> ours."""

REMEDY: Final = "The broker's certificate, HUB_KAFKA or ca.pem in HUB_SECRETS is not what it should be"
_SECONDS = 3.0


def refusal(bootstrap: str, trusting: ssl.SSLContext) -> str | None:
    """Why the certificate of one of these brokers is refused; None where all that answer are believed."""
    found = (_refusal(address.strip(), trusting) for address in bootstrap.split(","))
    return next((code for code in found if code is not None), None)


def _refusal(address: str, trusting: ssl.SSLContext) -> str | None:
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    try:
        with (
            socket.create_connection((host, int(port)), timeout=_SECONDS) as raw,
            trusting.wrap_socket(raw, server_hostname=host),
        ):
            return None
    except ssl.SSLCertVerificationError as refused:
        return CODES.get(refused.verify_code, "certificate-refused")
    except OSError:
        return None  # nobody answers there, which the caller knows already
