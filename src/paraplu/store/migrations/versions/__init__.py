"""The versions, the first release first."""
