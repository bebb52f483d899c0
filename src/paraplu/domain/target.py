"""Page objects for one product, behind the Protocol that a bot declares."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from paraplu.domain.connector import Outgoing, Session
from paraplu.domain.credential import Credential


class Target(ABC):
    """One product, driven through one session of a connector.

    A subclass is registered by entry point in the group ``paraplu.targets`` and provides the methods of
    a bot's Protocol. It raises `TargetRefused` when the product says no, `PageChanged` when a page is
    not as expected; the connector raises the rest.
    """

    product: ClassVar[str]
    """The product's name and the versions it was tried with, for the catalogue."""

    connector: ClassVar[str] = "browser"
    """The name of the connector whose session it works through."""

    def __init__(self, session: Session) -> None:
        """`session` is open but not signed in."""
        self.session = session
        self.page: Any = session.handle

    @abstractmethod
    def sign_in(self, credential: Credential) -> None:
        """Sign in. Raises `TargetRefused` when the account is not accepted."""

    @abstractmethod
    def sign_out(self) -> None:
        """Sign out; never raises because somebody was signed out already."""

    @classmethod
    def writes(cls, request: Outgoing) -> bool:
        """Whether a request could change the product: asked of every request in a rehearsal.

        By default every method but GET, HEAD and OPTIONS writes. A product that reads by POST, or that
        signs in by POST, says so here.
        """
        return request.method.upper() not in ("GET", "HEAD", "OPTIONS")

    def refresh(self) -> None:
        """Forget what was read: what is asked from now on must come from the product itself.

        Called before each try, before the last look at preconditions, before the act and before every look
        after it. A target that remembers nothing between calls has nothing to do here.
        """
        return

    def bystanders(self) -> Sequence[Any]:
        """Locators of what belongs to other people on the present page: covered on pictures."""
        return ()
