#!/usr/bin/python3
"""Waits for the plug-in's dialog, types a prompt into it, says when it has settled, and cancels it on request.

usage: fill_dialog.py PROMPT            then, on standard input, a line to press Cancel

By AT-SPI, and so without focus, pointer or keyboard, which are not dependable under a virtual display.
"""
import sys
import time

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi  # noqa: E402

DEADLINE_SECONDS = 120


def walk(node):
    yield node
    for index in range(node.get_child_count()):
        child = node.get_child_at_index(index)
        if child is not None:
            yield from walk(child)


def find(role, name):
    """The first visible object of that role whose name starts so; None without one."""
    desktop = Atspi.get_desktop(0)
    for index in range(desktop.get_child_count()):
        application = desktop.get_child_at_index(index)
        try:
            for node in walk(application):
                if node.get_role() == role and node.get_name().startswith(name):
                    return node
        except gi.repository.GLib.Error:
            continue  # it went away while we looked
    return None


def wait_for(role, name):
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        node = find(role, name)
        if node is not None:
            return node
        time.sleep(0.2)
    sys.exit(f"fill_dialog: no {role.value_nick} {name!r} within {DEADLINE_SECONDS} s")


wait_for(Atspi.Role.DIALOG, "Edit by Prompt")
prompt = wait_for(Atspi.Role.TEXT, "Prompt")
prompt.get_editable_text_iface().set_text_contents(sys.argv[1])
wait_for(Atspi.Role.LABEL, "Warmer")
print("ready", flush=True)
sys.stdin.readline()
cancel = find(Atspi.Role.PUSH_BUTTON, "Cancel")
cancel.get_action_iface().do_action(0)
