"""Drives dialog_runner as a person with a keyboard and a screen reader would: through AT-SPI and key events."""

import queue
import signal
import subprocess
import threading
import time

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402

DEADLINE_S = 30
LOOK_AGAIN_S = 0.02

TEXT_ROLES = [Atspi.Role.LABEL, Atspi.Role.STATUS_BAR, Atspi.Role.HEADING]
KEY_CODES = {"Control": 37, "Shift": 50, "Alt": 64, "Return": 36, "Tab": 23, "Escape": 9, "z": 52, "w": 25,
             "KP_Enter": 104, "space": 65, "f": 41, "End": 115}


def wait_for(condition, what):
    """The condition's value as soon as it is true; fails when it does not become true in time."""
    end = time.monotonic() + DEADLINE_S
    while True:
        try:
            value = condition()
        except GLib.Error:  # an object went away while it was looked at
            value = None
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {DEADLINE_S} s for {what}")
        time.sleep(LOOK_AGAIN_S)


def press(*keys):
    """Presses the keys together, such as press("Control", "Return")."""
    *modifiers, last = keys
    for key in modifiers:
        Atspi.generate_keyboard_event(KEY_CODES[key], None, Atspi.KeySynthType.PRESS)
    Atspi.generate_keyboard_event(KEY_CODES[last], None, Atspi.KeySynthType.PRESSRELEASE)
    for key in reversed(modifiers):
        Atspi.generate_keyboard_event(KEY_CODES[key], None, Atspi.KeySynthType.RELEASE)


def walk(node):
    yield node
    for index in range(node.get_child_count()):
        child = node.get_child_at_index(index)
        if child is not None:
            yield from walk(child)


def has_state(node, state):
    return node.get_state_set().contains(state)


def is_showing(node):
    return has_state(node, Atspi.StateType.SHOWING)


def label_of(node):
    for relation in node.get_relation_set():
        if relation.get_relation_type() == Atspi.RelationType.LABELLED_BY:
            return relation.get_target(0).get_name()
    return None


class Dialog:
    """One run of dialog_runner, from its window on the screen to its end."""

    def __init__(self, runner, *switches, env=None):
        self.events = []
        self._incoming = queue.Queue()
        self.process = subprocess.Popen([runner, *switches], stdout=subprocess.PIPE, text=True, env=env)
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()
        try:
            self.wait_event("mapped")
            self.app = wait_for(self._find_app, "the program on the accessibility bus")
            self.window = wait_for(self._find_window, "the window on the accessibility bus")
            wait_for(lambda: self.focused() is not None, "the window to be active")
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _read(self):
        for line in self.process.stdout:
            self._incoming.put(line.rstrip("\n"))
        self._incoming.put(None)

    def _find_app(self):
        desktop = Atspi.get_desktop(0)
        for index in range(desktop.get_child_count()):
            app = desktop.get_child_at_index(index)
            if app is not None and app.get_process_id() == self.process.pid:
                return app
        return None

    def _find_window(self):
        for index in range(self.app.get_child_count()):
            window = self.app.get_child_at_index(index)
            if window is not None and is_showing(window):
                return window
        return None

    def wait_event(self, start):
        """The next printed line that starts so; the ones before it are kept in `events`."""
        while True:
            try:
                line = self._incoming.get(timeout=DEADLINE_S)
            except queue.Empty:
                raise AssertionError(f"waited {DEADLINE_S} s for “{start}” after {self.events}") from None
            assert line is not None, f"the program ended before “{start}”; it said {self.events}"
            self.events.append(line)
            if line.startswith(start):
                return line

    def find(self, name):
        """The showing object of this name that is not merely a label for another one."""
        for node in walk(self.window):
            if node.get_name() == name and is_showing(node) and node.get_role() != Atspi.Role.LABEL:
                return node
        return None

    def get(self, name):
        return wait_for(lambda: self.find(name), f"“{name}”")

    def wait_sensitive(self, name, sensitive=True):
        wait_for(lambda: self.find(name) and has_state(self.find(name), Atspi.StateType.SENSITIVE) == sensitive,
                 f"“{name}” to be {'sensitive' if sensitive else 'insensitive'}")

    def focused(self):
        for node in walk(self.window):
            if has_state(node, Atspi.StateType.FOCUSED):
                return node
        return None

    def wait_focus(self, name):
        wait_for(lambda: self.focused() and self.focused().get_name() == name, f"the focus to be on “{name}”")

    def text_of(self, name):
        return Atspi.Text.get_text(self.get(name).get_text_iface(), 0, -1)

    def set_text(self, name, text):
        self.get(name).get_editable_text_iface().set_text_contents(text)
        # A hidden text shows as many signs.
        wait_for(lambda: self.text_of(name) in (text, "●" * len(text), "•" * len(text)), f"“{name}” to take the text")

    def prompt_text(self):
        return self.text_of("Prompt")

    def set_prompt(self, text):
        self.set_text("Prompt", text)

    def click(self, name):
        self.get(name).get_action_iface().do_action(0)

    def shown_texts(self):
        return [node.get_name() for node in walk(self.window)
                if node.get_role() in TEXT_ROLES and is_showing(node)]

    def wait_text(self, text):
        wait_for(lambda: text in self.shown_texts(), f"the text “{text}”")

    def alert(self):
        for node in walk(self.window):
            if node.get_role() == Atspi.Role.ALERT and is_showing(node):
                return node
        return None

    def let_engine_finish(self):
        self.process.send_signal(signal.SIGUSR1)

    def ask_to_close(self):
        """As the window's own close button does."""
        subprocess.run(["wmctrl", "-c", self.window.get_name()], check=True)

    def wait_exit(self):
        try:
            return self.process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            raise AssertionError("the program does not end") from None

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reading.join()
        self.process.stdout.close()
