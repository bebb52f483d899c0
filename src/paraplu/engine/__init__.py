"""Takes what is due, asks the domain for a decision, does one thing, records it."""
