"""A small service of the tests' own, written as a stranger's plugin would be: a ledger in one file."""

from paraplu_ledger.booking import Booking, BookingBot, SetLine
from paraplu_ledger.books import Books
from paraplu_ledger.connector import connector
from paraplu_ledger.ordering import Order, OrderBot
from paraplu_ledger.target import LedgerTarget

__all__ = [
    "Booking",
    "BookingBot",
    "Books",
    "LedgerTarget",
    "Order",
    "OrderBot",
    "SetLine",
    "connector",
]
