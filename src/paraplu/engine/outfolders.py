"""Puts answers into the folders where clients collect them, until they lie there.

What is to lie there is written down first, by whoever answers; a share that is away, a file that somebody
has open and a process that dies only put it off. An answer that lies there is not put there again before
it says something else, so that a client may take it away.
"""

from __future__ import annotations

from typing import Any

from paraplu.audit.part import Evidence
from paraplu.domain.folder import cut
from paraplu.domain.message import Message
from paraplu.engine.answers import answer_name
from paraplu.engine.clock import from_ms
from paraplu.engine.drops import CHANNEL
from paraplu.engine.intake import MEDIA_TYPE
from paraplu.engine.journal import OURSELVES, Personal, unpack
from paraplu.engine.parts import Parts
from paraplu.engine.places import Place
from paraplu.store import drops, evidence, receipts


class OutFolders:
    """Answers on their way to clients."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def deliver(self, place: Place, row: Any) -> str | None:
        """Put the answer to a row (of `drops`) into the out-folder. Gives the name that it has there.

        None when another one is to lie there by now. Raises `OSError` and `InUse` when it cannot be put
        there now.
        """
        parts = self._parts
        name, data, kept = self._workbook(place, row) if row.answer else self._text(place, row)
        place.share.put(name, f".{row.uid}.part", data)
        key = parts.keys.key_of(row.sealed)
        with parts.database.write() as connection:
            if not drops.delivered(connection, row.uid, row.answer_hash, parts.clock.ms()):
                return None
            entry = parts.journal.entry(
                "answer-delivered",
                OURSELVES,
                **place.names,
                receipt=row.receipt,
                evidence=kept,
                detail={"channel": CHANNEL, "answer": row.outcome, "final": bool(row.final)},
                personal=Personal(key, {"file": name}),
            )
            parts.journal.write(connection, entry)
        return name

    def _workbook(self, place: Place, row: Any) -> tuple[str, bytes, list[Evidence]]:
        parts = self._parts
        with parts.database.read() as connection:
            receipt = receipts.get(connection, row.receipt)
            listed = evidence.by_hash(connection, row.answer)
        if receipt is None or listed is None:  # written in one transaction with the row's own
            raise LookupError("the answer of a receipt is not listed as evidence")
        about = unpack(parts.keys.open(receipt.sealed, f"receipt:{receipt.uid}"))
        name = answer_name(about["file"], receipt.uid, parts.wording(place.client.language))
        data = parts.files.open(row.answer, MEDIA_TYPE)
        return name, data, [Evidence(listed.hash, listed.size, listed.media_type)]

    def _text(self, place: Place, row: Any) -> tuple[str, bytes, list[Evidence]]:
        """A few lines for a file that became no receipt, or a receipt of which nothing goes on."""
        parts = self._parts
        about = unpack(parts.keys.open(row.sealed, f"drop:{row.uid}"))
        wording = parts.wording(place.client.language)
        known = row.outcome == drops.KNOWN
        first = Message(
            "file-not-accepted",
            "{file}, found here on {when}, was not accepted.",
            {
                "file": about["file"],
                "when": from_ms(row.seen_at).astimezone(place.client.zone),
            },
        )
        if known:
            first = Message(
                "file-known-already",
                "{file}, found here on {when}, is known already.",
                first.values,
            )
        lines = [wording.say(first), "", wording.say(Message.from_json(about["why"]))]
        if not known:
            lines += ["", wording.text("Nothing of this file was taken in.")]
        ending = wording.text("known already") if known else wording.text("not accepted")
        # As the simplest editors of Windows want it.
        text = "".join(f"{line}\r\n" for line in lines).encode("utf-8-sig")
        return f"{cut(about['file'], 190)} - {ending}.txt", text, []
