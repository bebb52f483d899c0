"""Erasing lawfully: two people, holds, retention, what is reached and what is not, a person's extract."""
