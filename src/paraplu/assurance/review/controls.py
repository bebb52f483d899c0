"""The register of controls: each with its owner, where it is built, its test, and how to see its evidence.

Mapped to ISO/IEC 27002:2022 (8.15 logging, 8.16 monitoring, 8.17 clock synchronisation, and others where
they are meant) and to what a service auditor asks for under ISAE 3402: that a control exists as described,
and that it worked throughout the period.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Control:
    """One control.

    `owner` is a role; `frequency` when it works; `built` the files and `test` the test functions
    (``path::name``) in Paraplu; `evidence` the command that shows that it worked; `iso` numbers of
    ISO/IEC 27002:2022; `asked` what a service auditor asks of it.
    """

    id: str
    name: str
    what: str
    owner: str
    frequency: str
    built: tuple[str, ...]
    test: tuple[str, ...]
    evidence: str
    iso: tuple[str, ...]
    asked: str


REGISTER = (
    Control(
        "C-01",
        "Four eyes",
        "Nobody decides on a case that they asked for, delivered, worked on or are the subject of, nor "
        "under a "
        "mandate that they put into force.",
        "lead",
        "At every decision, and again before the act",
        ("domain/approval.py", "engine/mandates.py"),
        (
            "tests/domain/test_approval.py::test_nobody_decides_on_what_is_their_own",
            "tests/engine/test_decisions.py::test_nobody_decides_on_their_own_case_or_without_a_mandate",
        ),
        "paraplu audit decisions --own",
        ("5.3", "8.2"),
        "That no change above its limit was made without a second person, in the whole period.",
    ),
    Control(
        "C-02",
        "Mandates",
        "Only a person with a mandate asks or approves, within its limit, cost centres and dates; judged "
        "at the "
        "decision and once more before the act.",
        "administrator",
        "At every case",
        ("domain/mandate.py", "engine/mandates.py"),
        (
            "tests/engine/test_decisions.py::test_an_approver_decides_within_the_limit_only",
            "tests/engine/test_decisions.py::"
            "test_a_mandate_to_approve_that_ends_during_the_run_stops_the_act",
        ),
        "paraplu audit powers --on 2026-12-31",
        ("5.15", "5.18"),
        "Who could ask and approve on a day, and who had granted it.",
    ),
    Control(
        "C-03",
        "Changes of settings by two people",
        "Where an agreement says so, a change of it, its mandates or its schedules waits for a second "
        "person.",
        "administrator",
        "At every change",
        ("engine/proposals.py",),
        (
            "tests/engine/test_proposals.py::"
            "test_whoever_made_it_has_no_role_or_does_not_work_for_the_client_cannot_accept_it",
            "tests/engine/test_proposals.py::test_nobody_accepts_a_change_of_a_mandate_of_their_own",
        ),
        "paraplu audit find --phase admin",
        ("5.3", "8.9", "8.32"),
        "That settings were changed by those who may, and who they were.",
    ),
    Control(
        "C-04",
        "Nothing but what was planned",
        "What a change looks at is compared before and after; any difference that was not asked for is an "
        "exception with evidence.",
        "operator",
        "At every change",
        ("domain/look.py", "engine/acting.py"),
        (
            "tests/engine/test_protocol.py::test_a_lost_line_is_an_alarm_that_names_it",
            "tests/engine/test_protocol.py::"
            "test_a_change_to_everybody_else_is_an_alarm_however_many_they_are",
        ),
        "paraplu audit find --kind outcome-collateral",
        ("8.16",),
        "That unexpected changes were seen and followed up.",
    ),
    Control(
        "C-05",
        "Nothing lost, nothing twice",
        "An intent is durable before the act; after a crash it is looked at and resolved against what was "
        "written down.",
        "operator",
        "At every change",
        ("engine/acting.py", "store/claims.py", "engine/leases.py"),
        (
            "tests/engine/test_protocol.py::test_an_order_whose_connection_was_cut_is_placed_once",
            "tests/engine/test_protocol.py::test_a_connection_cut_after_saving_counts_once",
        ),
        "paraplu audit intents",
        ("8.15",),
        "That every announced change has an outcome.",
    ),
    Control(
        "C-06",
        "Completeness of deliveries",
        "Rows and totals that a client writes are compared with what was read; rows = received + refused + "
        "duplicates; every case ends in one of six ways.",
        "operator",
        "At every delivery",
        ("engine/intake.py", "domain/receipt.py", "assurance/review/reconciliation.py"),
        (
            "tests/engine/test_intake.py::test_a_control_figure_that_differs_stops_the_delivery",
            "tests/assurance/test_reconciliation.py::"
            "test_a_case_that_was_taken_out_of_the_records_is_named",
        ),
        "paraplu audit reconcile --client CLIENT --from 2026-03-01 --to 2026-03-31",
        ("5.33",),
        "That all that came in was handled once, with control totals.",
    ),
    Control(
        "C-07",
        "Reconciliation with the target",
        "The target's own list of mutations is compared with the log: here but not there, there but not "
        "here.",
        "auditor",
        "Each period",
        ("assurance/review/reconciliation.py",),
        (
            "tests/assurance/test_reconciliation.py::test_every_disagreement_with_the_target_is_told",
        ),
        "paraplu audit reconcile --client CLIENT --list mutations.csv --amount after",
        ("8.15", "8.16"),
        "That nothing happened outside the log.",
    ),
    Control(
        "C-08",
        "After-check",
        "A share of the finished cases, chosen by nobody, is looked at by a person who took no part.",
        "lead",
        "Each week",
        ("assurance/review/afterchecks.py", "assurance/review/sample.py"),
        (
            "tests/assurance/test_afterchecks.py::test_nobody_who_took_part_looks_at_it_afterwards",
            "tests/assurance/test_afterchecks.py::test_the_agreement_says_how_many_and_the_uid_which",
        ),
        "paraplu audit checks list --all",
        ("5.35", "8.16"),
        "That a part of the work was looked at independently, and what came of it.",
    ),
    Control(
        "C-09",
        "Sampling",
        "An auditor draws a sample by a seed of their own; anybody can draw it again.",
        "auditor",
        "Each audit",
        ("assurance/review/sample.py",),
        (
            "tests/assurance/test_judging.py::"
            "test_the_same_seed_draws_the_same_sample_and_another_seed_another",
        ),
        "paraplu audit sample --seed 2026-Q4 --size 25",
        ("5.35",),
        "That the sample was not chosen by those who are audited.",
    ),
    Control(
        "C-10",
        "Robot accounts without rights to payment details",
        "A robot has an account of its own for each side, without rights to bank accounts; Paraplu names "
        "the "
        "account of every run. The target enforces the rights: the access review looks at them there.",
        "administrator",
        "Each quarter",
        ("domain/credential.py", "settings.py"),
        (
            "tests/practice/test_sign_in.py::"
            "test_a_robot_has_no_right_to_the_other_side_nor_to_moods_nor_to_bank_accounts",
        ),
        "paraplu audit find --kind credential-used",
        ("8.2", "5.15"),
        "That robots cannot change where money goes.",
    ),
    Control(
        "C-11",
        "Access review",
        "Who may ask, approve and administer is listed for any day and reviewed by the client.",
        "lead",
        "Each quarter",
        ("assurance/questions/powers.py",),
        (
            "tests/assurance/test_judging.py::"
            "test_powers_are_those_of_the_day_and_name_who_granted_them",
        ),
        "paraplu audit powers",
        ("5.18",),
        "That rights were reviewed, and ended when people left.",
    ),
    Control(
        "C-12",
        "Change of bot code",
        "Every run names the hash of the code that it loaded; whoever deploys says so and where it was "
        "reviewed.",
        "administrator",
        "At every deployment",
        ("plugins.py", "assurance/questions/code.py", "engine/deployments.py"),
        ("tests/assurance/test_judging.py::test_code_that_ran_names_who_put_it_there_or_nobody",),
        "paraplu audit code",
        ("8.9", "8.32"),
        "Which code ran when, who put it there, who had reviewed it.",
    ),
    Control(
        "C-13",
        "Integrity of the log",
        "Every entry is a leaf of a Merkle tree whose heads are signed; any change, removal or insertion "
        "under a head is found and named.",
        "auditor",
        "Each day, and at will",
        ("audit/verification.py", "assurance/verifying/proof.py"),
        (
            "tests/assurance/test_attacks.py::test_each_attack_is_found_by_the_layers_that_the_page_names",
            "tests/assurance/test_proof.py::test_one_changed_byte_in_one_entry_is_named_and_ends_with_4",
        ),
        "paraplu audit verify",
        ("8.15", "5.28"),
        "That the log was not altered since it was written.",
    ),
    Control(
        "C-14",
        "Reading of personal data",
        "Whoever reads personal values in the log or in cases leaves an entry that names the cases.",
        "auditor",
        "At every reading",
        ("assurance/questions/readings.py",),
        (
            "tests/assurance/test_search.py::test_a_reading_names_the_cases_that_were_read",
            "tests/assurance/test_search.py::test_who_read_about_a_person_is_told",
        ),
        "paraplu audit readers --client CLIENT --person 00412",
        ("8.15", "5.34"),
        "Who looked at whose data.",
    ),
    Control(
        "C-15",
        "Clocks",
        "An entry that claims a time before one that the log had already is found; a clock that was set "
        "back "
        "lets nobody act twice.",
        "administrator",
        "Each month",
        ("assurance/questions/clocks.py", "store/lease_clock.py"),
        (
            "tests/assurance/test_judging.py::test_a_clock_that_was_set_back_shows_as_one_stretch",
            "tests/dispatch/test_clock_set.py::"
            "test_a_clock_that_is_set_in_the_middle_of_an_act_lets_the_run_go_on_and_nobody_else",
        ),
        "paraplu audit clocks",
        ("8.17",),
        "That times in the log can be relied on.",
    ),
    Control(
        "C-16",
        "What administrators do",
        "Every administrative act is an entry of its own that names who did it; the log cannot be "
        "switched off.",
        "auditor",
        "Each month",
        ("audit/kinds.py", "engine/records.py"),
        ("tests/engine/test_proposals.py::test_the_entries_name_both_people",),
        "paraplu audit find --phase admin",
        ("8.2", "8.15"),
        "That privileged users are logged and looked at.",
    ),
)


def page() -> str:
    """The register as a page in Markdown."""
    lines = [
        "# Register of controls",
        "",
        "Made by `paraplu audit controls --markdown`. Numbers are those of ISO/IEC 27002:2022; the last "
        "line of "
        "each is what a service auditor (ISAE 3402) asks. Owner and frequency are proposals: an office "
        "writes "
        "its own.",
    ]
    for one in REGISTER:
        lines += [
            "",
            f"## {one.id} {one.name}",
            "",
            one.what,
            "",
            "| | |",
            "| --- | --- |",
            f"| Owner | {one.owner} |",
            f"| Frequency | {one.frequency} |",
            f"| Built in | {', '.join(f'`{path}`' for path in one.built)} |",
            f"| Tested by | {', '.join(f'`{test}`' for test in one.test)} |",
            f"| Evidence | `{one.evidence}` |",
            f"| ISO 27002 | {', '.join(one.iso)} |",
            f"| Asked for | {one.asked} |",
        ]
    return "\n".join(lines) + "\n"
