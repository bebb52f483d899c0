"""A witness: countersigns heads of other people's logs, when they extend the last head it saw.

Another organisation runs it. It needs nothing of an installation of Paraplu: its own key, its own small
file, the logs it was told to trust. It speaks C2SP tlog-witness (https://c2sp.org/tlog-witness), so any log
and any client that does so can use it.
"""
