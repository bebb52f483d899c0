"""Asks another server over HTTP: with checked TLS, without following it elsewhere, and with an end.

RFC 9110. What a server answers is not repeated in sentences, but for its status.
"""

from __future__ import annotations

import http.client
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from paraplu.assurance.keeping.kept import Unkept

_SECONDS = 10.0
_MOST = 100_000  # bytes of an answer


@dataclass(frozen=True, slots=True)
class Answer:
    """The status and the body of an answer."""

    status: int
    body: bytes


def ask(
    method: str,
    url: str,
    body: bytes | None = None,
    *,
    token: str = "",
    ca_file: str = "",
    media_type: str = "text/plain; charset=utf-8",
    seconds: float = _SECONDS,
) -> Answer:
    """Send one request. Raises `Unkept` when no answer comes; a status is the caller's to judge.

    `seconds` is how long each step may take. `url` was checked when the settings were read.
    """
    parts = urlsplit(url)
    host, where = parts.hostname or "", f"{parts.scheme}://{parts.netloc}"
    headers = {"User-Agent": "paraplu", "Content-Type": media_type}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(
            host, parts.port, timeout=seconds, context=_context(ca_file)
        )
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=seconds)
    try:
        connection.request(method, parts.path or "/", body, headers)
        response = connection.getresponse()
        return Answer(response.status, response.read(_MOST))
    except ssl.SSLCertVerificationError as error:
        why = error.verify_message.rstrip(".") or "it cannot be checked"
        raise Unkept(
            f"The certificate of {where} is not trusted ({why}). Nothing was sent. If the server is yours, "
            "name the file of its authority: ca_file.",
            "certificate",
        ) from None
    except (http.client.HTTPException, OSError, ValueError):
        raise Unkept(f"{where} does not answer, or broke off.", "down") from None
    finally:
        connection.close()


def _context(ca_file: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except (OSError, ssl.SSLError):
        raise Unkept(
            f"The file of trusted certificates {ca_file} (ca_file in [audit]) cannot be read: it must hold "
            "certificates in PEM form.",
            "settings",
        ) from None
