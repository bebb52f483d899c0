"""What people look into: samples, after-checks, reconciliation, the register of controls."""
