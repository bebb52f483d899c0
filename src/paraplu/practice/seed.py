"""The people and goods of a new office: fictional, and always the same for the same day.

Everything is relative to the day: the present month is the period whose run is calculated, the next
month is open, last month is paid, the five before it are closed.

Payroll, Gemeente Waterland aan Zee (`waterland`, EUR) | Nordvig Kommune (`nordvig`, DKK)
----------------------------------------------------------------------------------------
31 employees each; four pages of ten. Codes have leading zeros.

00412 | 00103   plain, with four lines: base salary, on-call allowance, travel, phone
00449 | 00132   garnishment on the slip
00486 | 00161   employment ended, two months ago
00523 | 00190   two employments (1 and 2), two slips
00560 | 00219   net just above nothing: a small cut of the base salary makes it negative
00597 | 00248   recovery of an overpayment on the slip
00634 | 00277   hours: overtime 150 %, 12 hours
00671 | 00306   employment ends with the present month
00708 | 00335   employment began with the present month: no earlier slips

Components: 1000 base salary, 1100 personal allowance, 1200 extra hours, 1210 overtime 150% (hours),
1300 on-call, 1400 bonus, 1500 back pay, 1600 unpaid leave (hours), 2000 travel, 2100 phone, 2200
home-working, 7000 union fee, 7100 staff association, 7200 bicycle scheme, 7500 wage garnishment,
7600 recovery of overpayment; derived 9000 gross, 9100 pension, 9200 wage tax, 9900 net.
Reasons: R01 entered wrongly, R02 information came late, R03 agreement with retroactive effect, R04
allowance started or stopped, R09 other.

Purchasing
----------
Suppliers L0101 to L0109 (EUR) and L0201 to L0207 (DKK); L0108 is blocked. Numbers go on at
IO-YEAR-00123. Cost centres with little left this year: 4700 (EUR 250,00), 2700 (DKK 900,00);
4800 has no budget next year. Contracts RC-YEAR-0nn (1nn: Danish): 004 has EUR 360,00 left, 104
DKK 1.500,00; 006 and 106 expired last month, 007 begins next year, 008 expires in a fortnight.
Long lead times in working days: GRO-0010 and PLA-0010 Nordmann fir (15), GRO-0020 (25), KAN-0030
(20), ICT-0040 (35), ITH-0030 (30). The same fir comes sooner and dearer from elsewhere, without a
contract: DEN-0010 and JUL-0010 (4); an artificial one is FEE-0010 (3). Prices of four decimals:
TEC-0010 (0,1850), TEC-0020, VEN-0010. Units other than piece: box, pack, set, pallet, hour.
VAT codes H21, L9, N0 (Dutch) and M25, M0 (Danish). Delivery addresses STADHUIS, WERF, BIEB, SPORT
and RAADHUS, SKOLE, PLEJE, MATERIEL.
"""

import sqlite3
from datetime import date

from paraplu.practice import accounts, seed_payroll, seed_purchasing

ORGANISATIONS = (
    ("waterland", "Gemeente Waterland aan Zee", "NL", "EUR"),
    ("nordvig", "Nordvig Kommune", "DK", "DKK"),
)


def seed(database: sqlite3.Connection, today: date, stamp: str) -> None:
    """Fill empty tables for an office whose day is `today` (inside the caller's transaction)."""
    accounts.create_accounts(database)
    database.executemany("INSERT INTO organisation VALUES (?, ?, ?, ?)", ORGANISATIONS)
    seed_purchasing.seed_cost_centres(database, today)
    seed_payroll.seed(database, today, stamp)
    seed_purchasing.seed(database, today)
