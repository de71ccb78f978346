#!/usr/bin/env python3
"""A key goes to its service, in the header for it, and nowhere else: not into files, messages, other processes, what a
crash leaves, or memory that is given back.

usage: leak_test.py KONTEXT [unittest's arguments], within tests/keys/with_key_store service
"""

import base64
import json
import os
import resource
import signal
import subprocess
import sys
import unittest
import zlib
from pathlib import Path
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import cli_test
from hosted_test import KEY, NETWORK, UNKNOWN, VARIABLES, HostedTest
from memory_at_exit import run_to_exit

MARK = "canary:5f0e9c+b7/d2"
CANARIES = {service: f"{MARK}-{service}" for service in VARIABLES}
BUS = "DBUS_SESSION_BUS_ADDRESS"
HEADERS = {"bfl": "x-key", "gemini": "x-goog-api-key"}  # the others: Authorization


def forms_of(text):
    """What to look for: as it is, quoted, in hex, in UTF-16, and the part of its base64 that is the same wherever it starts."""
    data = text.encode()
    forms = {data, quote(text, safe="").encode(), data.hex().encode(), text.encode("utf-16-le"), data[::-1],
             json.dumps(text).strip('"').replace("/", "\\/").encode()}
    for before in range(3):
        whole = base64.b64encode(bytes(before) + data + b"??")
        start = (before * 8 + 5) // 6 + (before > 0)
        forms.add(whole[start : (before + len(data)) * 8 // 6 - 1])
    return forms


FORMS = forms_of(MARK)


def has_mark(data):
    return any(form in data for form in FORMS)


def inflated(data):
    """Whatever is compressed in a file, as PNG and XCF do it."""
    at = data.find(b"\x78")
    while at >= 0:
        try:
            yield zlib.decompressobj().decompress(data[at:], 1 << 24)
        except zlib.error:
            pass
        at = data.find(b"\x78", at + 1)


class LeakTest(HostedTest):
    service = "eachlabs"

    def setUp(self):
        super().setUp()
        self.sim.settings(keys=CANARIES)
        for variable in VARIABLES.values():
            del self.environment[variable]
        self.environment[BUS] = f"unix:path={self.folder}/none"

    def keep_in_file(self, services=VARIABLES):
        for service in services:
            key = CANARIES[service]
            result = subprocess.run([cli_test.KONTEXT, "key", "set", "--in-file", service], cwd=self.folder, input=key,
                                    env=self.environment, capture_output=True, text=True, timeout=60, check=False)
            self.expect(result, 0)
            self.assertFalse(has_mark((result.stdout + result.stderr).encode()))

    def keep_in_store(self):
        self.environment |= {BUS: os.environ[BUS], "XDG_RUNTIME_DIR": os.environ["XDG_RUNTIME_DIR"]}
        self.keep_in_file(("eachlabs", "openai"))  # which is not needed where there is a key store

    def give_by_variable(self):
        self.environment |= {variable: CANARIES[service] for service, variable in VARIABLES.items()}

    def edit_with(self, service, *more):
        result = self.edit("--engine", service, "--fidelity", "raw", "-o", f"{service}.png", *more)
        self.assertFalse(has_mark((result.stdout + result.stderr).encode()), result.stdout + result.stderr)
        return result

    def expect_no_trace(self):
        """In no file but the one for keys, and in no request but in its header; wrong hosts are violations."""
        for file in self.folder.rglob("*"):
            if file.is_file() and file.name != "keys.json":
                data = file.read_bytes()
                self.assertFalse(has_mark(data), file)
                if file.suffix in (".png", ".xcf"):
                    self.assertFalse(any(map(has_mark, inflated(data))), file)
        self.assertEqual(self.sim.violations(), [])
        for request in self.sim.log("request") + self.sim.log("hop"):
            own = HEADERS.get(request.get("service"), "authorization") if request["listener"] == "main" else None
            others = {name: value for name, value in request["headers"].items() if name != own}
            self.assertFalse(has_mark(json.dumps({**request, "headers": others}).encode()), request)


class Traces(LeakTest):
    def test_are_in_no_file_and_no_other_request(self):
        self.keep_in_file()
        for service in VARIABLES:
            with self.subTest(service):
                self.expect(self.edit_with(service, "--layer", "layer.png", "--mask", "mask.png", "--report", "r.json"), 0)
        self.expect_no_trace()
        self.give_by_variable()
        self.expect(self.edit_with("eachlabs"), 0)
        self.expect_no_trace()

    def test_are_not_left_by_what_goes_wrong(self):
        self.keep_in_file()
        for fault in ("bad_key", "close"):
            self.sim.faults({"step": "create", "fault": fault})
            for service in VARIABLES:
                with self.subTest(service, fault=fault):
                    self.assertIn(self.edit_with(service).returncode, (KEY, UNKNOWN, NETWORK))
        self.sim.faults()
        self.run_kontext("recover", "--all")
        self.expect_no_trace()

    def test_are_not_in_what_a_service_repeats(self):
        self.keep_in_file()
        for service, key in CANARIES.items():
            for status in (401, 500) if service == "openai" else (401,):
                body = {"error": {"message": f"Incorrect API key provided: {key}.", "code": key}, "detail": key}
                self.sim.faults({"step": "create", "fault": "status", "status": status, "body": body})
                with self.subTest(service, status=status):
                    self.assertIn(self.edit_with(service).returncode, (KEY, UNKNOWN))
        self.sim.faults()
        self.run_kontext("ledger")
        self.expect_no_trace()

    def test_do_not_follow_a_redirect(self):
        self.keep_in_file()
        for to in ("foreign", "same"):
            for step in ("presign", "create", "poll", "delete"):
                self.sim.faults({"step": step, "fault": "redirect", "to": to, "status": 307, "times": 1})
                for service in ("eachlabs", "fal", "openai") if step == "create" else ("eachlabs",):
                    self.edit_with(service)
        self.expect_no_trace()


def children_of(pid):
    return [child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]


class Processes(LeakTest):
    def start(self, service="eachlabs"):
        """An edit that waits for its picture for good."""
        self.sim.faults({"step": "poll", "fault": "hang"})
        polls = self.count_polls()
        without_limit = lambda: resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        process = subprocess.Popen(
            [cli_test.KONTEXT, "edit", self.photo, "--engine", service, "--prompt", "x", "-o", "out.png"], cwd=self.folder,
            env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=without_limit,
        )
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        while self.count_polls() == polls:
            self.assertIsNone(process.poll())
        return process

    def count_polls(self):
        return len([entry for entry in self.sim.log("request") if entry["step"] == "poll"])

    def test_hold_it_in_no_argument_and_no_environment(self):
        for keep in (self.keep_in_file, self.keep_in_store):
            keep()
            process = self.start()
            for pid in [process.pid, *children_of(process.pid)]:
                for what in ("cmdline", "environ", "comm"):
                    self.assertFalse(has_mark(Path(f"/proc/{pid}/{what}").read_bytes()), what)
            process.kill()
            process.wait()

    def test_leave_no_image_of_their_memory_when_they_crash(self):
        self.environment["ASAN_OPTIONS"] = "disable_coredump=0:handle_segv=0:handle_abort=0:detect_leaks=0"
        self.keep_in_file()
        for number in (signal.SIGSEGV, signal.SIGABRT):
            process = self.start()
            limits = Path(f"/proc/{process.pid}/limits").read_text()
            (core,) = [line for line in limits.splitlines() if line.startswith("Max core file size")]
            self.assertIn(core.split()[4], ("0", "1"), core)  # 1: not even for a program that collects them
            process.send_signal(number)
            self.assertFalse(has_mark(process.stdout.read()))
            self.assertEqual(process.wait(), -number)
        self.expect_no_trace()


class Memory(LeakTest):
    """At the end of the process: what was used and given back, by us and by libraries. The simulator speaks HTTP/1.1."""

    def run_it(self, *command, typed=None, code=0):
        environment = {**self.environment, "ASAN_OPTIONS": "detect_leaks=0"}  # which does not work within ptrace
        with open(self.folder / "typed", "w+", encoding="utf-8") as keys, open(self.folder / "said", "w+", encoding="utf-8") as said:
            keys.write(typed or "")
            keys.seek(0)
            status, found = run_to_exit([cli_test.KONTEXT, *command], MARK.encode(), cwd=self.folder, env=environment, stdin=keys,
                                        stdout=said, stderr=said)
        self.assertEqual(status, code, (self.folder / "said").read_text())
        (self.folder / "typed").unlink()
        return found

    def edit_it(self, service, code=0):
        return self.run_it("edit", str(self.photo), "--engine", service, "--prompt", "x", "--fidelity", "raw",
                           "-o", f"{service}.png", code=code)

    def test_holds_it_no_more_after_an_edit(self):
        self.keep_in_file()
        for service in VARIABLES:
            with self.subTest(service):
                self.assertEqual(self.edit_it(service), [])

    def test_holds_it_no_more_after_an_edit_with_the_key_store(self):
        self.keep_in_store()
        for service in ("eachlabs", "openai"):
            with self.subTest(service):
                self.assertEqual(self.edit_it(service), [])

    def test_holds_it_no_more_after_a_failure(self):
        self.keep_in_file()
        for fault, code in (("bad_key", KEY), ("close", UNKNOWN)):
            self.sim.faults({"step": "create", "fault": fault})
            for service in ("eachlabs", "openai"):
                with self.subTest(service, fault=fault):
                    self.assertEqual(self.edit_it(service, code), [])

    def test_holds_it_no_more_after_it_was_kept(self):
        self.assertEqual(self.run_it("key", "set", "--in-file", "bfl", typed=CANARIES["bfl"]), [])
        self.assertEqual(self.run_it("key", "set", "--in-file", "fal", typed=CANARIES["fal"]), [])
        self.assertEqual(self.run_it("key", "clear", "bfl"), [])
        self.environment |= {BUS: os.environ[BUS], "XDG_RUNTIME_DIR": os.environ["XDG_RUNTIME_DIR"]}
        self.assertEqual(self.run_it("key", "set", "bfl", typed=CANARIES["bfl"]), [])

    def test_holds_it_where_the_person_put_it_alone(self):
        self.give_by_variable()
        for service in ("eachlabs", "openai"):
            found = self.edit_it(service)
            self.assertEqual([entry for entry in found if f"={MARK}".encode() not in entry[1]], [])
            self.assertGreaterEqual(len(found), len(VARIABLES))  # the search does find


if __name__ == "__main__":
    cli_test.KONTEXT = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
