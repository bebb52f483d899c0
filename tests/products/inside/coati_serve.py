"""Serves coati-payroll on loopback with waitress. Runs inside the product's own environment.

The product's own server listens on every interface, and its pages load their libraries and a font
from the internet. Both are kept out: libraries come from the copies that npm installed, by rewriting
their addresses in the HTML, and links to any other site are taken out of the page.
"""

import argparse
import mimetypes
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from coati_app import application
from parent import Parent
from waitress import create_server

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_LIBRARY = re.compile(rb"https://[^/\"']+/npm/([a-z.-]+)@([0-9.]+)/")
_ELSEWHERE = re.compile(rb"<link\b[^>]*href=\"https?://[^>]*>")
_OURS = "/_libraries/"


def with_local_libraries(product: Wsgi, modules: Path) -> Wsgi:
    """`product` with its libraries served from `modules`, a folder of `<name>-<version>` folders."""
    modules = modules.resolve()

    def library(path: str, start: Callable[..., Any]) -> list[bytes]:
        file = (modules / path).resolve()
        if not file.is_relative_to(modules) or not file.is_file():
            start("404 Not Found", [("Content-Length", "0")])
            return [b""]
        body = file.read_bytes()
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        start("200 OK", [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]

    def serve(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        if environ["PATH_INFO"].startswith(_OURS):
            return library(environ["PATH_INFO"].removeprefix(_OURS), start)
        status, headers = "", []

        def remember(said: str, given: list[tuple[str, str]], _error: object = None) -> None:
            nonlocal status, headers
            status, headers = said, given

        answer = product(environ, remember)
        try:
            body = b"".join(answer)
        finally:
            getattr(answer, "close", lambda: None)()
        kinds = [value for name, value in headers if name.lower() == "content-type"]
        if kinds and kinds[0].startswith("text/html"):
            body = _LIBRARY.sub(_OURS.encode() + rb"\1-\2/", body)
            body = _ELSEWHERE.sub(b"", body)
            headers = [pair for pair in headers if pair[0].lower() != "content-length"]
            headers.append(("Content-Length", str(len(body))))
        start(status, headers)
        return [body]

    return serve


def noting(product: Wsgi, file: Path) -> Wsgi:
    """`product` that notes in `file` what it was asked and what it answered: status, method and path."""

    def serve(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        def note(said: str, given: list[tuple[str, str]], error: object = None) -> Any:
            with file.open("a", encoding="utf-8") as lines:
                lines.write(f"{said[:3]} {environ['REQUEST_METHOD']} {environ['PATH_INFO']}\n")
            return start(said, given, error)

        return product(environ, note)

    return serve


def main() -> None:
    """Serve until the parent is gone."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", type=Path, required=True)
    parser.add_argument("--libraries", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--answers", type=Path, required=True, help="what was asked is noted here")
    parser.add_argument("--rate-limit", action="store_true", help="50 requests an hour, as shipped")
    given = parser.parse_args()
    parent = Parent()
    settings = {} if given.rate_limit else {"RATELIMIT_ENABLED": False}
    product = application(given.database, **settings)
    product = with_local_libraries(noting(product, given.answers), given.libraries)
    server = create_server(product, host="127.0.0.1", port=given.port, threads=4)
    parent.announce(server.effective_port)
    server.run()


if __name__ == "__main__":
    main()
