"""What a program leaves in its memory: it is stopped at its very end, when all its pages are still there."""

import ctypes
import os
import re
import signal
import subprocess

TRACEME, CONT, SETOPTIONS = 0, 7, 0x4200
TRACE_EXIT, EXIT_KILL = 0x40, 0x100000
EVENT_EXIT = 6

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


def ptrace(request, pid, data=0):
    if libc.ptrace(request, pid, None, data) < 0:
        raise OSError(ctypes.get_errno(), f"ptrace {request}: {os.strerror(ctypes.get_errno())}")


def written_mappings(pid):
    """(start, end, name) of the memory of a process that it can write and has touched."""
    with open(f"/proc/{pid}/smaps", encoding="utf-8", errors="replace") as maps:
        for line in maps:
            words = line.split(maxsplit=5)
            if re.fullmatch("[0-9a-f]+-[0-9a-f]+", words[0]):
                start, end = (int(side, 16) for side in words[0].split("-"))
                can_write, name = "w" in words[1], words[5].strip() if len(words) > 5 else "anonymous"
            elif words[0] == "Rss:" and can_write and words[1] != "0" and end - start <= 1 << 32:  # not a sanitizer's shadow
                yield start, end, name


def places_in_memory(pid, text):
    """[(mapping, what stands around it)]: each place where `text` is in the memory of a process that is stopped."""
    found = []
    with open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for start, end, name in written_mappings(pid):
            memory.seek(start)
            try:
                data = memory.read(end - start)
            except OSError:  # a device's
                continue
            at = data.find(text)
            while at >= 0:
                found.append((name, data[max(0, at - 24) : at + len(text) + 8]))
                at = data.find(text, at + 1)
    return found


def run_to_exit(command, text, passing=(), **options):
    """Runs `command` (as subprocess.Popen does) and gives (exit status, places_in_memory() at its end)."""
    process = subprocess.Popen(command, preexec_fn=lambda: ptrace(TRACEME, 0), **options)
    found = []
    is_prepared = False
    while True:
        _, status = os.waitpid(process.pid, 0)
        if not os.WIFSTOPPED(status):
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, found
        number = os.WSTOPSIG(status)
        if status >> 16 == EVENT_EXIT:
            found = places_in_memory(process.pid, text)
            number = 0
        elif number == signal.SIGTRAP and not is_prepared:  # it has become `command`
            ptrace(SETOPTIONS, process.pid, TRACE_EXIT | EXIT_KILL)
            is_prepared = True
            number = 0
        ptrace(CONT, process.pid, number)
