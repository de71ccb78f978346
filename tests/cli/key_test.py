#!/usr/bin/env python3
"""`kontext key`: where keys go, and where they never do.

usage: key_test.py KONTEXT [unittest's arguments], within tests/keys/with_key_store service
"""

import json
import os
import pty
import signal
import stat
import subprocess
import sys
import termios
import unittest
from pathlib import Path

import cli_test
from cli_test import CANCELLED, NOT_READY, USAGE, CliTest

SECRET = "sk-very-secret-0123456789"
BUS = "DBUS_SESSION_BUS_ADDRESS"


class Key(CliTest):
    def setUp(self):
        super().setUp()
        self.with_store = {**self.environment, BUS: os.environ[BUS], "XDG_RUNTIME_DIR": os.environ["XDG_RUNTIME_DIR"]}
        self.without_store = {**self.environment, BUS: f"unix:path={self.folder}/none"}
        self.environment = self.with_store
        self.addCleanup(self.clear)

    def clear(self):
        self.environment = self.with_store
        for engine in ("eachlabs", "bfl"):
            self.key("clear", engine)

    def key(self, *arguments, typed=None):
        result = subprocess.run(
            [cli_test.KONTEXT, "key", *arguments], cwd=self.folder, env=self.environment, input=typed,
            stdin=subprocess.DEVNULL if typed is None else None, capture_output=True, text=True, timeout=60,
            check=False,
        )
        self.assertNotIn(SECRET, result.stdout + result.stderr)
        return result

    def status(self, engine="eachlabs"):
        result = self.key("status", engine)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    @property
    def key_file(self):
        return self.folder / ".config/gimp-kontext/keys.json"

    def files_with_the_secret(self):
        return [file for file in self.folder.rglob("*") if file.is_file() and SECRET.encode() in file.read_bytes()]


class WithKeyStore(Key):
    def test_keeps_replaces_and_removes_a_key(self):
        self.assertEqual(self.status(), "none\n")
        self.expect(self.key("set", "eachlabs", typed=SECRET + "\n"), 0, "key store")
        self.assertEqual(self.status(), "key store\n")
        self.assertEqual(self.status("bfl"), "none\n")
        self.expect(self.key("set", "eachlabs", typed="another"), 0)
        self.expect(self.key("clear", "eachlabs"), 0)
        self.assertEqual(self.status(), "none\n")
        self.expect(self.key("clear", "eachlabs"), 0)

    def test_puts_it_into_no_file(self):
        self.expect(self.key("set", "--in-file", "eachlabs", typed=SECRET), 0, "key store")
        self.assertEqual(self.files_with_the_secret(), [])

    def test_tells_that_the_environment_comes_first(self):
        self.environment = {**self.environment, "EACHLABS_API_KEY": SECRET}
        self.assertEqual(self.status(), "environment EACHLABS_API_KEY\n")
        self.expect(self.key("set", "eachlabs", typed="another"), 0, "EACHLABS_API_KEY")
        self.assertEqual(self.status(), "environment EACHLABS_API_KEY\n")
        self.expect(self.key("clear", "eachlabs"), 0, "EACHLABS_API_KEY")

    def test_knows_the_variable_of_each_engine(self):
        variables = {"eachlabs": "EACHLABS_API_KEY", "bfl": "BFL_API_KEY", "fal": "FAL_KEY",
                     "replicate": "REPLICATE_API_TOKEN", "openai": "OPENAI_API_KEY", "together": "TOGETHER_API_KEY",
                     "gemini": "GEMINI_API_KEY"}
        for engine, variable in variables.items():
            self.environment = {**self.with_store, variable: SECRET}
            self.assertEqual(self.status(engine), f"environment {variable}\n")

    def test_refuses_what_is_no_key(self):
        for typed in ("", "  \n", SECRET + "\nX-Evil: 1", SECRET + "\x1b[0m", SECRET * 200):
            self.expect(self.key("set", "eachlabs", typed=typed), USAGE)
        self.assertEqual(self.status(), "none\n")

    def test_refuses_engines_that_need_none_or_are_none(self):
        for action in ("set", "clear", "status"):
            self.expect(self.key(action, "darkroom", typed=SECRET), USAGE, "needs no key")
            self.expect(self.key(action, "nonesuch", typed=SECRET), USAGE, "eachlabs")
            self.assertEqual(self.key(action).returncode, USAGE)
        self.assertEqual(self.key().returncode, USAGE)

    def test_never_takes_a_key_from_the_command_line_nor_repeats_it(self):
        for arguments in (("eachlabs", SECRET), ("--key", SECRET, "eachlabs"), (f"--key={SECRET}", "eachlabs"), (SECRET,)):
            self.expect(self.key("set", *arguments, typed="another"), USAGE)
        self.assertEqual(self.status(), "none\n")


class WithoutKeyStore(Key):
    def setUp(self):
        super().setUp()
        self.environment = self.without_store

    def test_says_so_and_how_to_agree_to_a_file(self):
        result = self.key("set", "eachlabs", typed=SECRET)
        self.expect(result, NOT_READY, "kontext key set --in-file eachlabs")
        self.assertEqual(self.files_with_the_secret(), [])
        self.assertEqual(self.status(), "none\n")
        self.expect(self.key("clear", "eachlabs"), NOT_READY)

    def test_uses_a_file_from_then_on(self):
        self.expect(self.key("set", "--in-file", "eachlabs", typed=SECRET), 0, str(self.key_file))
        self.assertEqual(self.status(), f"file {self.key_file}\n")
        self.assertEqual(self.files_with_the_secret(), [self.key_file])
        self.assertEqual(stat.S_IMODE(self.key_file.stat().st_mode), 0o600)
        settings = json.loads((self.key_file.parent / "settings.json").read_text())
        self.assertTrue(settings["keys"]["in_file"])
        self.expect(self.key("set", "bfl", typed="another"), 0, str(self.key_file))
        self.expect(self.key("clear", "eachlabs"), 0)
        self.assertEqual(self.status(), "none\n")
        self.assertEqual(self.files_with_the_secret(), [])

    def test_refuses_a_file_that_others_can_read(self):
        self.expect(self.key("set", "--in-file", "eachlabs", typed=SECRET), 0)
        self.key_file.chmod(0o644)
        for action in ("status", "set", "clear"):
            self.expect(self.key(action, "eachlabs", typed="another"), USAGE, f"chmod 600 '{self.key_file}'")


class AtATerminal(Key):
    def setUp(self):
        super().setUp()
        self.controller, self.terminal = pty.openpty()
        self.addCleanup(os.close, self.controller)
        self.addCleanup(os.close, self.terminal)
        self.usual = termios.tcgetattr(self.terminal)

    def start(self, *arguments):
        """A process at the terminal that has asked its question."""
        process = subprocess.Popen(
            ["setsid", "--ctty", "--wait", cli_test.KONTEXT, "key", *arguments], cwd=self.folder, env=self.environment,
            stdin=self.terminal, stdout=self.terminal, stderr=self.terminal,
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.shown = b""
        while b"not shown): " not in self.shown:
            self.shown += os.read(self.controller, 1000)
        return process

    def finish(self, process):
        status = process.wait(timeout=60)
        os.set_blocking(self.controller, False)
        try:
            while True:
                self.shown += os.read(self.controller, 1000)
        except BlockingIOError:
            pass
        self.assertNotIn(SECRET[:8].encode(), self.shown)
        self.assertEqual(termios.tcgetattr(self.terminal), self.usual)
        return status

    def test_does_not_show_what_is_typed(self):
        process = self.start("set", "eachlabs")
        self.assertIn(b"eachlabs", self.shown)
        os.write(self.controller, SECRET.encode() + b"x\x7f\n")  # one character too many, taken back
        self.assertEqual(self.finish(process), 0, self.shown)
        self.assertEqual(self.status(), "key store\n")

    def test_is_left_as_it_was_by_an_interruption(self):
        for interrupt in (b"\x03", b"\x1a\x1c\x03"):  # Ctrl+C; Ctrl+Z and Ctrl+\ do nothing
            process = self.start("set", "eachlabs")
            os.write(self.controller, SECRET.encode() + interrupt)
            self.assertEqual(self.finish(process), CANCELLED, self.shown)
            os.set_blocking(self.controller, True)
        self.assertEqual(self.status(), "none\n")

    def test_is_left_as_it_was_by_a_signal(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            process = self.start("set", "eachlabs")
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            os.kill(int(children[0]) if children else process.pid, number)
            self.assertEqual(self.finish(process), CANCELLED, self.shown)
            os.set_blocking(self.controller, True)

    def test_takes_no_key_at_its_end(self):
        process = self.start("set", "eachlabs")
        os.write(self.controller, b"\x04")
        self.assertEqual(self.finish(process), USAGE, self.shown)

    def test_shows_the_key_to_nobody_who_lists_processes(self):
        process = self.start("set", "eachlabs")
        os.write(self.controller, SECRET.encode())
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                self.assertNotIn(SECRET.encode(), file.read_bytes())
            except OSError:
                pass  # it has ended
        os.write(self.controller, b"\n")
        self.assertEqual(self.finish(process), 0)


if __name__ == "__main__":
    cli_test.KONTEXT = str(Path(sys.argv[1]).resolve())
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
