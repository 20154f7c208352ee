"""
Runs a command under the system call limits of a systemd unit, where no systemd runs.

limited.py '{"syscalls": ["read", ...], "errno": "EPERM", "families": ["AF_INET", ...]}' command [argument ...]

Two filters, as systemd loads them: the socket families first, the list of system calls on top.
"""
import errno
import json
import os
import socket
import sys

from seccomp import ALLOW, EQ, ERRNO, GT, Arch, Arg, SyscallFilter, resolve_syscall

# One above every family that Linux has; systemd refuses what is beyond its own list too.
HIGHEST_FAMILY = 64


def limit_families(names):
    allowed = {int(getattr(socket, name)) for name in names}
    refuse = ERRNO(errno.EAFNOSUPPORT)
    families = SyscallFilter(ALLOW)
    for family in range(HIGHEST_FAMILY + 1):
        if family not in allowed:
            families.add_rule_exactly(refuse, "socket", Arg(0, EQ, family))
    families.add_rule_exactly(refuse, "socket", Arg(0, GT, HIGHEST_FAMILY))
    families.load()


def limit_syscalls(names, code):
    calls = SyscallFilter(ERRNO(getattr(errno, code)))
    for name in names:
        # Negative: this machine's architecture does not have it.
        if resolve_syscall(Arch(), name) >= 0:
            calls.add_rule(ALLOW, name)
    calls.load()


limits = json.loads(sys.argv[1])
limit_families(limits["families"])
limit_syscalls(limits["syscalls"], limits["errno"])
os.execv(sys.argv[2], sys.argv[2:])
