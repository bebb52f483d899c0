"""A running practice office, and a plain HTTP client that signs in and sends forms."""

import http.client
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from html import unescape
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from paraplu.practice.office import Office

TODAY = date(2026, 11, 21)
PASSWORDS = {
    "payroll-robot": "pay-robot-only-here",
    "purchasing-robot": "buy-robot-only-here",
    "office": "office-only-here",
}


SIGNED_IN: dict[str, dict[str, str]] = {}


class Page:
    """An answer: status, where it redirects to, headers and text."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.location = response.headers.get("Location", "")
        self.text = response.read().decode()

    def field(self, name: str, row: str = "") -> str:
        """The text of the first [data-field=name], after the first place where `row` stands."""
        start = self.text.index(row) if row else 0
        found = re.search(
            rf'data-field="{name}"[^>]*>(.*?)</(?:dd|td|th|span|p|a)', self.text[start:], re.S
        )
        assert found, f"no field {name} after {row!r}"
        return unescape(re.sub(r"<[^>]+>", "", found[1])).strip()

    def alert(self) -> str:
        found = re.search(r'role="alert".*?>(.*?)</(?:div|p)>', self.text, re.S)
        return unescape(re.sub(r"<[^>]+>", " ", found[1])) if found else ""

    def notice(self) -> str:
        found = re.search(r'role="status">(.*?)</p>', self.text, re.S)
        return unescape(found[1]) if found else ""

    def hidden(self, name: str) -> str:
        found = re.search(rf'name="{name}" value="([^"]*)"', self.text)
        assert found, f"no hidden {name}"
        return unescape(found[1])


class Client:
    """One signed-in browser without a browser: a new connection for each request."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self.host, self.port = parts.hostname, parts.port
        self.cookies: dict[str, str] = {}

    def _send(
        self, method: str, path: str, body: str = "", headers: Mapping[str, str] | None = None
    ) -> Page:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=10)
        sent = dict(headers or {})
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if method == "POST":
            sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            for cookie in response.headers.get_all("Set-Cookie") or []:
                name, _, value = cookie.partition(";")[0].partition("=")
                self.cookies[name] = value.strip('"')
            return Page(response)
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Page:
        return self._send("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def post(self, path: str, fields: Mapping[str, str] | None = None, **headers: str) -> Page:
        return self._send(
            "POST",
            path,
            urlencode(fields or {}),
            {k.replace("_", "-"): v for k, v in headers.items()},
        )

    def follow(self, path: str, fields: Mapping[str, str] | None = None, **headers: str) -> Page:
        """Send a form and go where the answer says."""
        answer = self.post(path, fields, **headers)
        assert answer.status == 303, (answer.status, answer.alert())
        return self.get(answer.location)

    # What a person does on the payroll side.

    def line(self, slip: str, component: str) -> str:
        """The id of a slip's line with this component."""
        page = self.get(slip)
        found = re.search(rf'data-line="(\d+)" data-component="{component}"', page.text)
        assert found, f"no {component} on {slip}"
        return found[1]

    def draft(self, slip: str, component: str, amount: str, reference: str, **more: str) -> Page:
        """Fill in and save the form that changes a line; the answer is not followed."""
        line = self.line(slip, component)
        form = self.get(f"{slip}/mutations/new?kind=change&line={line}")
        if form.status != 200:
            return form
        fields = {
            "form_token": form.hidden("form_token"),
            "kind": "change",
            "line": line,
            "amount": amount,
            "cost_centre": "4100",
            "reason": "R01",
            "reference": reference,
        }
        return self.post(f"{slip}/mutations", {**fields, **more})

    def correct(self, slip: str, component: str, amount: str, reference: str) -> Page:
        """Draft, approve and apply; returns the page after applying."""
        saved = self.draft(slip, component, amount, reference)
        assert saved.status == 303, saved.alert()
        self.follow(saved.location + "/approve")
        return self.follow(saved.location + "/apply")


@pytest.fixture(scope="session")
def passwords() -> Mapping[str, str]:
    return PASSWORDS


@pytest.fixture(scope="session")
def today() -> date:
    return TODAY


@pytest.fixture(scope="session")
def running_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    with Office.start(folder, today=TODAY, passwords=PASSWORDS) as office:
        yield office


@pytest.fixture
def office(running_office: Office) -> Iterator[Office]:
    """The office that the tests share, in a good mood, its run of this month calculated."""
    yield running_office
    running_office.clear_moods()
    running_office.set_time_of_day(None)
    running_office.set_run_state("waterland", "2026-11", "calculated")


@pytest.fixture
def own_office(tmp_path: Path) -> Iterator[Office]:
    """An office for one test alone."""
    with Office.start(tmp_path / "office", today=TODAY, passwords=PASSWORDS) as office:
        yield office


@pytest.fixture
def sign_in_at() -> Callable[[Office, str], Client]:
    """Sign in to any office."""

    def go(office: Office, account: str) -> Client:
        client = Client(office.address)
        answer = client.post("/sign-in?next=/", {"user": account, "password": PASSWORDS[account]})
        assert answer.status == 303, answer.alert()
        return client

    return go


@pytest.fixture
def sign_in(office: Office, sign_in_at: Callable[[Office, str], Client]) -> Callable[[str], Client]:
    """Sign in to the shared office: once per account, because hashing takes its time."""

    def go(account: str) -> Client:
        if account not in SIGNED_IN:
            SIGNED_IN[account] = sign_in_at(office, account).cookies
        client = Client(office.address)
        client.cookies = dict(SIGNED_IN[account])
        return client

    return go


@pytest.fixture
def visitor(office: Office) -> Client:
    """Somebody who has not signed in."""
    return Client(office.address)


@pytest.fixture
def payroll(sign_in: Callable[[str], Client]) -> Client:
    return sign_in("payroll-robot")


@pytest.fixture
def purchasing(sign_in: Callable[[str], Client]) -> Client:
    return sign_in("purchasing-robot")


@pytest.fixture
def order_fields() -> Callable[..., dict[str, str]]:
    """The fields of an order of one line; more or other fields by keyword."""

    def fields(reference: str, **more: str) -> dict[str, str]:
        return {
            "form_token": f"token {reference}",
            "lines": "4",
            "supplier": "L0101",
            "contract": "RC-2026-001",
            "delivery_address": "STADHUIS",
            "need_by": "18-12-2026",
            "budget_year": "2026",
            "reference": reference,
            "article_1": "PAP-0010",
            "quantity_1": "10",
            "price_1": "21,50",
            "cost_centre_1": "4100",
            **more,
        }

    return fields


@pytest.fixture
def place(order_fields: Callable[..., dict[str, str]]) -> Callable[..., Page]:
    """Draft, submit, approve and place an order; returns the page after placing."""

    def go(client: Client, reference: str, **more: str) -> Page:
        saved = client.post("/purchasing/waterland/orders", order_fields(reference, **more))
        assert saved.status == 303, saved.alert()
        for stage in ("submit", "approve"):
            client.follow(f"{saved.location}/{stage}")
        return client.follow(f"{saved.location}/place")

    return go
