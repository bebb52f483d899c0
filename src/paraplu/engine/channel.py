"""What must hold for the folders of agreements before they come into force."""

from __future__ import annotations

from collections.abc import Iterable

from paraplu.domain.agreement import Agreement
from paraplu.domain.folder import shared_paths
from paraplu.domain.mandate import Mandate
from paraplu.errors import SettingsWrong


def check_folders(
    agreements: Iterable[Agreement], mandates: Iterable[Mandate], others: Iterable[Agreement]
) -> None:
    """Raise `SettingsWrong` when a folder's submitter may not ask, or when two agreements share a folder.

    `agreements` and `mandates` are those of one file, `others` all that are on record, the newest version of
    each last.
    """
    mine = {(one.client, one.service): one for one in agreements}
    asking = {(one.service, one.person) for one in mandates if one.may == "ask"}
    for one in mine.values():
        if one.folder is not None and (one.service, one.folder.submitter) not in asking:
            raise SettingsWrong(
                f"'{one.folder.submitter}' delivers by the folder of {one.id} but may not ask: add a "
                f'[[mandate]] with person = "{one.folder.submitter}", service = "{one.service}" and '
                'may = "ask", or name somebody else as its submitter.'
            )
    newest = {(one.client, one.service): one for one in others} | mine
    folders = {one.id: one.folder for one in newest.values() if one.folder is not None}
    for first, second in shared_paths(folders):
        raise SettingsWrong(
            f"The folders of {first} and {second} are one, or one lies in the other. Only the client "
            "writes into its folder, which proves who delivers: give each agreement a folder of its own."
        )
