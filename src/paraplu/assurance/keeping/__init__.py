"""Heads of the log where administrators of this machine cannot reach them: copies and witnesses."""
