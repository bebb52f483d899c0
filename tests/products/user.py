"""A person or robot that can sign in to a product under test."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class User:
    """Who signs in. `role` is the product's own word for what the user may do."""

    login: str
    password: str
    role: str
