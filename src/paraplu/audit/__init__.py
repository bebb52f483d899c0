"""The tamper-evident record: entries, the tree over them, signed heads, proofs and their verification.

Pure: no I/O, no clock, no chance, no threads. Times, uids, salts and keys are arguments; the store
writes what is composed here in the same transaction as the state that it tells of.
"""
