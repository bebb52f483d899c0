"""The pages that belong to no side: sign-in, the front page, moods, and what a page's script asks."""

from datetime import time

from paraplu.practice import accounts, moods, payroll, schema, sessions
from paraplu.practice.visit import Answer, Moved, Page, Plain, Saved, Visit, refused


def _safe_next(visit: Visit) -> str:
    wanted = visit.asked("next") or "/"
    own = wanted.startswith("/") and not wanted.startswith(("//", "/\\", "/sign-"))
    return wanted if own else "/"


def sign_in_form(visit: Visit) -> Answer:
    """The sign-in page."""
    return Page(
        "sign_in.html",
        {"next": _safe_next(visit), "ended": visit.asked("reason") == "ended", "wrong": False},
    )


def sign_in(visit: Visit) -> Answer:
    """Check name and password and begin a session."""
    name = visit.sent("user")
    password = (visit.form.get("password") or [""])[0]
    if not accounts.check_password(visit.database, name, password):
        return Page("sign_in.html", {"next": _safe_next(visit), "ended": False, "wrong": True}, 401)
    secret = sessions.begin(visit.database, visit.clock, name)
    return Moved(_safe_next(visit), cookie=secret)


def sign_out(visit: Visit) -> Answer:
    """End the session."""
    if visit.session:
        sessions.end(visit.database, visit.session.key)
    return Moved("/sign-in", cookie="")


def home(visit: Visit) -> Answer:
    """The front page: the organisations with both their sides."""
    rows = visit.database.execute(
        "SELECT organisation.*, run.period, run.state,"
        " (SELECT count(*) FROM employee WHERE organisation = organisation.code) AS people,"
        " (SELECT count(*) FROM purchase_order WHERE organisation = organisation.code) AS orders"
        " FROM organisation JOIN run ON run.organisation = organisation.code"
        " WHERE run.period = (SELECT min(period) FROM run AS r"
        "  WHERE r.organisation = organisation.code AND r.state NOT IN (?, ?))"
        " ORDER BY organisation.rowid",
        (payroll.PAID, payroll.CLOSED),
    ).fetchall()
    return Page("home.html", {"rows": rows})


def mood_list(visit: Visit) -> Answer:
    """What moods there are, and which are set."""
    return _mood_page(visit, "")


def _mood_page(visit: Visit, wrong: str) -> Page:
    rows = visit.database.execute("SELECT * FROM mood ORDER BY id DESC").fetchall()
    context = {
        "kinds": moods.KINDS,
        "rows": rows,
        "wrong": wrong,
        "header": moods.HEADER,
        "time_of_day": schema.setting(visit.database, "time_of_day"),
        "values": {name: visit.sent(name) for name in ("name", "value", "path", "times")},
    }
    return Page("moods.html", context, 422 if wrong else 200)


def set_mood(visit: Visit) -> Answer:
    """Set a mood for good."""
    times = visit.sent("times")
    if times and not times.isdecimal():
        return _mood_page(visit, f"“{times}” is not a number of times.")
    try:
        mood = moods.checked(
            visit.sent("name"),
            visit.sent("value"),
            visit.sent("path"),
            int(times) if times else None,
        )
    except ValueError as wrong:
        return _mood_page(visit, str(wrong))
    moods.set_mood(visit.database, mood)
    return Saved(f"Mood {mood.name} is set.", "/moods", "/moods")


def clear_mood(visit: Visit) -> Answer:
    """Clear one mood, or all."""
    wanted = visit.sent("id")
    moods.clear(visit.database, int(wanted) if wanted.isdecimal() else None)
    return Saved("Mood cleared." if wanted else "All moods cleared.", "/moods", "/moods")


def set_time(visit: Visit) -> Answer:
    """Set the office's time of day, or let it run again."""
    wanted = visit.sent("time_of_day")
    try:
        moment = time.fromisoformat(wanted).isoformat("minutes") if wanted else ""
    except ValueError:
        return _mood_page(visit, f"“{wanted}” is not a time of day. Write it as 16:05.")
    schema.set_setting(visit.database, "time_of_day", moment)
    notice = f"In the office it is {moment}." if moment else "The office's clock runs again."
    return Saved(notice, "/moods", "/moods")


def redraw(visit: Visit) -> Answer:
    """The value that a number field asks for when it is entered (mood `redraws`)."""
    article, line = visit.asked("article"), visit.asked("line")
    if article:
        row = visit.database.execute("SELECT price FROM article WHERE code = ?", (article,))
        found = row.fetchone()
        return Plain(visit.notation.price(found["price"]) if found else "")
    if line.isdecimal():
        row = visit.database.execute("SELECT amount FROM slip_line WHERE id = ?", (line,))
        found = row.fetchone()
        return Plain(visit.notation.amount(found["amount"]) if found else "")
    raise refused("There is nothing to redraw.")
