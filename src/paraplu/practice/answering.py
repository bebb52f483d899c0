"""From a request to a response: sign-in, rights, moods, the write transaction, and the page.

Pages run on the event loop, one at a time: they take milliseconds and share one connection.
"""

import asyncio
import hashlib
import time as process_time
from collections.abc import Awaitable, Callable
from datetime import time
from urllib.parse import parse_qs, quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from paraplu.practice import moods, sessions
from paraplu.practice.accounts import OFFICE
from paraplu.practice.visit import Answer, House, Moved, Page, Plain, Problem, Saved, Visit

LARGEST_FORM = 262_144
# Chromium silently sends a form again, sometimes twice, when a kept-alive connection dies under it.
SENT_AGAIN_WITHIN = 2.0

PROTECTION = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

Handler = Callable[[Visit], Answer]
Endpoint = Callable[[Request], Awaitable[Response]]


def endpoint(house: House, handler: Handler, side: str) -> Endpoint:
    """The endpoint for a page; `side` is '' for everybody, 'any' for who is signed in, or a side."""

    async def answer_request(request: Request) -> Response:
        try:
            form = await _read_form(request)
            visit = _arrive(house, request, form)
        except Problem as problem:
            return PlainTextResponse(f"{problem.title}. {problem}", problem.status)
        wait = visit.moods.take("slow")
        if wait is not None:
            await asyncio.sleep(int(wait) / 1000)
        response = _answer(visit, request, handler, side)
        if response is None:
            house.drop(request.client)
            await asyncio.sleep(0.01)  # lets the server notice: what is returned goes nowhere
            return Response()
        response.headers.update(PROTECTION)
        return response

    return answer_request


async def _read_form(request: Request) -> dict[str, list[str]]:
    if request.method != "POST":
        return {}
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin")
    own = f"http://{request.headers.get('host', '')}"
    if site not in ("same-origin", "none") or (origin not in (None, own)):
        raise Problem(403, "Not allowed", "This form did not come from the office's own pages.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            raise Problem(413, "Too large", "This form holds more than the office takes.")
    try:
        return parse_qs(body.decode(), keep_blank_values=True, max_num_fields=2000)
    except ValueError:
        raise Problem(400, "Not understood", "This form could not be read.") from None


def _arrive(house: House, request: Request, form: dict[str, list[str]]) -> Visit:
    secret = request.cookies.get(sessions.COOKIE, "")
    session = sessions.find(house.database, house.clock, secret, house.idle) if secret else None
    path = request.url.path
    to_moods = path == "/sign-in" and request.query_params.get("next", "").startswith("/moods")
    active: list[moods.Mood] = []
    if not (path.startswith("/moods") or to_moods):
        text = request.headers.get(moods.HEADER, "") or request.cookies.get(moods.HEADER, "")
        try:
            active = moods.requested(text) + moods.standing(house.database)
        except ValueError as wrong:
            raise Problem(400, "Unknown mood", str(wrong)) from None
    owner = session.key if session else str(request.client)
    return Visit(
        house,
        path=path,
        address=path + (f"?{request.url.query}" if request.url.query else ""),
        places={name: str(value) for name, value in request.path_params.items()},
        query=dict(request.query_params),
        form=form,
        session=session,
        moods=moods.Bites(house.database, path, active, house.spent, owner),
    )


def _answer(visit: Visit, request: Request, handler: Handler, side: str) -> Response | None:
    """The response, or None when the connection is to be dropped."""
    try:
        _stand_in_the_way(visit)
        turned_away = _check_rights(visit, request, side)
        if turned_away is not None:
            return turned_away
        if request.method != "POST":
            return _respond(visit, handler(visit))
        return _save(visit, handler)
    except Problem as problem:
        return _problem_response(visit, problem)


def _stand_in_the_way(visit: Visit) -> None:
    now = visit.clock.time_of_day(visit.database)
    if visit.moods.take("out-of-service", lambda start: now >= time.fromisoformat(start)):
        raise Problem(
            503,
            "Out of service",
            "The office is closed for maintenance. Come back tomorrow.",
            retry_after=3600,
        )
    wait = visit.moods.take("too-many-requests")
    if wait is not None:
        raise Problem(
            429,
            "Too many requests",
            f"Please wait {wait} seconds and try again.",
            retry_after=int(wait),
        )
    if visit.moods.take("error-500", lambda when: when == "before"):
        raise Problem(
            500, "Something went wrong", "The office could not answer. Nothing was saved."
        )
    if visit.session and visit.moods.take("session-lost") is not None:
        sessions.end(visit.database, visit.session.key)
        visit.session = None


def _check_rights(visit: Visit, request: Request, side: str) -> Response | None:
    if not side:
        return None
    if visit.session is None:
        reason = "&reason=ended" if request.cookies.get(sessions.COOKIE) else ""
        back = quote(visit.address if request.method == "GET" else "/", safe="/")
        return RedirectResponse(f"/sign-in?next={back}{reason}", 303)
    if side not in ("any", visit.session.side) and visit.session.side != OFFICE:
        visit.database.execute(
            "INSERT INTO refusal (at, account, method, path) VALUES (?, ?, ?, ?)",
            (visit.clock.stamp(), visit.account, request.method, visit.path),
        )
        raise Problem(403, "Not allowed", f"{visit.session.display} has no right to use this page.")
    return None


def _save(visit: Visit, handler: Handler) -> Response | None:
    database = visit.database
    mark = _mark(visit)
    dropped_at = visit.house.dropped.get(mark)
    if dropped_at is not None and process_time.monotonic() - dropped_at < SENT_AGAIN_WITHIN:
        return None
    database.execute("BEGIN IMMEDIATE")
    try:
        answer = handler(visit)
        lies = isinstance(answer, Saved) and visit.moods.would("false-success")
        if lies:
            database.execute("ROLLBACK")
            visit.moods.take("false-success")
        if isinstance(answer, Saved) and visit.session:
            sessions.leave_notice(database, visit.session.key, answer.notice)
        if database.in_transaction:
            database.execute("COMMIT")
    finally:
        if database.in_transaction:
            database.execute("ROLLBACK")
    if not isinstance(answer, Saved):
        return _respond(visit, answer)
    if visit.moods.take("cut-after-save") is not None:
        visit.house.dropped[mark] = process_time.monotonic()
        return None
    if visit.moods.take("error-500", lambda when: when == "after"):
        raise Problem(500, "Something went wrong", "The office could not answer.")
    return RedirectResponse(answer.otherwise if lies else answer.to, 303)


def _mark(visit: Visit) -> str:
    sent = repr((visit.session and visit.session.key, visit.path, sorted(visit.form.items())))
    return hashlib.sha256(sent.encode()).hexdigest()


def _respond(visit: Visit, answer: Answer) -> Response:
    match answer:
        case Page(status=status):
            response: Response = HTMLResponse(visit.render(answer), status)
            if visit.session and visit.session.notice:
                sessions.leave_notice(visit.database, visit.session.key, "")
        case Saved(to=to):
            response = RedirectResponse(to, 303)
        case Moved(to=to, cookie=cookie):
            response = RedirectResponse(to, 303)
            if cookie:
                response.set_cookie(sessions.COOKIE, cookie, httponly=True, samesite="lax")
            elif cookie is not None:
                response.delete_cookie(sessions.COOKIE)
        case Plain(text=text, name=None):
            response = PlainTextResponse(text)
        case Plain(text=text, name=name):
            shown = {"Content-Disposition": f'attachment; filename="{name}"'}
            response = Response(text, media_type="text/csv; charset=utf-8", headers=shown)
    return response


def _problem_response(visit: Visit, problem: Problem) -> Response:
    page = Page("problem.html", {"title": problem.title, "message": str(problem)}, problem.status)
    response = _respond(visit, page)
    if problem.retry_after:
        response.headers["Retry-After"] = str(problem.retry_after)
    return response
