"""The payroll correction bot: corrects a line of somebody's pay in a payroll system."""

from paraplu_payroll.bot import PayrollBot

__all__ = ["PayrollBot"]
