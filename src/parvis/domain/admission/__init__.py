"""Who gets in and when: receipts and their tickets, the one order, the gate, invitations, and the public log.

A receipt is stored in one small transaction, whatever else happens. The sequencer numbers what is committed, the gate
admits the oldest at the rate that the server bears, and whoever is admitted enters and has an account. With room to
spare all of that is one step. It leaves to `accounts` what an account is, and to the doors what people see.
"""

from parvis.domain.admission import proofs, rules, toll
from parvis.domain.admission.admit import admit, admit_one
from parvis.domain.admission.aside import kept_back, set_aside, try_again
from parvis.domain.admission.choices import (
    FOLLOW_JOB,
    choose,
    chosen,
    follow_chosen,
    unchoose,
    want_letter,
)
from parvis.domain.admission.enter import choose_password, enter, enter_by_token
from parvis.domain.admission.gate import as_door, has_room
from parvis.domain.admission.gate import changes as gate_changes
from parvis.domain.admission.gate import clock as gate_clock
from parvis.domain.admission.gate import command as command_gate
from parvis.domain.admission.gate import forget as forget_gate
from parvis.domain.admission.gate import history as gate_history
from parvis.domain.admission.gate import standing as gate_standing
from parvis.domain.admission.gate import step as adjust_gate
from parvis.domain.admission.gate_types import Minute as GateMinute
from parvis.domain.admission.gate_types import Standing
from parvis.domain.admission.invitations import MOST_A_WEEK, brought_in, invite, invited_by, invited_the
from parvis.domain.admission.late import keep_storing, replay
from parvis.domain.admission.leave import come_back, correct, forget, lapse, withdraw
from parvis.domain.admission.log import leaf_data, public_key
from parvis.domain.admission.place import expected, place, serving, still_ahead
from parvis.domain.admission.proofs import exported
from parvis.domain.admission.push import PUSH_JOB, push_call, want_no_push, want_push, wants_push
from parvis.domain.admission.receive import receive
from parvis.domain.admission.sequence import BATCH, has_work, sequence
from parvis.domain.admission.sign_up import SignedUp, sign_up
from parvis.domain.admission.tell import CALL_JOB, send_call
from parvis.domain.admission.tickets import read as read_ticket
from parvis.domain.admission.tickets import ticket_of
from parvis.domain.admission.types import (
    Admitted,
    Application,
    Brought,
    Expected,
    Head,
    Kind,
    Lane,
    Leaf,
    NowServing,
    Place,
    State,
    Ticket,
)
from parvis.domain.admission.verify import FORMAT, NotTrue, Verdict, head_line, verify

__all__ = [
    "BATCH",
    "CALL_JOB",
    "FOLLOW_JOB",
    "FORMAT",
    "MOST_A_WEEK",
    "PUSH_JOB",
    "Admitted",
    "Application",
    "Brought",
    "Expected",
    "GateMinute",
    "Head",
    "Kind",
    "Lane",
    "Leaf",
    "NotTrue",
    "NowServing",
    "Place",
    "SignedUp",
    "Standing",
    "State",
    "Ticket",
    "Verdict",
    "adjust_gate",
    "admit",
    "admit_one",
    "as_door",
    "brought_in",
    "choose",
    "choose_password",
    "chosen",
    "come_back",
    "command_gate",
    "correct",
    "enter",
    "enter_by_token",
    "expected",
    "exported",
    "follow_chosen",
    "forget",
    "forget_gate",
    "gate_changes",
    "gate_clock",
    "gate_history",
    "gate_standing",
    "has_room",
    "has_work",
    "head_line",
    "invite",
    "invited_by",
    "invited_the",
    "keep_storing",
    "kept_back",
    "lapse",
    "leaf_data",
    "place",
    "proofs",
    "public_key",
    "push_call",
    "read_ticket",
    "receive",
    "replay",
    "rules",
    "send_call",
    "sequence",
    "serving",
    "set_aside",
    "sign_up",
    "still_ahead",
    "ticket_of",
    "toll",
    "try_again",
    "unchoose",
    "verify",
    "want_letter",
    "want_no_push",
    "want_push",
    "wants_push",
    "withdraw",
]
