"""The payroll products that the bot can work in."""
