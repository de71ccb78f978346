#!/usr/bin/env python3
"""`kontext edit`, `recover` and `ledger` with the services that the simulator plays.

usage: hosted_test.py KONTEXT [unittest's arguments]

KONTEXT_KILLS is how many runs of each kind of service are killed (5), KONTEXT_KILL_SEED chooses the moments.
"""

import concurrent.futures
import fcntl
import json
import os
import random
import resource
import signal
import sqlite3
import struct
import subprocess
import sys
import time
import unittest
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import cli_test
from cli_test import CliTest, png, png_samples
from kontext_sim.client import Sim
from kontext_sim.world import KEYS

VARIABLES = {
    "eachlabs": "EACHLABS_API_KEY", "bfl": "BFL_API_KEY", "fal": "FAL_KEY", "replicate": "REPLICATE_API_TOKEN",
    "together": "TOGETHER_API_KEY", "openai": "OPENAI_API_KEY", "gemini": "GEMINI_API_KEY",
}
REFUSED, KEY, NETWORK, UNKNOWN, OVER_BUDGET, NOT_READY, INVALID = 3, 4, 5, 6, 8, 9, 10


def photo_like(width, height, cell=12):
    """Blobs of many colours: something that can be recognised."""
    dice = random.Random(7)
    columns, rows = width // cell + 2, height // cell + 2
    colors = [[[dice.randrange(30, 226) for _ in range(3)] for _ in range(columns)] for _ in range(rows)]
    data = bytearray()
    for y in range(height):
        (row, down), line = divmod(y, cell), bytearray()
        for x in range(width):
            column, right = divmod(x, cell)
            for channel in range(3):
                above = colors[row][column][channel] * (cell - right) + colors[row][column + 1][channel] * right
                below = colors[row + 1][column][channel] * (cell - right) + colors[row + 1][column + 1][channel] * right
                line.append((above * (cell - down) + below * down) // cell**2)
        data += b"\0" + line
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(data))), (b"IEND", b""))
    )


PHOTO = photo_like(480, 320)


class HostedTest(CliTest):
    def setUp(self):
        super().setUp()
        self.sim = Sim("--log", str(self.folder.parent / f"{self.folder.name}.log"))
        self.addCleanup(lambda: os.remove(self.folder.parent / f"{self.folder.name}.log"))
        self.addCleanup(self.sim.close)
        for service, variable in VARIABLES.items():
            self.environment[f"KONTEXT_URL_{service.upper()}"] = f"http://127.0.0.1:{self.sim.ports['port']}/{service}"
            self.environment[variable] = KEYS[service]
        self.photo = self.write("photo.png", PHOTO)

    def ledger(self):
        result = self.run_kontext("ledger", "--json")
        self.expect(result, 0)
        return json.loads(result.stdout)["predictions"]

    def states(self):
        return [row["outcome"] for row in self.ledger()]

    def created(self):
        return [entry["prompt"] for entry in self.sim.log("created")]

    def answers(self):
        return [file for folder in self.folder.rglob("answers") for file in folder.iterdir()]

    def age_journal(self):
        with sqlite3.connect(next(self.folder.rglob("gimp-kontext/*.sqlite*"))) as journal:
            journal.execute("UPDATE predictions SET changed_ms = changed_ms - 120000")
        journal.close()

    def waiting(self):
        result = self.run_kontext("recover", "--list")
        self.expect(result, 0)
        return result.stdout.splitlines()


class Services(HostedTest):
    def test_every_service_gives_an_edited_photo_and_its_key_is_left_nowhere(self):
        for service in VARIABLES:
            with self.subTest(service):
                self.expect(self.edit("--engine", service, "-o", f"{service}.png", "--report", f"{service}.json"), 0)
                report = json.loads((self.folder / f"{service}.json").read_text())
                self.assertEqual((report["engine"], report["mode"]), (service, "keep"))
                self.assertGreater(report["changed_fraction"], 0.01)
                self.assertLess(report["changed_fraction"], 0.3)
                self.assertTrue(report["request_id"])
        self.assertEqual(self.states(), ["delivered"] * len(VARIABLES))
        self.assertEqual(len(self.created()), len(VARIABLES))
        self.assertEqual(self.sim.violations(), [])  # a key at a foreign host is one
        self.assertEqual(self.waiting(), [])
        for file in self.folder.rglob("*"):
            if file.is_file():
                data = file.read_bytes()
                for key in KEYS.values():
                    self.assertNotIn(key.encode(), data, file)

    def test_a_reference_goes_along(self):
        self.write("other.png", photo_like(60, 40))
        result = self.edit("--engine", "eachlabs", "--model", "flux-2-pro-edit", "--reference", "other.png", "-o", "out.png")
        self.expect(result, 0)
        self.assertEqual(len(self.sim.log("uploaded")), 2)
        self.assertEqual(len(self.sim.log("deleted")), 2)
        self.assertEqual(self.sim.violations(), [])
        self.expect(self.edit("--engine", "eachlabs", "--model", "flux-2-pro-edit", "--reference", "none.png"), 7)

    def test_a_failed_variation_does_not_cost_those_before(self):
        self.sim.faults({"service": "bfl", "step": "create", "fault": "no_credit", "nth": 2})
        result = self.edit("--engine", "bfl", "--variations", "2", "-o", "out.png")
        self.expect(result, KEY)
        self.assertEqual(result.stdout, "out.png\n")
        self.assertEqual(sorted(self.states()), ["delivered", "failed"])


class Failures(HostedTest):
    def expect_failure(self, code, *faults, service="eachlabs", states=("failed",), created=0):
        self.sim.ask("POST", "/control/reset", {})
        self.sim.faults(*({"service": service, **fault} for fault in faults))
        before = len(self.ledger())
        result = self.edit("--engine", service, "-o", "out.png")
        self.expect(result, code)
        for key in KEYS.values():
            self.assertNotIn(key, result.stdout + result.stderr)
        self.assertEqual(self.states()[: len(self.ledger()) - before], list(states))
        self.assertEqual(len(self.created()), created)
        self.assertFalse((self.folder / "out.png").exists())

    def test_each_kind_has_its_exit_code(self):
        self.expect_failure(KEY, {"step": "create", "fault": "bad_key"})
        self.expect_failure(KEY, {"step": "create", "fault": "no_credit"})
        self.expect_failure(REFUSED, {"step": "create", "fault": "refused"}, states=("refused",), created=1)
        self.expect_failure(INVALID, {"step": "create", "fault": "status", "status": 422, "body": "{}"})
        self.expect_failure(UNKNOWN, {"step": "create", "fault": "html_502"}, states=("unknown",))
        self.expect_failure(UNKNOWN, {"step": "create", "fault": "close"}, states=("unknown",), created=1)

    def test_without_a_key_nothing_is_sent(self):
        del self.environment["BFL_API_KEY"]
        self.expect(self.edit("--engine", "bfl"), NOT_READY, "BFL_API_KEY")
        self.assertEqual(self.sim.log("request"), [])
        self.assertEqual(self.ledger(), [])

    def test_without_a_server_nothing_is_billed(self):
        self.environment["KONTEXT_URL_BFL"] = "http://127.0.0.1:9/bfl"
        self.expect(self.edit("--engine", "bfl"), NETWORK)
        self.assertEqual(self.states(), ["failed"])

    def test_an_unencrypted_address_is_not_used(self):
        self.environment["KONTEXT_URL_BFL"] = "http://api.example/bfl"
        self.expect(self.edit("--engine", "bfl"), 2, "KONTEXT_URL_BFL")

    def test_a_journal_that_cannot_be_written_stops_before_anything_is_billed(self):
        self.environment["XDG_STATE_HOME"] = str(self.photo)  # a file where a folder should be
        self.expect(self.edit("--engine", "eachlabs"), 1)
        self.assertEqual(self.created(), [])

    def test_a_disk_without_room_for_a_result_stops_before_anything_is_billed(self):
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (32 << 20, 32 << 20))

        for service in ("eachlabs", "together"):
            result = subprocess.run(
                [cli_test.KONTEXT, "edit", self.photo, "--engine", service, "--prompt", "gold"], cwd=self.folder,
                env=self.environment, capture_output=True, text=True, timeout=60, check=False, preexec_fn=limit,
            )
            self.expect(result, 1, "64 MiB")
        self.assertEqual((self.sim.log("request"), self.created(), self.ledger()), ([], [], []))

    def test_a_journal_that_is_lost_meanwhile_does_not_cost_the_picture(self):
        for service in ("eachlabs", "openai"):
            with self.subTest(service):
                self.sim.ask("POST", "/control/reset", {})
                self.expect(self.edit("--engine", "bfl", "-o", "other.png"), 0)  # makes the journal
                journal = next(self.folder.rglob("gimp-kontext/journal.sqlite"))
                self.sim.faults({"service": service, "step": "download" if service == "eachlabs" else "create",
                                 "fault": "delay", "seconds": 3, "times": 1})
                process = subprocess.Popen(
                    [cli_test.KONTEXT, "edit", self.photo, "--engine", service, "--prompt", "gold", "-o", f"{service}.png"],
                    cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                )
                while "gold" not in self.created() and process.poll() is None:
                    pass
                journal.rename(self.folder / "away.sqlite")
                stdout, stderr = process.communicate(timeout=60)
                (self.folder / "away.sqlite").rename(journal)
                self.assertEqual((process.returncode, stdout), (0, f"{service}.png\n"), stderr)
                self.assertIn("journal", stderr)
                self.assertEqual(png_samples(self.folder / f"{service}.png")[:2], (480, 320))

    def test_an_unknown_outcome_at_a_service_without_a_history_is_for_its_own_page(self):
        self.sim.faults({"step": "create", "fault": "close"})
        self.expect(self.edit("--engine", "eachlabs"), UNKNOWN, "Recover Paid Results")
        result = self.edit("--engine", "bfl")
        self.expect(result, UNKNOWN, "on its own page")
        self.assertNotIn("ecover", result.stderr)


class Ceilings(HostedTest):
    def test_one_command_is_bound_by_max_cost(self):
        self.expect(self.edit("--engine", "eachlabs", "--max-cost", "0.03"), OVER_BUDGET)
        self.expect(self.edit("--engine", "eachlabs", "--max-cost", "0.07", "--variations", "2"), OVER_BUDGET)
        self.assertEqual(self.created(), [])

    def test_an_unknown_price_counts_as_the_person_says(self):
        self.environment["KONTEXT_MONTHLY_USD"] = "0.5"
        self.expect(self.edit("--engine", "together"), OVER_BUDGET, "not known")
        self.expect(self.edit("--engine", "together", "--max-cost", "0.5"), OVER_BUDGET, "not known")
        settings = self.folder / ".config/gimp-kontext/settings.json"
        settings.write_text(json.dumps({"budget": {"unknown_usd": 0.3}}))
        self.expect(self.edit("--engine", "together", "--max-cost", "0.2"), OVER_BUDGET, "$0.30")
        self.assertEqual(self.created(), [])
        self.expect(self.edit("--engine", "together"), 0)
        self.expect(self.edit("--engine", "together"), OVER_BUDGET, "$0.30 of the $0.50")
        self.assertEqual(len(self.created()), 1)

    def test_all_processes_together_are_bound_by_the_month(self):
        self.environment["KONTEXT_MONTHLY_USD"] = "0.20"
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            results = list(pool.map(lambda i: self.edit("--engine", "eachlabs", "-o", f"{i}.png"), range(7)))
        self.assertEqual(sorted(result.returncode for result in results), [0] * 5 + [OVER_BUDGET] * 2)
        self.assertEqual(len(self.created()), 5)


class Recovery(HostedTest):
    def test_an_unknown_outcome_is_looked_up_in_the_history(self):
        self.sim.faults({"service": "eachlabs", "step": "create", "fault": "close", "nth": 1})
        self.expect(self.edit("--engine", "eachlabs"), UNKNOWN)
        self.assertEqual(len(self.waiting()), 1)
        self.expect(self.run_kontext("recover"), 0)  # asks nobody without --all
        self.assertEqual(self.states(), ["unknown"])
        self.expect(self.run_kontext("recover", "--all"), 0)
        self.assertEqual(self.states(), ["delivered"])
        self.assertEqual(len(list(self.folder.glob("photo-recovered-*.png"))), 1)
        self.assertEqual((self.waiting(), len(self.created())), ([], 1))

    def test_an_answer_that_comes_after_the_kill_is_not_lost(self):
        for service in ("openai", "bfl"):
            self.sim.faults({"service": service, "step": "create", "fault": "delay", "seconds": 0.5})
            process = subprocess.Popen(
                [cli_test.KONTEXT, "edit", self.photo, "--engine", service, "--prompt", service],
                cwd=self.folder, env=self.environment, stderr=subprocess.DEVNULL,
            )
            while service not in self.created():
                self.assertIsNone(process.poll())
            process.kill()
            process.wait()
            with open(self.answers()[0], "rb") as answer:
                fcntl.flock(answer, fcntl.LOCK_SH)  # until it is there
            self.assertEqual(self.waiting()[0].split("\t")[1], "running")
            self.expect(self.run_kontext("recover"), 0)
            self.assertEqual(self.states()[0], "delivered")
            self.assertEqual(self.created().count(service), 1)
            self.assertEqual(self.answers(), [])

    def test_what_the_history_does_not_know_was_not_billed(self):
        self.sim.faults({"service": "eachlabs", "step": "create", "fault": "html_502"})
        self.expect(self.edit("--engine", "eachlabs"), UNKNOWN)
        self.expect(self.run_kontext("recover", "--all"), UNKNOWN, "a moment ago")  # the history may lag behind
        self.assertEqual(self.states(), ["unknown"])
        self.age_journal()
        self.expect(self.run_kontext("recover", "--all"), NETWORK, "nothing was billed")
        self.assertEqual(self.states(), ["failed"])
        self.assertEqual(self.waiting(), [])

    def test_a_changed_original_gets_the_picture_as_it_came(self):
        self.sim.faults({"service": "eachlabs", "step": "create", "fault": "close"})
        self.expect(self.edit("--engine", "eachlabs"), UNKNOWN)
        self.write("photo.png", png(32, 64))
        self.expect(self.run_kontext("recover", "--all"), 0, "as the service sent it")
        (file,) = self.folder.glob("photo-recovered-*.png")
        self.assertEqual(file.read_bytes()[:4], b"\x89PNG")

    def test_a_recovered_edit_is_bound_by_its_masks(self):
        left = [b"\xff" * 240 + b"\0" * 240] * 320
        upper = [b"\xff" * 480] * 160 + [b"\0" * 480] * 160
        masks = ("--select", self.write("left.png", png(480, 320, left, color=0)),
                 "--protect", self.write("upper.png", png(480, 320, upper, color=0)))
        for mask in (masks[:2], masks[2:], masks):
            self.sim.ask("POST", "/control/reset", {})
            arguments = ("--engine", "eachlabs", "--seed", "5", *mask)
            self.expect(self.edit(*arguments, "-o", "whole.png"), 0)
            self.sim.faults({"service": "eachlabs", "step": "create", "fault": "close"})
            self.expect(self.edit(*arguments, "-o", "lost.png"), UNKNOWN)
            self.expect(self.run_kontext("recover", "--all"), 0)
            (file,) = self.folder.glob("photo-recovered-*.png")
            self.assertEqual(png_samples(file), png_samples(self.folder / "whole.png"))
            file.unlink()

    def test_what_is_dismissed_is_listed_no_longer(self):
        self.sim.faults({"service": "bfl", "step": "create", "fault": "close"})
        self.expect(self.edit("--engine", "bfl"), UNKNOWN)
        (line,) = self.waiting()
        self.expect(self.run_kontext("recover", "--dismiss", line.split("\t")[0]), 0)
        self.assertEqual(self.waiting(), [])
        self.assertEqual(self.states(), ["cancelled"])


class Kills(HostedTest):
    """SIGKILL at any moment: what was billed is delivered, once, and nothing is billed twice."""

    kills = int(os.environ.get("KONTEXT_KILLS", "5"))
    moments = random.Random(int(os.environ.get("KONTEXT_KILL_SEED", "1")))

    def run_and_kill(self, service, prompt, longest):
        process = subprocess.Popen(
            [cli_test.KONTEXT, "edit", self.photo, "--engine", service, "--prompt", prompt, "-o", f"{prompt}.png"],
            cwd=self.folder, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        try:
            process.wait(self.moments.uniform(0, longest))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def check(self, service):
        start = time.monotonic()
        self.expect(self.edit("--engine", service, prompt="to the end"), 0)
        longest = 1.1 * (time.monotonic() - start)
        for number in range(self.kills):
            self.run_and_kill(service, f"edit-{number}", longest)
        subprocess.run([cli_test.KONTEXT, "recover", "--all"], cwd=self.folder, env=self.environment, timeout=600,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)  # fails for what nobody can find
        rows = {row["prompt"]: row for row in self.ledger()}
        billed = self.created()
        self.assertEqual(len(billed), len(set(billed)), "billed twice")
        self.assertEqual(len(rows), len(self.ledger()))
        for prompt in billed:
            self.assertEqual(rows[prompt]["outcome"], "delivered", prompt)
        for prompt, row in rows.items():
            if row["outcome"] == "delivered":
                self.assertIn(prompt, billed)
        names = {prompt: [f"{prompt}.png", f"photo-recovered-{row['id']}.png"] for prompt, row in rows.items()}
        names["to the end"][0] = "photo-edited.png"
        for prompt, row in rows.items():
            found = [name for name in names[prompt] if (self.folder / name).exists()]
            self.assertEqual(len(found), row["outcome"] == "delivered", f"{prompt} is {row['outcome']}: {found}")
            for name in found:
                self.assertEqual(png_samples(self.folder / name)[:2], (480, 320))
        recovered = list(self.folder.glob("photo-recovered-*.png"))
        self.assertEqual(self.sim.violations(), [])
        self.assertEqual(self.answers(), [], "answers that nobody needs")
        print(f"{service}: {self.kills} killed, {len(billed) - 1} billed, {len(recovered)} recovered",
              file=sys.stderr)

    def test_eachlabs(self):
        self.check("eachlabs")

    def test_bfl(self):
        self.check("bfl")

    def test_openai(self):
        self.check("openai")


if __name__ == "__main__":
    cli_test.KONTEXT = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
