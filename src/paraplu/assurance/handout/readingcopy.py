"""Entries as tables for reading, in the reader's language: for spreadsheets, not as proof."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from paraplu.assurance.handout.revealing import Revealed, before_and_after
from paraplu.audit.entry import Entry
from paraplu.domain.workbook import Table
from paraplu.engine.clock import from_ms

_TITLES = {
    "en": ("Entries", "Values"),
    "nl": ("Regels", "Waarden"),
    "da": ("Poster", "Værdier"),
}
_ENTRY = {
    "en": "Place;Time (UTC);What;Kind;Client;Service;Case;Who;Bot;Requested by;Submitted by;Decided by;"
    "Undisclosed values;Evidence;Uid",
    "nl": "Plaats;Tijd (UTC);Wat;Soort;Klant;Dienst;Zaak;Wie;Bot;Gevraagd door;Ingediend door;Besloten door;"
    "Niet onthulde waarden;Bewijs;Uid",
    "da": "Plads;Tid (UTC);Hvad;Art;Kunde;Ydelse;Sag;Hvem;Bot;Ønsket af;Indsendt af;Afgjort af;"
    "Ikke afslørede værdier;Bevis;Uid",
}
_VALUE = {
    "en": "Place;Time (UTC);What;Case;Field;Before;After;Value",
    "nl": "Plaats;Tijd (UTC);Wat;Zaak;Veld;Voor;Na;Waarde",
    "da": "Plads;Tid (UTC);Hvad;Sag;Felt;Før;Efter;Værdi",
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def tables(
    entries: Mapping[int, Entry],
    revealed: Revealed,
    names: Mapping[str, str],
    kinds: Mapping[str, str],
    language: str,
) -> tuple[Table, Table]:
    """One row for each entry, and one for each disclosed value; people by name where `names` has them."""
    rows: list[tuple[str, ...]] = []
    values: list[tuple[str, ...]] = []
    for place, entry in entries.items():
        disclosed = revealed.disclosures.get(place, ())
        time = f"{from_ms(entry.time_ms):%Y-%m-%d %H:%M:%S}"
        what, case = kinds.get(entry.kind, entry.kind), entry.case or ""
        rpa = entry.rpa

        def person(found: Mapping[str, Mapping[str, str]] | None) -> str:
            return names.get(found["user"]["uid"], found["user"]["uid"]) if found else ""

        rows.append(
            (
                *(
                    str(place),
                    time,
                    what,
                    entry.kind,
                    rpa.get("client", ""),
                    rpa.get("service", ""),
                ),
                *(case, names.get(entry.actor, entry.actor)),
                entry.document["actor"].get("app_uid", entry.document["actor"].get("app_name", "")),
                *(person(rpa.get("requested_by")), person(rpa.get("submitted_by"))),
                "; ".join(
                    f"{person(one)}: {one['decision']} ({one['mandate']})"
                    for one in rpa.get("approved_by", ())
                ),
                str(len(entry.digests) - len(disclosed)),
                "; ".join(one["hash"] for one in rpa.get("evidence", ())),
                entry.uid,
            )
        )
        for name, texts in before_and_after(entry, disclosed).items():
            values.append((str(place), time, what, case, name, *(text or "" for text in texts)))
    titles = _TITLES.get(language, _TITLES["en"])
    return (
        Table(titles[0], tuple(_ENTRY.get(language, _ENTRY["en"]).split(";")), tuple(rows)),
        Table(titles[1], tuple(_VALUE.get(language, _VALUE["en"]).split(";")), tuple(values)),
    )


def to_csv(table: Table) -> bytes:
    """A table as CSV: UTF-8 with a byte order mark, as Excel expects it, semicolons, nothing a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    for row in (table.headings, *table.rows):
        writer.writerow([f"'{text}" if text.startswith(_FORMULA) else text for text in row])
    return out.getvalue().encode("utf-8-sig")
