"""Entries: what is in their bytes, what may not get in, and reading them back."""

from __future__ import annotations

import json
from dataclasses import replace
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given, strategies as st

from paraplu.audit import canonical
from paraplu.audit.disclosure import Disclosure
from paraplu.audit.entry import MAX_BYTES, Entry, compose, time_in, uid_in
from paraplu.audit.errors import Malformed, NotRecordable
from paraplu.audit.kind import OTHER, Severity, Status
from paraplu.audit.kinds import CATALOGUE
from paraplu.audit.part import Actor, Approval, Evidence, Product, State, UserType
from paraplu.audit.tree import leaf_hash

UID = "019aa849-cc00-7982-a729-1f26793f18bb"
INTENT = "019aa849-cc00-7982-a729-1f26793f18bc"
CASE = "0b8f4bd2-6f43-4d4e-9a0e-0c1f5f4a2f11"
RUN = "5f0c2a61-3a77-4e0e-8e6e-1b1d6d6b7a22"
TIME = 1_795_291_200_000
ACTOR = Actor("svc-bot-07", UserType.SERVICE, "payroll-correction", "payroll-correction@1.4.2", RUN)


def digest(name: str, value: str, salt: int = 1) -> str:
    return Disclosure(bytes([salt]) * 16, name, value).digest


def make(**changes: Any) -> bytes:
    given: dict[str, Any] = {
        "kind": "outcome-confirmed",
        "uid": UID,
        "time_ms": TIME,
        "log": "ssc.example/audit/2026",
        "product": Product("paraplu", "0.1.0"),
        "actor": ACTOR,
        "case": CASE,
        "intent": INTENT,
    }
    return compose(**(given | changes))


FULL: dict[str, Any] = {
    "entity": State("employee.salary", (digest("amount", "3100.00"),), "rec-7"),
    "entity_result": State("employee.salary", (digest("amount", "3250.00", 2),)),
    "status_code": "confirmed",
    "client": "gemeente-a",
    "service": "payroll-correction",
    "receipt": "r-4f2a",
    "requested_by": "p-7f3k2",
    "submitted_by": "p-7f3k2",
    "approved_by": [Approval("p-99aa", "m-12@3", "approved", TIME)],
    "mandate": "m-12@3",
    "agreement": "payroll-correction@3",
    "plan": "a" * 64,
    "fence": 7,
    "step": "submit-form",
    "target": "practice.payroll",
    "credential": "practice-payroll",
    "code": "sha256:" + "b" * 64,
    "evidence": [Evidence("c" * 64, 12_345, "image/png")],
    "retention": "nl.payroll.7y",
    "detail": {"fields": 3, "due": "2026-12-24", "steps": ["opened", "filled"], "late": False},
    "digests": [digest("reference", "PC-2026-001", 3), digest("remark", "see mail", 4)],
}


def test_an_entry_has_the_field_names_of_ocsf_and_its_own_under_rpa() -> None:
    read = json.loads(make(**FULL))
    assert read["metadata"] == {
        "version": "1.8.0",
        "uid": UID,
        "correlation_uid": CASE,
        "log_name": "ssc.example/audit/2026",
        "product": {"name": "paraplu", "version": "0.1.0"},
    }
    assert (read["time"], read["class_uid"], read["category_uid"]) == (TIME, 3004, 3)
    assert (read["type_uid"], read["activity_id"], read["severity_id"]) == (300403, 3, 1)
    assert (read["status_id"], read["status_code"], read["_sd_alg"]) == (1, "confirmed", "sha-256")
    assert read["actor"] == {
        "user": {"uid": "svc-bot-07", "type": "Service", "type_id": 4},
        "app_name": "payroll-correction",
        "app_uid": "payroll-correction@1.4.2",
        "process": {"uid": RUN},
    }
    assert read["entity"]["_sd"] == list(FULL["entity"].digests)
    assert read["entity_result"]["type"] == "employee.salary"
    rpa = read["rpa"]
    assert rpa["approved_by"] == [
        {"user": {"uid": "p-99aa"}, "mandate": "m-12@3", "decision": "approved", "time": TIME}
    ]
    assert rpa["evidence"] == [{"hash": "c" * 64, "size": 12_345, "media_type": "image/png"}]
    assert rpa["detail"] == FULL["detail"]
    assert (rpa["kind"], rpa["phase"], rpa["fence"]) == ("outcome-confirmed", "outcome", 7)
    assert (rpa["requested_by"], rpa["intent_uid"]) == ({"user": {"uid": "p-7f3k2"}}, INTENT)


def test_the_bytes_are_canonical_and_the_same_each_time() -> None:
    data = make(**FULL)
    assert canonical.encode(canonical.decode(data)) == data == make(**FULL)


def test_digests_stand_in_an_order_that_hides_the_order_of_the_values() -> None:
    several = [digest("field", str(number), number) for number in range(1, 9)]
    assert make(digests=several) == make(digests=several[::-1])
    assert json.loads(make(digests=several))["rpa"]["_sd"] == sorted(several)


def test_an_entry_without_personal_values_names_no_digest_algorithm() -> None:
    assert "_sd_alg" not in json.loads(make())


def test_a_disclosed_value_is_found_in_the_entry_and_another_is_not() -> None:
    entry = Entry(make(**FULL))
    assert Disclosure(b"\x02" * 16, "amount", "3250.00").matches(entry.digests)
    assert not Disclosure(b"\x02" * 16, "amount", "3250.01").matches(entry.digests)
    assert len(entry.digests) == 4


def test_an_entry_is_read_back() -> None:
    data = make(**FULL)
    entry = Entry(data)
    assert (entry.uid, entry.time_ms, entry.kind) == (UID, TIME, "outcome-confirmed")
    assert (entry.case, entry.actor, entry.run) == (CASE, "svc-bot-07", RUN)
    assert entry.rpa["plan"] == "a" * 64
    assert entry.leaf_hash == leaf_hash(data)


@pytest.mark.parametrize(
    "data", [b"{}", b"[]", b'"x"', b"", b'{"a":1.5}', b'{"metadata":{"uid":1},"time":1}']
)
def test_bytes_that_are_no_entry_are_not_read(data: bytes) -> None:
    with pytest.raises(Malformed):
        _ = Entry(data).uid


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_kind_can_be_composed_and_its_time_and_uid_found(code: str) -> None:
    data = make(kind=code, **FULL)
    assert Entry(data).kind == code
    assert (time_in(data), uid_in(data)) == (TIME, UID)
    if CATALOGUE[code].activity_id == OTHER:
        assert Entry(data).document["activity_name"] == code


def test_the_classes_carry_what_ocsf_asks_of_them() -> None:
    assert Entry(make(kind="signed-in")).document["user"]["uid"] == "svc-bot-07"
    assert Entry(make(kind="run-started")).document["app"] == {"name": "payroll-correction"}
    assert Entry(make(kind="log-opened")).document["log_name"] == "ssc.example/audit/2026"
    action = Entry(make(kind="action", target="practice.payroll")).document
    assert action["web_resources"] == [{"name": "practice.payroll"}]


def test_status_and_severity_come_from_the_kind_unless_given() -> None:
    read = json.loads(make(kind="outcome-collateral"))
    assert (read["status_id"], read["severity_id"]) == (Status.FAILURE, Severity.HIGH)
    read = json.loads(make(status=Status.FAILURE, severity=Severity.LOW))
    assert (read["status_id"], read["severity_id"]) == (2, 2)


def test_a_kind_that_is_not_in_the_catalogue_is_refused() -> None:
    with pytest.raises(NotRecordable, match="catalogue"):
        make(kind="something-else")


@pytest.mark.parametrize(
    ("kind", "lacking"),
    [
        ("intent", {"fence": None, "plan": "a" * 64}),
        ("outcome-confirmed", {"intent": None}),
        ("case-received", {"case": None}),
        ("run-started", {"actor": Actor("p-1")}),
        ("evidence-kept", {"evidence": []}),
        ("credential-used", {"credential": None}),
    ],
)
def test_an_entry_that_lacks_what_its_kind_needs_is_refused(
    kind: str, lacking: dict[str, Any]
) -> None:
    with pytest.raises(NotRecordable, match="must name its"):
        make(kind=kind, **lacking)


# What somebody could put in by mistake: names, mail, amounts, identity numbers, remarks, dates.
PERSONAL = [
    "Jansen",
    "J. de Vries",
    "jan@example.nl",
    "jan.jansen@gemeente.nl",
    "3250.00 EUR",
    "1.234,56",
    "123456782",
    "00123",
    "1234567",
    "employee-123456782",
    "010190-1234",
    "e-010190-1234",
    "19900101-1234",
    "010190-123k",
    "NL91ABNA0417164300",
    "nl91abna0417164300",
    "zie mail van gisteren",
    "müller",
    "a\nb",
    "",
    "x" * 200,
]
TEXT_FIELDS = [
    name
    for name in FULL
    if name not in ("entity", "entity_result", "approved_by", "fence", "evidence", "detail")
    and name != "digests"
]


@pytest.mark.parametrize("value", PERSONAL)
def test_no_field_takes_a_personal_value_in_clear_nor_shows_it_in_the_error(value: str) -> None:
    attempts: list[Any] = [lambda name=name: make(**{name: value}) for name in TEXT_FIELDS]
    attempts += [
        lambda: make(case=value),
        lambda: make(uid=value),
        lambda: make(intent=value),
        lambda: make(log=value),
        lambda: make(digests=[value]),
        lambda: make(digests=value),
        lambda: make(detail={"note": value}),
        lambda: make(detail={"notes": ["ok", value]}),
        lambda: make(detail={value: 1}),
        lambda: State(value),
        lambda: State("employee", (value,)),
        lambda: State("employee", (), value),
        lambda: Actor(value),
        lambda: replace(ACTOR, app_name=value),
        lambda: replace(ACTOR, app_uid=value),
        lambda: replace(ACTOR, run=value),
        lambda: Approval(value, "m-1", "approved", TIME),
        lambda: Approval("p-1", value, "approved", TIME),
        lambda: Evidence(value, 1, "image/png"),
        lambda: Evidence("a" * 64, 1, value),
    ]
    for attempt in attempts:
        with pytest.raises(NotRecordable) as refused:
            attempt()
        assert len(value) < 4 or value not in str(refused.value)


@pytest.mark.parametrize(
    "value", [123_456_782, -1, 1.5, {"a": 1}, b"x", "2026-13-01", "2026-02-30T10:00:00Z"]
)
def test_a_detail_takes_no_large_numbers_floats_objects_or_impossible_dates(value: object) -> None:
    with pytest.raises(NotRecordable):
        make(detail={"field": value})


@pytest.mark.parametrize(
    "value",
    [
        "page-changed",
        "payroll-correction@3",
        "1.4.2",
        "2026-12-24",
        "2026-12-24T16:00:00Z",
        CASE,
        UID,
        "a" * 64,
        digest("a", "b"),
        0,
        99_999_999,
        True,
        None,
        ["a-1", 2, None],
    ],
)
def test_a_detail_takes_codes_versions_dates_uids_digests_and_counts(value: object) -> None:
    assert Entry(make(detail={"field": value})).rpa["detail"] == {"field": value}


def test_a_member_of_an_enumeration_goes_in_as_its_text() -> None:
    class Reason(StrEnum):
        LATE = "late"

    data = make(status_code=Reason.LATE, detail={"reason": Reason.LATE, "all": [Reason.LATE]})
    assert Entry(data).rpa["detail"] == {"reason": "late", "all": ["late"]}


def test_a_digest_that_stands_twice_is_refused() -> None:
    one = digest("amount", "3100.00")
    with pytest.raises(NotRecordable, match="salt of its own"):
        make(entity=State("employee.salary", (one,)), digests=[one])


@pytest.mark.parametrize(
    "bad",
    [
        {"uid": CASE},
        {"uid": UID.upper()},
        {"time_ms": -1},
        {"time_ms": 1.5},
        {"time_ms": True},
        {"fence": -1},
        {"plan": "a" * 63},
        {"log": "SSC/audit"},
        {"detail": {"Field": 1}},
    ],
)
def test_a_uid_time_fence_or_hash_of_another_shape_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(NotRecordable):
        make(**bad)


def test_an_entry_that_is_too_large_is_refused_with_advice() -> None:
    many = [Evidence(f"{number:064x}", 1, "image/png") for number in range(600)]
    with pytest.raises(NotRecordable, match="attach an evidence file"):
        make(evidence=many)
    assert len(make(evidence=many[:400])) <= MAX_BYTES


CODES = st.from_regex(r"[a-z][a-z0-9._:-]{0,10}[a-z]", fullmatch=True)


@given(
    kind=st.sampled_from(sorted(CATALOGUE)),
    client=CODES,
    detail=st.dictionaries(
        st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True),
        CODES | st.integers(0, 10**8 - 1) | st.booleans() | st.lists(CODES, max_size=3),
        max_size=5,
    ),
    values=st.lists(st.text(max_size=10), max_size=5),
)
def test_whatever_is_composed_is_canonical_and_holds_no_value_in_clear(
    kind: str, client: str, detail: dict[str, object], values: list[str]
) -> None:
    digests = [Disclosure(bytes([at]) * 16, "v", value).digest for at, value in enumerate(values)]
    data = make(kind=kind, **(FULL | {"client": client, "detail": detail, "digests": digests}))
    assert canonical.encode(canonical.decode(data)) == data
    assert set(digests) <= Entry(data).digests
    assert (time_in(data), uid_in(data)) == (TIME, UID)
