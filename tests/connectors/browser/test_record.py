"""What goes to the recorder."""

from __future__ import annotations

import pytest

from paraplu import Action, Secret
from paraplu_browser.record import DOTS, LONGEST, Journal


def test_a_secret_at_the_edge_of_the_cut_leaves_no_piece_of_itself() -> None:
    actions: list[Action] = []
    journal = Journal(actions.append, [Secret("hunter2-hunter2")])
    journal.write("read", "text", "x" * (LONGEST - 5) + "hunter2-hunter2", None)
    journal.write("read", "text", "y" * 300, None)
    assert actions[0].value == DOTS
    assert actions[1].value == "y" * LONGEST


def test_every_form_of_a_secret_is_taken_out() -> None:
    actions: list[Action] = []
    secret = Secret('pä ss/"w"\'d')
    journal = Journal(actions.append, [secret])
    for copy in secret.copies():
        journal.write("opened", f"page {copy}", f"a{copy}b", f"https://t.example/?p={copy}")
    assert not any(copy in repr(actions) for copy in secret.copies())
    assert {one.value for one in actions} == {DOTS}
    assert actions[0].what == f"page {DOTS}"


def test_typed_values_are_taken_out_of_error_texts_only() -> None:
    actions: list[Action] = []
    journal = Journal(actions.append, [])
    journal.remember("Jansen")
    journal.remember("ab")
    journal.write("clicked", 'text "Jansen"', None, None)
    assert actions[0].what == 'text "Jansen"'
    assert journal.discreet("the cab of Jansen") == "the cab of …"


def test_after_a_failure_nothing_more_is_let_through() -> None:
    def broken(action: Action) -> None:
        raise OSError("full")

    journal = Journal(broken, [])
    journal.refuse_after_failure()
    with pytest.raises(OSError, match="full"):
        journal.write("clicked", "button", None, None)
    with pytest.raises(OSError, match="full"):
        journal.refuse_after_failure()
