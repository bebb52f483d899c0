"""Pages of the practice office that are only read: fetched within the browser's session, not drawn.

The browser's cookies go with the request and come back with the answer, so it is the same session that
clicks. Drawing a page costs ten times as much as reading it, and a robot reads most of what it opens.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from paraplu import PageChanged, TargetDown, TargetRefused
from paraplu_procurement.targets.document import Document


def fetch(page: Any, path: str) -> Document | None:
    """Read the page at `path` in the session of `page`; None when there is no such thing.

    Raises `TargetDown` when there is no answer, when the office is closed or when the session has ended,
    `TargetRefused` when the account may not read it.
    """
    try:
        response = page.request.get(path)
    except PageChanged as error:  # it was not answered, whatever the reason
        raise TargetDown("The practice office does not answer. Try later.") from error
    try:
        status = int(response.status)
        if urlsplit(str(response.url)).path == "/sign-in":
            raise TargetDown("The practice office ended the session.")
        if status == 404:
            return None
        if status == 429 or status >= 500:
            asked = str(response.headers.get("retry-after", ""))
            wait = float(asked) if asked.isdecimal() else None
            raise TargetDown(f"The practice office answered {status}. Try later.", retry_after=wait)
        if status >= 400:
            raise TargetRefused(f"The practice office refused a page ({status}).")
        return Document(response.text())
    finally:
        response.dispose()


def path_of(organisation: str, places: Sequence[str]) -> str:
    """The path of a page on the purchasing side."""
    return "/purchasing/" + "/".join(quote(part, safe="") for part in (organisation, *places))


def list_path(organisation: str, place: str, words: str, page: int) -> str:
    """The path of one page of a list that is searched for `words`."""
    return f"{path_of(organisation, (place,))}?q={quote(words, safe='')}&page={page}"
