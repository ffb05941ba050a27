"""Who may do what: the table whole, the one door, and the second person."""

from itertools import combinations
from uuid import UUID

import pytest

from hub import accounts, passwords
from hub.errors import ApprovalRequired, NotPermitted, UsageError
from hub.people import TABLE, Act, Duty, Person, authorise, check_duties, second_person

MATRIX = """
letters-see                viewer operator approver auditor contract-officer
letters-show               operator approver auditor
letters-reveal             operator
letters-discard            operator
letters-discard-approve    approver
letters-correct            operator
replay-see                 viewer operator approver auditor contract-officer
replay-plan                operator
replay-approve             approver
replay-run                 operator
replay-cancel              operator approver
quarantine-see             viewer operator approver auditor contract-officer
quarantine-release         operator
quarantine-release-approve approver
atena-show                 operator approver auditor
atena-correct              operator
atena-correct-approve      approver
erasure-see                viewer operator approver auditor contract-officer
erasure                    operator
erasure-approve            approver
retention-run              operator
kek-see                    viewer operator approver auditor contract-officer
kek-rotate                 operator
kek-rotate-approve         approver
kek-destroy                operator
kek-destroy-approve        approver
recall-see                 viewer operator approver auditor contract-officer
recall-stop                operator approver contract-officer
recall-plan                operator
recall-approve             contract-officer
recall-run                 operator
recall-confirm             operator contract-officer
ledger-see                 viewer operator approver auditor contract-officer
ledger-export              auditor
ledger-subject             clerk
clients-see                viewer operator approver auditor contract-officer
clients-register           operator
clients-register-approve   approver
clients-revoke             operator approver
keys-grant                 operator
passwords-rotate           operator
first-load-see             viewer operator approver auditor contract-officer
first-load                 operator
halted-see                 operator approver auditor clerk
halted-resume              operator
changes-read               clerk
register-list              clerk
todokede-file              clerk
certificate-issue          clerk
card-check                 clerk
card-manage                clerk
bulk-run                   clerk
bulk-see                   clerk auditor
accuracy-see               clerk auditor
drift-see                  operator approver auditor
tell-again                 operator
tell-again-approve         approver
transfer-see               viewer operator approver auditor contract-officer
transfer-ask               operator
transfer-approve           contract-officer
transfer-run               operator
identity-inquire           clerk
copies-see                 viewer operator approver auditor contract-officer
copies-erase               operator
copies-erase-approve       approver
copies-reload              operator
files-full                 operator
copies-reload-end          approver
people-see                 auditor administrator
people-manage              administrator
terminals-see              auditor administrator
terminals-manage           administrator
audit-see                  auditor
audit-export               auditor
audit-sign                 auditor
key-use
self-see                   viewer operator approver auditor contract-officer clerk administrator
self-login                 viewer operator approver auditor contract-officer clerk administrator
self-password              viewer operator approver auditor contract-officer clerk administrator
self-tokens                viewer operator approver auditor contract-officer clerk administrator
"""
"""Every duty and every act, written down a second time: who changes the table reads here what that changes."""


def person(*duties: Duty, number: int = 1) -> Person:
    return Person(UUID(int=number), f"person-{number}", frozenset(duties))


def allowed(duty: Duty, act: Act) -> bool:
    try:
        authorise(person(duty), act, "anything")
    except NotPermitted as refused:
        return (refused.code, refused.place) != ("duty-missing", act)
    return True


@pytest.mark.threat("P1")
def test_each_duty_may_do_what_is_written_here_and_nothing_else() -> None:
    found = {act: {duty for duty in Duty if allowed(duty, act)} for act in Act}
    written = {Act(line.split()[0]): {Duty(word) for word in line.split()[1:]} for line in MATRIX.strip().splitlines()}
    assert found == written


def test_every_act_is_in_the_table() -> None:
    assert TABLE.keys() == {*Act}


def test_who_has_no_duty_may_do_nothing() -> None:
    for act in Act:
        with pytest.raises(NotPermitted, match="duty-missing"):
            authorise(person(), act, "anything")


def test_nobody_may_ask_and_approve_by_one_duty() -> None:
    pairs = [(act, Act(f"{act}-approve")) for act in Act if f"{act}-approve" in {*Act}]
    pairs += [(Act.REPLAY_PLAN, Act.REPLAY_APPROVE), (Act.TRANSFER_ASK, Act.TRANSFER_APPROVE)]
    assert len(pairs) == 11
    assert all(not TABLE[asked] & TABLE[approved] for asked, approved in pairs)


def test_the_second_person_is_another_one() -> None:
    second_person(UUID(int=1), person(Duty.APPROVER, number=2))
    with pytest.raises(ApprovalRequired, match="second-person-is-the-first"):
        second_person(UUID(int=1), person(Duty.APPROVER, number=1))


@pytest.mark.threat("P7")
def test_who_makes_accounts_or_watches_does_nothing_else() -> None:
    refused = {frozenset(pair) for pair in combinations(Duty, 2) if code(*pair) is not None}
    assert refused == {
        frozenset({Duty.ADMINISTRATOR, duty}) for duty in Duty if duty is not Duty.ADMINISTRATOR
    } | {frozenset({Duty.AUDITOR, duty}) for duty in (Duty.OPERATOR, Duty.APPROVER, Duty.CLERK)}  # fmt: skip
    assert code() == "no-duty"


def code(*duties: Duty) -> str | None:
    try:
        check_duties(duties)
    except UsageError as refused:
        return refused.code
    return None


@pytest.mark.parametrize(
    ("password", "refused"),
    [
        ("short", "password-length"),
        ("x" * 129, "password-length"),
        ("Kato-is-my-name-9", "password-guessable"),
        ("ababababababab", "password-guessable"),
    ],
)
def test_a_password_that_can_be_guessed_is_refused_without_being_quoted(password: str, refused: str) -> None:
    with pytest.raises(UsageError) as found:
        passwords.hashed(password, "kato")
    assert (found.value.code, password in str(found.value)) == (refused, False)


def test_a_password_fits_its_hash_in_whatever_form_it_was_typed_and_fits_no_other() -> None:
    kept = passwords.hashed("青い鳥が三羽とんでいるﾊﾟｽ", "kato")
    assert kept.startswith("$argon2id$")
    assert passwords.fits(kept, "青い鳥が三羽とんでいるパス")
    assert not passwords.fits(kept, "青い鳥が三羽とんでいるバス")
    assert not passwords.fits(None, "nobody has this one")
    assert not passwords.outdated(kept)


def test_wrong_passwords_make_an_account_wait_longer_and_longer_and_never_for_ever() -> None:
    waits = [accounts.wait_after(failures).total_seconds() for failures in (0, 4, 5, 6, 7, 11, 12, 1000)]
    assert waits == [0, 0, 30, 60, 120, 1800, 1800, 1800]


@pytest.mark.parametrize("name", ["", "k", "Kato", "加藤", "k\n", "kato ito", "0kato", "k" * 41])
def test_what_cannot_be_the_name_of_an_account_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="bad-name"):
        accounts.check_name(name)
