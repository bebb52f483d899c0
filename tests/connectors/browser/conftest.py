"""A small web site served by the standard library, and sessions of the browser connector on it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from paraplu import Action, SessionTerms
from paraplu_browser.connector import session_in
from paraplu_browser.launch import started_browser

FORM = """<!doctype html><title>Form</title>
<form method=post action=/save>
  <label>Name <input name=name></label>
  <label>Amount <input name=amount></label>
  <label>Remark <textarea name=remark></textarea></label>
  <label>Password <input type=password name=password></label>
  <label>Unit <select name=unit><option value=h>hours</option><option value=m>money</option></select></label>
  <label><input type=checkbox name=urgent> Urgent</label>
  <label>File <input type=file name=file></label>
  <button>Apply</button>
</form>
<table><tr><td>Jansen</td><td>1.234,50</td></tr><tr><td>Smit</td><td>2.000,00</td></tr></table>
<a href=/other>Other page</a>
"""

# What the product does with a field while, or after, one types into it. `field` is the input.
MANNERS = {
    "plain": "",
    # An answer to the focus draws the stored value over what was typed in the meantime.
    "redraws": """field.addEventListener('focus', () => setTimeout(() => {
      if (field.dataset.drawn) return;
      field.dataset.drawn = 1; field.value = '0.1850' + field.value.replace('.', '');
    }, 40))""",
    # The first change is answered by putting a new element in the old one's place.
    "replaces": """field.addEventListener('input', () => setTimeout(() => {
      if (!field.isConnected) return;
      const fresh = field.cloneNode(); fresh.value = '0.1850'; field.replaceWith(fresh); fresh.focus();
    }, 60), {once: true})""",
    # Half a second after the last key, and only once.
    "late": """field.addEventListener('input', () => setTimeout(() => {
      if (!field.dataset.drawn) field.value = '0.1850';
      field.dataset.drawn = 1;
    }, 500))""",
    # When the pointer comes near the button: after the last look, before the click.
    "ambush": """document.querySelector('button').addEventListener('mousedown', () => {
      if (!field.dataset.drawn) field.value = '0.1850';
      field.dataset.drawn = 1;
    })""",
    "ambush-always": """document.querySelector('button').addEventListener('mousedown', () =>
      field.value = '0.1850')""",
    # The server writes numbers its own way when one leaves the field.
    "dutch": """field.addEventListener('change', () => setTimeout(() => {
      const number = Number(field.value);
      if (field.value && !isNaN(number)) field.value =
        new Intl.NumberFormat('nl-NL', {minimumFractionDigits: 2}).format(number);
    }, 20))""",
    "stubborn": """field.addEventListener('input', () => setTimeout(() => field.value = '0.1850', 5))""",
    "upper": """field.addEventListener('input', () => field.value = field.value.toUpperCase())""",
    "empties": """field.addEventListener('input', () => setTimeout(() => field.value = '', 1))""",
}


@dataclass
class Site:
    """The web site of a test: where it is, and what it was sent."""

    address: str
    posts: list[tuple[str, str]] = field(default_factory=list)
    pages: dict[str, str] = field(default_factory=dict)


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def answer(self, body: str, status: int = 200, **headers: str) -> None:
            content = body.encode()
            self.send_response(status)
            for name, value in {"content_type": "text/html; charset=utf-8", **headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def cut(self) -> None:
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True

        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            match path:
                case "/":
                    self.answer(FORM)
                case "/field":
                    self.answer(
                        "<title>Field</title><form method=post action=/save><label>Rate "
                        f"<input name=rate></label><button>Apply</button></form><script>"
                        f"const field = document.querySelector('input'); {MANNERS[query]}</script>"
                    )
                case "/busy":
                    self.answer("busy", 503, retry_after=query or "7")
                case "/limit":
                    self.answer("slow down", 429)
                case "/broken":
                    self.answer("oh", 500)
                case "/cut":
                    self.cut()
                case "/slow":
                    time.sleep(3)
                    self.answer("late")
                case "/file":
                    self.answer("a,b", content_disposition='attachment; filename="list.csv"')
                case _ if path in site.pages:
                    self.answer(site.pages[path])
                case "/favicon.ico":
                    self.answer("", 404)
                case _:
                    self.answer("<title>Other</title>other")

        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", 0))
            site.posts.append((self.path, self.rfile.read(length).decode(errors="replace")))
            match self.path:
                case "/save-and-cut":
                    self.cut()
                case "/save-and-break":
                    self.answer("oh", 500)
                case "/save-and-go":
                    self.answer("", 303, location="/busy")
                case "/save-slowly":
                    time.sleep(2)
                    self.answer("saved")
                case "/closed":
                    self.answer("closed", 503)
                case _:
                    self.answer("<title>Saved</title><p role=status>Saved</p>")

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """A browser that hangs up is no fault of the site."""


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site("")
    server = _Server(("127.0.0.1", 0), _handler(site))
    site.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield site
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with started_browser() as running:
        yield running


@dataclass
class Opened:
    """A session of a test and the actions it has recorded so far."""

    session: Any
    page: Any
    actions: list[Action]

    def told(self) -> list[tuple[str, str, str | None]]:
        return [(one.verb, one.what, one.value) for one in self.actions]


@pytest.fixture
def open_session(browser: Any, site: Site) -> Iterator[Callable[..., Opened]]:
    """Opens a session on the site; further terms by name, `record` for a recorder of one's own."""
    with ExitStack() as stack:

        def opened(record: Callable[[Action], None] | None = None, **terms: Any) -> Opened:
            actions: list[Action] = []
            terms = {"action_limit": 30.0, **terms}
            session = stack.enter_context(
                session_in(browser, SessionTerms(site.address, **terms), record or actions.append)
            )
            return Opened(session, session.handle, actions)

        yield opened
