"""A secret shows itself only when asked."""

from __future__ import annotations

from paraplu.domain.credential import Credential, Secret


def test_a_secret_is_not_seen_in_any_text_made_of_it() -> None:
    secret = Secret("hunter 2&")
    credential = Credential("robot", "user", secret)
    assert "hunter" not in f"{secret} {secret!r} {credential} {credential!r}"
    assert secret.reveal() == "hunter 2&"


def test_the_forms_in_which_it_may_turn_up_are_known() -> None:
    copies = Secret('a b"&').copies()
    assert {'a b"&', "a%20b%22%26", "a+b%22%26", "YSBiIiY=", "YSBiIiY", 'a b\\"&'} <= set(copies)
    assert list(copies) == sorted(copies, key=len, reverse=True)
    assert "" not in Secret("").copies()


def test_every_form_that_the_search_knows_is_a_copy() -> None:
    from leaks import SECRET, forms

    copies = Secret(SECRET).copies()
    known = {
        name: form
        for name, form in forms(SECRET).items()
        if not name.startswith(("python", "utf", "lat"))
    }
    missed = [
        name for name, form in known.items() if not any(one in form.decode() for one in copies)
    ]
    assert missed == []


def test_a_short_secret_does_not_hide_half_of_everything() -> None:
    assert min(map(len, Secret("abc").copies())) == 3
