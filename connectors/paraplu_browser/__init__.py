"""Paraplu's browser connector: a target works with Playwright's own `Page`, every step is recorded.

For the author of a target, everything of Playwright works as its documentation says, and recordings of
`playwright codegen` can be pasted. What is different:

* Each thing that is done (opened, filled, clicked, read ...) is recorded before the call returns; the
  table is in `paraplu_browser.rules`. Passwords and secrets never are.
* What is typed is read back, and typed again more carefully when the field shows something else; what
  counts as the same, and how to say otherwise, is in `paraplu_browser.sameness`.
* Errors are Paraplu's, see `paraplu_browser.faults`.
* A question that the page asks (alert, confirm) and that the target does not listen to is recorded and
  answered with no. `page.once("dialog", lambda dialog: dialog.accept())` says yes.

Importing this package costs nothing: Playwright is loaded when a session is opened.
"""

from __future__ import annotations

from paraplu import SessionConnector
from paraplu_browser.connector import BrowserConnector
from paraplu_browser.finder import Browser, find_browser

connector: SessionConnector = BrowserConnector()

__all__ = ["Browser", "BrowserConnector", "connector", "find_browser"]
