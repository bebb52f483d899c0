"""`folders`: the folders that clients deliver to, looked into by hand."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from paraplu.cli.session import Session, shared

if TYPE_CHECKING:
    from paraplu.bootstrap import Centre
    from paraplu.engine.folders import Happened

_WORDS = {
    "taken-in": "taken in",
    "stopped": "stopped",
    "known": "known already",
    "refused": "not accepted",
    "answered": "answered",
    "waiting": "waiting",
    "away": "folder away",
    "back": "folder back",
    "failed": "failed",
}
_REASONS = {
    "settling": "it is taken in when it has not changed for a while",
    "open-in-program": "somebody has it open",
    "not-whole": "it is empty or lacks its end: the rest may still come",
    "changed": "it changed while it was read",
    "put-off": "it is tried again later",
    "answer-open": "somebody has the answer before this one open",
    "file-not-read": "it could not be read; it is tried again",
    "file-not-moved": "a file that is done could not be moved away; it is tried again",
    "answer-not-written": "the answer could not be written; it is tried again",
    "answer-not-put": "the answer could not be put into the out-folder; it is tried again",
    "folder-missing": "it does not exist",
    "folder-not-allowed": "it may not be read or written",
    "folder-does-not-answer": "its server does not answer",
    "folder-not-mounted": "its own folders are missing: is the share mounted?",
    "folder-in-it-is-no-folder": "taken-in, answered or refused in it is no folder",
    "folder-shared": "another agreement has the same folder, so that it proves nothing",
    "out-folder-missing": "the out-folder does not exist",
    "out-folder-is-no-folder": "the out-folder is no folder",
}


@click.group()
def folders() -> None:
    """The folders that clients deliver workbooks to, see docs/how-to/take-workbooks-from-a-folder.md."""


@folders.command()
@click.option("--once", is_flag=True, help="Do not wait until new files are complete.")
@shared
def look(session: Session, once: bool) -> int:
    """Look into every watched folder: take in what is complete, put out what was answered.

    A file is complete when it did not change between two looks, so when there is a new one this waits a
    while and looks again. The exit code is 3 when a folder is away or something failed.

    \b
    Examples:
      paraplu folders look
      paraplu folders look --once --json
    """
    from paraplu.domain.person import Role
    from paraplu.engine.people import require

    with session.centre() as centre:
        by = session.acting(centre)
        require(by, None, Role.OPERATOR, Role.LEAD, Role.ADMINISTRATOR)
        looked = centre.folders.look()
        happened = looked.happened
        if looked.settles_in and not once:
            session.out.line("Waiting whether new files stay as they are ...")
            time.sleep(looked.settles_in)
            looked = centre.folders.look()
            happened = [one for one in happened if one.what != "waiting"] + looked.happened
        while looked.more:
            looked = centre.folders.look()
            happened += looked.happened
        seen = [one for one in happened if by.person.sees(one.client)]
        told = [_facts(centre, one) for one in seen]
    for one in told:
        session.out.line(_line(one))
    if looked.busy:
        session.out.line("Another process is looking into the folders just now.")
    elif not looked.folders:
        session.out.line("No agreement has a folder: see docs/reference/client-file.md")
    elif not told:
        session.out.line(f"Nothing new; {looked.folders} watched.")
    session.out.result({"busy": looked.busy, "folders": looked.folders, "happened": told})
    return 3 if any(one["what"] in ("away", "failed") for one in told) else 0


def _facts(centre: Centre, one: Happened) -> dict[str, Any]:
    return {
        "what": one.what,
        "client": one.client,
        "service": one.service,
        "file": one.file,
        "receipt": one.receipt,
        "reason": one.reason,
        "why": None if one.why is None else centre.parts.wording("en").say(one.why),
    }


def _line(one: dict[str, Any]) -> str:
    why = one["why"] or _REASONS.get(one["reason"], one["reason"])
    about = f"{one['client']}, {one['service']}"
    named = f"{one['file']} ({about})" if one["file"] else about
    receipt = f", receipt {one['receipt']}" if one["what"] == "taken-in" else ""
    return f"{_WORDS[one['what']]:14}  {named}{receipt}" + (f": {why}" if why else "")
