"""Whether the log, what stands beside it and what is kept elsewhere hold together."""
