"""What is handed out: evidence zips, the log as tiles and lines, and verifiers that need nothing of ours."""
