"""Who may do what: persons, their duties, and the one door at which every act is allowed or refused.

    viewer             sees what waits and how it goes, and no content
    operator           looks into it, and asks for what is to be done
    approver           approves what another person has asked for
    auditor            sees what persons have done
    contract-officer   approves each 随時移転 (決裁) and each recall, and sees what a viewer sees
    clerk              works at the counter of the register: notices, certificates, orders; nothing of the hub
    administrator      makes accounts and allows terminals, and does nothing else: who may make operators and approvers
                       is neither

Pure. How a person has proved who they are is no business of this module (caller.py, api/): a passkey or a console
needs another proof and the same `authorise`. Nothing is allowed that the table does not name.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from hub.errors import ApprovalRequired, NotPermitted, UsageError


class Duty(StrEnum):
    """What a person is there for."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    APPROVER = "approver"
    AUDITOR = "auditor"
    CONTRACT_OFFICER = "contract-officer"
    CLERK = "clerk"
    ADMINISTRATOR = "administrator"


class Act(StrEnum):
    """Every act that a person can do, and the one that processes do alone (KEY_USE); the list is closed."""

    LETTERS_SEE = "letters-see"
    LETTERS_SHOW = "letters-show"
    LETTERS_REVEAL = "letters-reveal"
    LETTERS_DISCARD = "letters-discard"
    LETTERS_DISCARD_APPROVE = "letters-discard-approve"
    LETTERS_CORRECT = "letters-correct"
    REPLAY_SEE = "replay-see"
    REPLAY_PLAN = "replay-plan"
    REPLAY_APPROVE = "replay-approve"
    REPLAY_RUN = "replay-run"
    REPLAY_CANCEL = "replay-cancel"
    QUARANTINE_SEE = "quarantine-see"
    QUARANTINE_RELEASE = "quarantine-release"
    QUARANTINE_RELEASE_APPROVE = "quarantine-release-approve"
    ATENA_SHOW = "atena-show"
    ATENA_CORRECT = "atena-correct"
    ATENA_CORRECT_APPROVE = "atena-correct-approve"
    ERASURE_SEE = "erasure-see"
    ERASURE = "erasure"
    ERASURE_APPROVE = "erasure-approve"
    RETENTION_RUN = "retention-run"
    KEK_SEE = "kek-see"
    KEK_ROTATE = "kek-rotate"
    KEK_ROTATE_APPROVE = "kek-rotate-approve"
    KEK_DESTROY = "kek-destroy"
    KEK_DESTROY_APPROVE = "kek-destroy-approve"
    RECALL_SEE = "recall-see"
    RECALL_STOP = "recall-stop"
    RECALL_PLAN = "recall-plan"
    RECALL_APPROVE = "recall-approve"
    RECALL_RUN = "recall-run"
    RECALL_CONFIRM = "recall-confirm"
    LEDGER_SEE = "ledger-see"
    LEDGER_EXPORT = "ledger-export"
    LEDGER_SUBJECT = "ledger-subject"
    CLIENTS_SEE = "clients-see"
    CLIENTS_REGISTER = "clients-register"
    CLIENTS_REGISTER_APPROVE = "clients-register-approve"
    CLIENTS_REVOKE = "clients-revoke"
    KEYS_GRANT = "keys-grant"
    PASSWORDS_ROTATE = "passwords-rotate"
    FIRST_LOAD_SEE = "first-load-see"
    FIRST_LOAD = "first-load"
    HALTED_SEE = "halted-see"
    HALTED_RESUME = "halted-resume"
    CHANGES_READ = "changes-read"
    REGISTER_LIST = "register-list"
    TODOKEDE_FILE = "todokede-file"
    CERTIFICATE_ISSUE = "certificate-issue"
    CARD_CHECK = "card-check"
    CARD_MANAGE = "card-manage"
    BULK_RUN = "bulk-run"
    BULK_SEE = "bulk-see"
    ACCURACY_SEE = "accuracy-see"
    DRIFT_SEE = "drift-see"
    TELL_AGAIN = "tell-again"
    TELL_AGAIN_APPROVE = "tell-again-approve"
    TRANSFER_SEE = "transfer-see"
    TRANSFER_ASK = "transfer-ask"
    TRANSFER_APPROVE = "transfer-approve"
    TRANSFER_RUN = "transfer-run"
    IDENTITY_INQUIRE = "identity-inquire"
    COPIES_SEE = "copies-see"
    COPIES_ERASE = "copies-erase"
    COPIES_ERASE_APPROVE = "copies-erase-approve"
    COPIES_RELOAD = "copies-reload"
    FILES_FULL = "files-full"
    COPIES_RELOAD_END = "copies-reload-end"
    PEOPLE_SEE = "people-see"
    PEOPLE_MANAGE = "people-manage"
    TERMINALS_SEE = "terminals-see"
    TERMINALS_MANAGE = "terminals-manage"
    AUDIT_SEE = "audit-see"
    AUDIT_EXPORT = "audit-export"
    AUDIT_SIGN = "audit-sign"
    KEY_USE = "key-use"
    SELF_SEE = "self-see"
    SELF_LOGIN = "self-login"
    SELF_PASSWORD = "self-password"  # noqa: S105 - the name of an act
    SELF_TOKENS = "self-tokens"

    @property
    def only_sees(self) -> bool:
        """Whether it changes nothing and shows no content of a resident. DRIFT_SEE does: who differs from what somebody
        else has written down answers whether that is true."""
        return self.value.endswith("-see") and self is not Act.DRIFT_SEE


_EVERYBODY: Final = frozenset(Duty)
_CONCERNED: Final = _EVERYBODY - {Duty.ADMINISTRATOR, Duty.CLERK}
_WORKING: Final = frozenset({Duty.OPERATOR, Duty.APPROVER})
_REGISTER: Final = frozenset({Duty.CLERK})

TABLE: Final[Mapping[Act, frozenset[Duty]]] = {
    Act.LETTERS_SEE: _CONCERNED,
    Act.LETTERS_SHOW: _WORKING | {Duty.AUDITOR},
    Act.LETTERS_REVEAL: frozenset({Duty.OPERATOR}),
    Act.LETTERS_DISCARD: frozenset({Duty.OPERATOR}),
    Act.LETTERS_DISCARD_APPROVE: frozenset({Duty.APPROVER}),
    Act.LETTERS_CORRECT: frozenset({Duty.OPERATOR}),
    Act.REPLAY_SEE: _CONCERNED,
    Act.REPLAY_PLAN: frozenset({Duty.OPERATOR}),
    Act.REPLAY_APPROVE: frozenset({Duty.APPROVER}),
    Act.REPLAY_RUN: frozenset({Duty.OPERATOR}),
    Act.REPLAY_CANCEL: _WORKING,
    Act.QUARANTINE_SEE: _CONCERNED,
    Act.QUARANTINE_RELEASE: frozenset({Duty.OPERATOR}),
    Act.QUARANTINE_RELEASE_APPROVE: frozenset({Duty.APPROVER}),
    Act.ATENA_SHOW: _WORKING | {Duty.AUDITOR},
    Act.ATENA_CORRECT: frozenset({Duty.OPERATOR}),
    Act.ATENA_CORRECT_APPROVE: frozenset({Duty.APPROVER}),
    Act.ERASURE_SEE: _CONCERNED,
    Act.ERASURE: frozenset({Duty.OPERATOR}),
    Act.ERASURE_APPROVE: frozenset({Duty.APPROVER}),
    Act.RETENTION_RUN: frozenset({Duty.OPERATOR}),
    Act.KEK_SEE: _CONCERNED,
    Act.KEK_ROTATE: frozenset({Duty.OPERATOR}),
    Act.KEK_ROTATE_APPROVE: frozenset({Duty.APPROVER}),
    Act.KEK_DESTROY: frozenset({Duty.OPERATOR}),
    Act.KEK_DESTROY_APPROVE: frozenset({Duty.APPROVER}),
    Act.RECALL_SEE: _CONCERNED,
    Act.RECALL_STOP: _WORKING | {Duty.CONTRACT_OFFICER},
    Act.RECALL_PLAN: frozenset({Duty.OPERATOR}),
    Act.RECALL_APPROVE: frozenset({Duty.CONTRACT_OFFICER}),
    Act.RECALL_RUN: frozenset({Duty.OPERATOR}),
    Act.RECALL_CONFIRM: frozenset({Duty.OPERATOR, Duty.CONTRACT_OFFICER}),
    Act.LEDGER_SEE: _CONCERNED,
    Act.LEDGER_EXPORT: frozenset({Duty.AUDITOR}),
    Act.LEDGER_SUBJECT: _REGISTER,
    Act.CLIENTS_SEE: _CONCERNED,
    Act.CLIENTS_REGISTER: frozenset({Duty.OPERATOR}),
    Act.CLIENTS_REGISTER_APPROVE: frozenset({Duty.APPROVER}),
    Act.CLIENTS_REVOKE: _WORKING,
    Act.KEYS_GRANT: frozenset({Duty.OPERATOR}),
    Act.PASSWORDS_ROTATE: frozenset({Duty.OPERATOR}),
    Act.FIRST_LOAD_SEE: _CONCERNED,
    Act.FIRST_LOAD: frozenset({Duty.OPERATOR}),
    Act.HALTED_SEE: _WORKING | _REGISTER | {Duty.AUDITOR},
    Act.HALTED_RESUME: frozenset({Duty.OPERATOR}),
    Act.CHANGES_READ: _REGISTER,
    Act.REGISTER_LIST: _REGISTER,
    Act.TODOKEDE_FILE: _REGISTER,
    Act.CERTIFICATE_ISSUE: _REGISTER,
    Act.CARD_CHECK: _REGISTER,
    Act.CARD_MANAGE: _REGISTER,
    Act.BULK_RUN: _REGISTER,
    Act.BULK_SEE: _REGISTER | {Duty.AUDITOR},
    Act.ACCURACY_SEE: _REGISTER | {Duty.AUDITOR},
    Act.DRIFT_SEE: _WORKING | {Duty.AUDITOR},
    Act.TELL_AGAIN: frozenset({Duty.OPERATOR}),
    Act.TELL_AGAIN_APPROVE: frozenset({Duty.APPROVER}),
    Act.TRANSFER_SEE: _CONCERNED,
    Act.TRANSFER_ASK: frozenset({Duty.OPERATOR}),
    Act.TRANSFER_APPROVE: frozenset({Duty.CONTRACT_OFFICER}),
    Act.TRANSFER_RUN: frozenset({Duty.OPERATOR}),
    Act.IDENTITY_INQUIRE: _REGISTER,
    Act.COPIES_SEE: _CONCERNED,
    Act.COPIES_ERASE: frozenset({Duty.OPERATOR}),
    Act.COPIES_ERASE_APPROVE: frozenset({Duty.APPROVER}),
    Act.COPIES_RELOAD: frozenset({Duty.OPERATOR}),
    Act.FILES_FULL: frozenset({Duty.OPERATOR}),
    Act.COPIES_RELOAD_END: frozenset({Duty.APPROVER}),
    Act.PEOPLE_SEE: frozenset({Duty.ADMINISTRATOR, Duty.AUDITOR}),
    Act.PEOPLE_MANAGE: frozenset({Duty.ADMINISTRATOR}),
    Act.TERMINALS_SEE: frozenset({Duty.ADMINISTRATOR, Duty.AUDITOR}),
    Act.TERMINALS_MANAGE: frozenset({Duty.ADMINISTRATOR}),
    Act.AUDIT_SEE: frozenset({Duty.AUDITOR}),
    Act.AUDIT_EXPORT: frozenset({Duty.AUDITOR}),
    Act.AUDIT_SIGN: frozenset({Duty.AUDITOR}),
    Act.KEY_USE: frozenset(),
    Act.SELF_SEE: _EVERYBODY,
    Act.SELF_LOGIN: _EVERYBODY,
    Act.SELF_PASSWORD: _EVERYBODY,
    Act.SELF_TOKENS: _EVERYBODY,
}
"""Which duties may do which act: one of them is enough."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who has proved who they are. `name` is the name of the account."""

    id: UUID
    name: str
    duties: frozenset[Duty]


def authorise(person: Person, act: Act, object: str) -> None:  # noqa: A002, ARG001 - what it is done to: the door for rights on one contract alone
    """The one door: NotPermitted unless a duty of `person` lets them do `act` to `object` (an id of ours)."""
    if not person.duties & TABLE[act]:
        raise NotPermitted("duty-missing", act, f"Needed: {' or '.join(sorted(TABLE[act]))}")


def second_person(first: UUID, person: Person) -> None:
    """ApprovalRequired where `person` is the one who has asked."""
    if first == person.id:
        raise ApprovalRequired("second-person-is-the-first", "approval", "Somebody else with the duty approves it")


def check_duties(duties: Iterable[Duty]) -> frozenset[Duty]:
    """The duties as a set; UsageError where nobody may hold them together, or where there are none."""
    held = frozenset(duties)
    if not held:
        raise UsageError("no-duty", "duties")
    if Duty.ADMINISTRATOR in held and len(held) > 1:
        raise UsageError("administrator-alone", "duties", "Who makes accounts has no other duty")
    if Duty.AUDITOR in held and held & (_WORKING | _REGISTER):
        raise UsageError("auditor-apart", "duties", "Who watches neither operates, approves nor works at the counter")
    return held
