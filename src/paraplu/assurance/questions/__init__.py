"""Questions about the log, answered for those who may read it; that they read it is an entry."""
