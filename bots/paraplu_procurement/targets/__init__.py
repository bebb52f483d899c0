"""The purchasing systems that the bot can work in."""
