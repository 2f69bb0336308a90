"""What a process can give up for good before it touches bytes from strangers. Linux only; used by image_process.

Five layers, each useful without the others: another account (only root can change it), no network namespace (root),
no new privileges, resource limits, and a system call filter. As an ordinary user the account and the network
namespace stay as they are; the filter and the limits still deny every file, socket and program.
(docs/media.md, "The cage")
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import resource
import signal
import struct

import msgspec

# Neither root nor `nobody`, under whose account the built-in database runs; no account needs to exist for a number.
UNPRIVILEGED_ID = 65533

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWNET = 0x40000000
_MAX_TASKS = 256

_libc = ctypes.CDLL(None, use_errno=True)


class Confinement(msgspec.Struct, frozen=True):
    """What could be given up here."""

    account_changed: bool
    network_removed: bool
    calls_filtered: bool


def confine(*, memory_bytes: int) -> Confinement:
    """This process can open nothing, start nothing and reach nobody, and it dies with its parent.

    Descriptors that are open stay usable.
    Raises: PermissionError when it would go on as root without the filter; nothing may be decoded then.
    """
    parent = os.getppid()
    network_removed = os.geteuid() == 0 and _libc.unshare(_CLONE_NEWNET) == 0
    account_changed = os.geteuid() == 0 and _change_account()
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # after the account: changing it clears this
    if os.getppid() != parent:
        raise PermissionError("The parent is gone.")
    _limit(memory_bytes, account_changed)
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    calls_filtered = _filter_calls()
    if os.geteuid() == 0 and not calls_filtered:
        raise PermissionError("Neither the account can be changed nor system calls be filtered.")
    return Confinement(account_changed, network_removed, calls_filtered)


def confine_program(*, memory_bytes: int, file_bytes: int, cpu_s: int, idle: bool) -> None:
    """This process may still open files of the account it has now and become one other program; it reaches nobody.

    It runs last in line, with `idle` only when nothing else wants the processor, and dies with its parent.
    Raises: PermissionError as `confine`.
    """
    os.nice(19)
    if (
        idle
    ):  # whatever wakes up takes the processor at once; from a program that is merely nice, some milliseconds later
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    _yield_the_disk()
    parent = os.getppid()
    if os.geteuid() == 0:
        _libc.unshare(_CLONE_NEWNET)
        _change_account()
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        raise PermissionError("The parent is gone.")
    for what, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        resource.setrlimit(what, (most, most))
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    filtered = _filter_calls(spared=_PROGRAM_NEEDS)
    if os.geteuid() == 0 and not filtered:
        raise PermissionError("Neither the account can be changed nor system calls be filtered.")


def _yield_the_disk() -> None:
    number = {"x86_64": 251, "aarch64": 30}.get(platform.machine())
    if number is not None:
        _libc.syscall(number, 1, 0, 3 << 13)  # ioprio_set(this process, idle class)


def _change_account() -> bool:
    try:
        with contextlib.suppress(PermissionError):  # not permitted in some containers, and without effect there
            os.setgroups([])
        os.setresgid(UNPRIVILEGED_ID, UNPRIVILEGED_ID, UNPRIVILEGED_ID)
        os.setresuid(UNPRIVILEGED_ID, UNPRIVILEGED_ID, UNPRIVILEGED_ID)
    except OSError:  # a container whose account numbers end before ours
        return False
    return True


def _limit(memory_bytes: int, account_changed: bool) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if account_changed:  # counts all threads of an account, so it would hit an ordinary user's other programs
        resource.setrlimit(resource.RLIMIT_NPROC, (_MAX_TASKS, _MAX_TASKS))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


# ── the filter ───────────────────────────────────────────────────────────────────────────────────────────────────
# A list of what is denied, not of what is allowed: decoders, allocator and interpreter need many harmless calls
# that differ between C libraries. Each is written name:x86_64/aarch64, with the numbers of the kernel's tables.

_DENIED = """
    open:2/- creat:85/- openat:257/56 openat2:437/437 name_to_handle_at:303/264 open_by_handle_at:304/265
    open_tree:428/428 move_mount:429/429 fsopen:430/430 memfd_create:319/279 io_uring_setup:425/425
    socket:41/198 socketpair:53/199 bind:49/200 listen:50/201 accept:43/202 connect:42/203
    fork:57/- vfork:58/- execve:59/221 execveat:322/281 kill:62/129 tkill:200/130 ptrace:101/117
    process_vm_readv:310/270 process_vm_writev:311/271 pidfd_open:434/434 pidfd_getfd:438/438
    rename:82/- renameat:264/38 renameat2:316/276 link:86/- linkat:265/37 symlink:88/- symlinkat:266/36
    unlink:87/- unlinkat:263/35 rmdir:84/- mkdir:83/- mkdirat:258/34 mknod:133/- mknodat:259/33 truncate:76/45
    chmod:90/- fchmodat:268/53 chown:92/- lchown:94/- fchownat:260/54 utimensat:280/88 setxattr:188/5
    chroot:161/51 mount:165/40 umount2:166/39 unshare:272/97 setns:308/268
    init_module:175/105 finit_module:313/273 bpf:321/280 perf_event_open:298/241 userfaultfd:323/282
    add_key:248/217 request_key:249/218 keyctl:250/219 shmget:29/194 semget:64/190 msgget:68/186
"""
# A program that works on files in its folder: it opens, replaces and removes them, and is started once.
_PROGRAM_NEEDS = frozenset(
    {"open", "creat", "openat", "execve", "execveat", "rename", "renameat", "unlink", "unlinkat", "truncate"}
)
_ARCHITECTURES = {"x86_64": (0xC000003E, 317, 56), "aarch64": (0xC00000B7, 277, 220)}  # audit id, seccomp, clone
_CLONE3 = 435
_X32_BIT = 0x40000000
_CLONE_THREAD = 0x10000

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
_EPERM, _ENOSYS = 1, 38
_SET_MODE_FILTER, _ALL_THREADS = 1, 1


def _filter_calls(spared: frozenset[str] = frozenset()) -> bool:
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        return False
    seccomp = _ARCHITECTURES[machine][1]
    program = _program(machine, spared)
    buffer = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
    return _libc.syscall(seccomp, _SET_MODE_FILTER, _ALL_THREADS, ctypes.create_string_buffer(header)) == 0


def _program(machine: str, spared: frozenset[str] = frozenset()) -> bytes:
    """A classic BPF program over the system call's number: deny the list, allow threads only, allow the rest."""
    audit_id, _, clone = _ARCHITECTURES[machine]
    steps = [
        _step(_LOAD, _ARCHITECTURE_AT),
        _step(_EQUAL, audit_id, 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER_AT),
        *_when(_AT_LEAST, _X32_BIT, _ERRNO | _ENOSYS),
        *_when(_EQUAL, _CLONE3, _ERRNO | _ENOSYS),  # its flags cannot be read here; the C library falls back to clone
    ]
    for number in _denied(machine, spared):
        steps += _when(_EQUAL, number, _ERRNO | _EPERM)
    steps += [
        _step(_EQUAL, clone, 0, 3),
        _step(_LOAD, _FIRST_ARGUMENT_AT),
        _step(_ANY_BIT, _CLONE_THREAD, 1, 0),
        _step(_RETURN, _ERRNO | _EPERM),
        _step(_RETURN, _ALLOW),
    ]
    return b"".join(steps)


def _denied(machine: str, spared: frozenset[str]) -> list[int]:
    column = list(_ARCHITECTURES).index(machine)
    calls = [call.split(":") for call in _DENIED.split()]
    numbers = [numbers.split("/")[column] for name, numbers in calls if name not in spared]
    return [int(number) for number in numbers if number != "-"]


def _when(test: int, value: int, answer: int) -> tuple[bytes, bytes]:
    return _step(test, value, 0, 1), _step(_RETURN, answer)


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)
