#!/usr/bin/env python3
"""Disks that are full or cannot be written: nothing is billed that could not be kept, and nothing is lost that was billed.

usage: disk_test.py KONTEXT [unittest's arguments]; needs the right to mount, which namespaces of its own give to everybody
"""

import errno
import os
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import cli_test
from cli_test import png_samples
from hosted_test import HostedTest

KINDS = ("eachlabs", "bfl", "openai")  # with uploads and a history, asked until ready, answering at once
CANNOT_WRITE = 1


def mount(*words):
    subprocess.run(["mount", *map(str, words)], check=True)


class DiskTest(HostedTest):
    def make_disk(self, name, size):
        disk = self.folder / name
        disk.mkdir()
        mount("-t", "tmpfs", "-o", f"size={size}", "none", disk)
        self.addCleanup(subprocess.run, ["umount", "--lazy", str(disk)], check=True)
        return disk

    def fill(self, disk, but=0):
        """Leaves `but` bytes of it free."""
        with open(disk / "filler", "ab", 0) as file:
            try:
                while file.write(bytes(1 << 12)):
                    pass
            except OSError as error:
                self.assertEqual(error.errno, errno.ENOSPC)
            file.truncate(file.tell() - but)

    def empty(self, disk):
        (disk / "filler").unlink()

    def command(self, service, output="out.png"):
        return [cli_test.KONTEXT, "edit", str(self.photo), "--engine", service, "--prompt", "a storm", "--fidelity", "raw",
                "-o", str(output)]

    def edit_with(self, service, output="out.png"):
        return self.run_kontext(*self.command(service, output)[1:])

    def expect_refused(self, result, words):
        self.assertNotEqual(result.returncode, 0)
        self.assertRegex(result.stderr, words)
        self.assertNotIn("Sanitizer", result.stderr)
        self.assertEqual(self.created(), [], result.stderr)

    def expect_whole(self, file):
        self.assertEqual(png_samples(file)[:2], (480, 320))

    def expect_recovered(self):
        """The picture that was paid for is got out, and no second one is paid."""
        self.expect(self.run_kontext("recover", "--all"), 0)
        (file,) = self.folder.glob("photo-recovered-*.png")
        self.expect_whole(file)
        self.assertEqual((len(self.created()), self.states()), (1, ["delivered"]))


class BeforeItCosts(DiskTest):
    def setUp(self):
        super().setUp()
        self.disk = self.make_disk("disk", "8m")
        self.environment["XDG_STATE_HOME"] = str(self.disk)

    def test_a_full_disk_without_a_journal_is_told(self):
        self.fill(self.disk)
        for service in KINDS:
            with self.subTest(service):
                self.expect_refused(self.edit_with(service), "(?i)space|full")

    def test_a_full_disk_with_a_journal_is_told(self):
        self.run_kontext("ledger")
        self.fill(self.disk)
        for service in KINDS:
            with self.subTest(service):
                self.expect_refused(self.edit_with(service), "(?i)space|full")

    def test_a_disk_with_room_for_the_note_but_not_for_the_picture_is_told(self):
        self.run_kontext("ledger")
        for free in (100_000, 300_000):
            self.fill(self.disk, but=free)
            for service in KINDS:
                with self.subTest(service, free=free):
                    self.expect_refused(self.edit_with(service), "(?i)space|full")
            self.empty(self.disk)

    def test_a_folder_that_cannot_be_written_is_told(self):
        for make_journal in (False, True):
            if make_journal:
                self.run_kontext("ledger")
            mount("-o", "remount,ro", self.disk)
            for service in KINDS:
                with self.subTest(service, make_journal=make_journal):
                    self.expect_refused(self.edit_with(service), "(?i)read-only|cannot be (made|written|opened)")
            mount("-o", "remount,rw", self.disk)

    def test_an_output_that_cannot_be_written_is_told(self):
        (self.disk / "photo.png").write_bytes(self.photo.read_bytes())
        mount("-o", "remount,ro", self.disk)
        self.environment["XDG_STATE_HOME"] = str(self.folder)
        for service in KINDS:
            with self.subTest(service):
                self.expect_refused(self.edit_with(service, self.disk / "out.png"), "Read-only")
                self.expect_refused(self.run_kontext("edit", self.disk / "photo.png", "--engine", service, "--prompt", "x"), "Read-only")


class AfterItCosts(DiskTest):
    def fill_meanwhile(self, service, disk, output="out.png"):
        """The result of an edit during which the disk fills up, after it was accepted and before it is ready."""
        self.sim.settings(run_seconds=2 if service == "openai" else 3600)
        process = subprocess.Popen(self.command(service, output), cwd=self.folder, env=self.environment, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True)
        while not self.created():
            self.assertIsNone(process.poll())
        self.fill(disk)
        self.sim.settings(run_seconds=0)
        said, _ = process.communicate(timeout=120)
        self.assertNotIn("Sanitizer", said)
        return process.returncode, said

    def test_a_disk_for_the_journal_that_fills_up_loses_nothing(self):
        for number, service in enumerate(KINDS):
            with self.subTest(service):
                self.sim.ask("POST", "/control/reset", {})
                disk = self.make_disk(f"disk-{number}", "96m")
                self.environment["XDG_STATE_HOME"] = str(disk)
                status, said = self.fill_meanwhile(service, disk, f"{service}.png")
                self.assertEqual(status, 0, said)
                self.expect_whole(self.folder / f"{service}.png")
                self.empty(disk)
                self.run_kontext("recover", "--all")  # what is not noted as delivered may be delivered again
                self.assertEqual(len(self.created()), 1)

    def test_a_disk_for_the_output_that_fills_up_loses_nothing(self):
        for number, service in enumerate(KINDS):
            with self.subTest(service):
                self.sim.ask("POST", "/control/reset", {})
                disk = self.make_disk(f"disk-{number}", "1m")
                self.environment["XDG_STATE_HOME"] = str(self.folder / service)
                status, said = self.fill_meanwhile(service, disk, disk / "out.png")
                self.assertNotEqual(status, 0, said)
                self.assertRegex(said, "(?i)space|full")
                self.assertEqual([file.name for file in disk.iterdir()], ["filler"])
                self.expect_recovered()
                for file in self.folder.glob("photo-recovered-*.png"):
                    file.unlink()

    def test_a_disk_for_both_that_fills_up_loses_nothing_that_the_service_still_has(self):
        for number, service in enumerate(("eachlabs", "bfl")):
            with self.subTest(service):
                self.sim.ask("POST", "/control/reset", {})
                disk = self.make_disk(f"disk-{number}", "96m")
                self.environment["XDG_STATE_HOME"] = str(disk)
                status, said = self.fill_meanwhile(service, disk, disk / "out.png")
                self.empty(disk)
                if status == 0:  # there was room that had been set aside
                    self.expect_whole(disk / "out.png")
                    self.assertEqual(self.states(), ["delivered"])
                else:
                    self.assertRegex(said, "(?i)space|full")
                    self.expect_recovered()
                self.assertEqual(len(self.created()), 1)
                for file in self.folder.glob("photo-recovered-*.png"):
                    file.unlink()


if __name__ == "__main__":
    if "KONTEXT_OWN_MOUNTS" not in os.environ:
        rights = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        os.environ["KONTEXT_OWN_MOUNTS"] = "yes"
        os.execvp("unshare", ["unshare", "--mount", *rights, sys.executable, *sys.argv])
    cli_test.KONTEXT = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
