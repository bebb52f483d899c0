"""Sets and stops the phone allowance on somebody's pay slip."""
