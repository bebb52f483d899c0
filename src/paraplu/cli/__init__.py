"""The command line: for operators, approvers, auditors and administrators, and for their scripts."""
