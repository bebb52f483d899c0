"""An entry of the audit log: its exact bytes, how they are composed, and how they are read.

Field names are those of OCSF 1.8 where it has them; what is particular to robotic process automation
stands under `rpa`. Personal values stand as salted digests under `_sd` (RFC 9901). The bytes are
canonical JSON (RFC 8785); they are stored and hashed as they are and never written anew. The place
of an entry is not in it: the tree gives the place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

from paraplu.audit import canonical, disclosure, kinds, term, tree, uid as uids
from paraplu.audit.errors import Malformed, NotRecordable
from paraplu.audit.kind import (
    APPLICATION,
    AUTHENTICATION,
    ENTITY,
    EVENT_LOG,
    OTHER,
    WEB_RESOURCE,
    Kind,
    Severity,
    Status,
)
from paraplu.audit.part import (
    MAX_TIME_MS,
    Actor,
    Approval,
    Evidence,
    Product,
    State,
    sorted_digests,
)

OCSF_VERSION = "1.8.0"
MAX_BYTES = 65_535  # entry bundles give the length in 16 bits (C2SP tlog-tiles)

_ORIGIN = re.compile(r"[a-z][a-z0-9.-]{0,100}(?:/[a-z0-9][a-z0-9._-]{0,60}){0,8}")
# The keys are sorted, so the time of the entry itself is the one before `type_uid`.
_TIME = re.compile(rb'"time":(\d{1,15}),"type_uid":')
_WITHOUT_ACTOR = (WEB_RESOURCE, APPLICATION)
_TAIL = 512  # only `user` or `web_resources`, which are short, can come after it
_UID = re.compile(rb'"uid":"(' + uids.PATTERN.pattern.encode() + rb')","version":"')


def compose(
    *,
    kind: str,
    uid: str,
    time_ms: int,
    log: str,
    product: Product,
    actor: Actor,
    case: str | None = None,
    entity: State | None = None,
    entity_result: State | None = None,
    status: Status | None = None,
    status_code: str | None = None,
    severity: Severity | None = None,
    client: str | None = None,
    service: str | None = None,
    receipt: str | None = None,
    requested_by: str | None = None,
    submitted_by: str | None = None,
    approved_by: Iterable[Approval] = (),
    mandate: str | None = None,
    agreement: str | None = None,
    plan: str | None = None,
    fence: int | None = None,
    intent: str | None = None,
    step: str | None = None,
    target: str | None = None,
    credential: str | None = None,
    code: str | None = None,
    evidence: Iterable[Evidence] = (),
    retention: str | None = None,
    detail: Mapping[str, object] | None = None,
    digests: Iterable[str] = (),
) -> bytes:
    """Give the bytes of one entry. Nothing personal can stand in it but as a digest.

    `kind` is a code of `kinds.CATALOGUE`; `uid` a UUIDv7; `time_ms` milliseconds since 1970, UTC;
    `log` the origin of the log; `case`, `receipt` and `intent` opaque uids (`intent`: the uid of the
    entry that announced the change). `entity` is the state before, `entity_result` the state after.
    `requested_by` and `submitted_by` are random uids of persons. `agreement` and `mandate` carry their
    version (`payroll-correction@3`). `plan` and `code` are SHA-256; `fence` the fencing token;
    `credential` its name. `detail` takes codes, counts, dates and uids by field name. `digests` are
    those of `Disclosure.digest` for values that belong to no state (a reference, a remark).

    Raises `NotRecordable`, naming the field and never the value: an unknown kind, a value that is no
    term, something the kind needs and lacks, a digest given twice, an entry above 65,535 bytes.
    """
    which = kinds.kind_of(kind)
    approvals, files = tuple(approved_by), tuple(evidence)
    own = sorted_digests(digests, "rpa._sd")
    rpa = _without_none(
        {
            "kind": which.code,
            "phase": which.phase.value,
            "client": _word(client, "rpa.client"),
            "service": _word(service, "rpa.service"),
            "receipt": _word(receipt, "rpa.receipt"),
            "requested_by": _person(requested_by, "rpa.requested_by"),
            "submitted_by": _person(submitted_by, "rpa.submitted_by"),
            "approved_by": [approval.document() for approval in approvals] or None,
            "mandate": _word(mandate, "rpa.mandate"),
            "agreement": _word(agreement, "rpa.agreement"),
            "plan": None if plan is None else term.hash_(plan, "rpa.plan"),
            "fence": None
            if fence is None
            else term.count(fence, "rpa.fence", canonical.MAX_INTEGER),
            "intent_uid": None if intent is None else _uid(intent, "rpa.intent_uid"),
            "step": _word(step, "rpa.step"),
            "target": _word(target, "rpa.target"),
            "credential": _word(credential, "rpa.credential"),
            "code": None if code is None else term.hash_(code, "rpa.code"),
            "evidence": [file.document() for file in files] or None,
            "retention": _word(retention, "rpa.retention"),
            "detail": _detail(detail),
            "_sd": list(own) or None,
        }
    )
    given: dict[str, object] = {
        "case": case,
        "run": actor.run,
        "plan": plan,
        "fence": fence,
        "intent": intent,
        "credential": credential,
        "code": code,
        "evidence": files or None,
    }
    lacking = [name for name in which.needs if given[name] is None]
    if lacking:
        raise NotRecordable(f"an entry of kind '{which.code}' must name its {', '.join(lacking)}")
    states = {"entity": entity, "entity_result": entity_result}
    seen = [*own, *(item for state in states.values() if state for item in state.digests)]
    if len(set(seen)) != len(seen):
        raise NotRecordable("_sd: a digest stands twice; each value needs a salt of its own")
    metadata = {
        "version": OCSF_VERSION,
        "uid": _uid(uid, "metadata.uid"),
        "correlation_uid": _word(case, "metadata.correlation_uid"),
        "log_name": _origin(log),
        "product": product.document(),
        # These classes know no actor but in the profile of a host.
        "profiles": ["host"] if which.class_uid in _WITHOUT_ACTOR else None,
    }
    document = {
        "metadata": _without_none(metadata),
        "time": term.count(time_ms, "time", MAX_TIME_MS),
        "class_uid": which.class_uid,
        "category_uid": which.category_uid,
        "type_uid": which.type_uid,
        "activity_id": which.activity_id,
        "severity_id": int(which.severity if severity is None else Severity(severity)),
        "status_id": int(which.status if status is None else Status(status)),
        "status_code": _word(status_code, "status_code"),
        "actor": actor.document(),
        **{name: state.document() for name, state in states.items() if state},
        **_of_class(which, actor, target, log),
        **({} if entity or which.class_uid != ENTITY else {"entity": _about(case, receipt)}),
        "rpa": rpa,
        "_sd_alg": disclosure.ALGORITHM if seen else None,
    }
    # Every part is a term, a count or a digest, which are all on the profile of canonical JSON.
    data = canonical.write(_without_none(document))
    if len(data) > MAX_BYTES:
        raise NotRecordable(
            f"an entry of {len(data)} bytes; at most {MAX_BYTES} fit: attach an evidence file instead"
        )
    return data


@dataclass(frozen=True)
class Entry:
    """An entry as it stands in the log: `data` are its exact bytes."""

    data: bytes

    @cached_property
    def document(self) -> dict[str, Any]:
        """The entry as JSON; raises `Malformed` if the bytes are not a canonical entry."""
        found: Any = canonical.decode(self.data)
        try:
            texts = (found["metadata"]["uid"], found["rpa"]["kind"], found["actor"]["user"]["uid"])
            fits = all(type(text) is str for text in texts) and type(found["time"]) is int
        except (KeyError, TypeError):
            fits = False
        if not fits:
            raise Malformed("canonical JSON, but not an entry of the audit log")
        return dict(found)

    @property
    def uid(self) -> str:
        """The uid of the entry (UUIDv7)."""
        return str(self.document["metadata"]["uid"])

    @property
    def time_ms(self) -> int:
        """When, in milliseconds since 1970, UTC, by the clock of the machine that wrote it."""
        return int(self.document["time"])

    @property
    def kind(self) -> str:
        """The code of its kind, a key of `kinds.CATALOGUE` (a newer program may have more)."""
        return str(self.document["rpa"]["kind"])

    @property
    def case(self) -> str | None:
        """The uid of the case, if it belongs to one."""
        found: str | None = self.document["metadata"].get("correlation_uid")
        return found

    @property
    def actor(self) -> str:
        """The uid of the person or service account who acted."""
        return str(self.document["actor"]["user"]["uid"])

    @property
    def run(self) -> str | None:
        """The uid of the run, if it was done in one."""
        found: str | None = self.document["actor"].get("process", {}).get("uid")
        return found

    @property
    def rpa(self) -> dict[str, Any]:
        """What is particular to automation: phase, approvals, plan, evidence, detail."""
        found: dict[str, Any] = self.document["rpa"]
        return found

    @cached_property
    def digests(self) -> frozenset[str]:
        """Every digest of a personal value in the entry."""
        parts = (self.document.get(name, {}) for name in ("entity", "entity_result", "rpa"))
        return frozenset(item for part in parts for item in part.get("_sd", ()))

    @property
    def leaf_hash(self) -> bytes:
        """The 32 bytes that stand in the tree for this entry (RFC 6962)."""
        return tree.leaf_hash(self.data)


def found_by(data: bytes) -> tuple[str, str, int, str | None, str, str | None] | None:
    """By what an entry is found: uid, kind, time (ms), case, actor, run; None when it cannot be read.

    Half the cost of an `Entry`, since it does not look whether the bytes are canonical.
    """
    try:
        found = orjson.loads(data)
        metadata, actor = found["metadata"], found["actor"]
        return (
            metadata["uid"],
            found["rpa"]["kind"],
            found["time"],
            metadata.get("correlation_uid"),
            actor["user"]["uid"],
            actor.get("process", {}).get("uid"),
        )
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return None


def time_in(data: bytes) -> int | None:
    """Find the time (ms) in the bytes of an entry without reading the rest; None if not to be found."""
    found = _TIME.search(data, max(0, len(data) - _TAIL))
    return int(found[1]) if found else None


def uid_in(data: bytes) -> str | None:
    """Find the uid in the bytes of an entry, damaged ones included; None if not to be found."""
    found = _UID.search(data)
    return found[1].decode("ascii") if found else None


def _without_none(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if value is not None}


def _word(value: str | None, where: str) -> str | None:
    return None if value is None else term.word(value, where)


def _person(value: str | None, where: str) -> dict[str, Any] | None:
    return None if value is None else {"user": {"uid": term.word(value, where)}}


def _uid(value: str, where: str) -> str:
    if isinstance(value, str) and uids.PATTERN.fullmatch(value):
        return value
    raise NotRecordable(f"{where}: a UUID of version 7 in lower case is needed")


def _origin(value: str) -> str:
    if isinstance(value, str) and _ORIGIN.fullmatch(value) and not term.is_identity(value):
        return value
    raise NotRecordable("log: an origin such as 'ssc.example/audit/2027' is needed")


def _detail(detail: Mapping[str, object] | None) -> dict[str, object] | None:
    if not detail:
        return None
    return {
        term.field(name, "rpa.detail"): term.detail(value, f"rpa.detail.{name}")
        for name, value in detail.items()
    }


def _about(case: str | None, receipt: str | None) -> dict[str, Any]:
    """What a change is of where no state before is told: its class asks for it."""
    return {"name": "case" if case else "receipt" if receipt else "installation"}


def _of_class(kind: Kind, actor: Actor, target: str | None, log: str) -> dict[str, Any]:
    """Give what the OCSF class asks for besides the common fields."""
    found: dict[str, Any] = {}
    if kind.activity_id == OTHER:
        found["activity_name"] = kind.code
    if kind.class_uid == AUTHENTICATION:
        found["user"] = actor.user()
        found["service"] = {"name": actor.app_name or "paraplu"}
    elif kind.class_uid == APPLICATION:
        found["app"] = {"name": actor.app_name or "paraplu"}
    elif kind.class_uid == EVENT_LOG:
        found["log_name"] = log
    elif kind.class_uid == WEB_RESOURCE:
        found["web_resources"] = [{"name": target or "unknown"}]
    return found
