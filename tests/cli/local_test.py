#!/usr/bin/env python3
"""`kontext edit` with the managed engine sd-server, played by tests/support/fake-sd-server.

usage: local_test.py KONTEXT KEEPER [unittest's arguments]
"""

import json
import os
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

import cli_test
from cli_test import CliTest, png_samples
from hosted_test import photo_like

KEEPER = ""
FAKE = Path(__file__).resolve().parents[1] / "support" / "fake-sd-server"
NETWORK, NOT_READY = 5, 9
ROWS = {
    "version": 1,
    "models": [{
        "engine": "sd-server", "id": "mine", "name": "Mine", "pixels": 16384, "seed_max": 1000, "variations_max": 2,
        "references_max": 1, "price_usd": 0, "license": "mine",
        "recipe": {
            "files": [
                {"role": "model", "flag": "--diffusion-model", "patterns": ["mine*"]},
                {"role": "VAE", "flag": "--tae", "patterns": ["tae*"]},
                {"role": "text encoder", "flag": "--t5xxl", "patterns": ["t5*"]},
            ],
            "sample_params": {"sample_steps": 3, "sample_method": "euler"},
        },
    }],
}


def runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_until(is_so, what):
    end = time.monotonic() + 30
    while not is_so():
        if time.monotonic() > end:
            raise AssertionError(f"in vain: {what}")
        time.sleep(0.005)


class LocalTest(CliTest):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.end_server)
        (self.folder / "models").mkdir()
        for name in ("mine-q4.gguf", "taef1.safetensors", "t5-small.gguf"):
            self.write(f"models/{name}", b"weights")
        (self.folder / "run").mkdir(mode=0o700)
        self.environment.update(
            KONTEXT_KEEPER=KEEPER, XDG_RUNTIME_DIR=str(self.folder / "run"),
            FAKE_SD_SWITCHES=str(self.folder / "switches.json"), FAKE_SD_LOG=str(self.folder / "events"),
        )
        self.set_settings()
        self.config("models.json", ROWS)
        self.photo = self.write("photo.png", photo_like(160, 96))

    def config(self, name, value):
        folder = self.folder / ".config/gimp-kontext"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(value))

    def set_settings(self, **more):
        own = {"program": str(FAKE), "models": str(self.folder / "models"), **more}
        self.config("settings.json", {"engine_settings": {"sd-server": own}})

    def switch(self, **switches):
        (self.folder / "new.json").write_text(json.dumps(switches))
        os.replace(self.folder / "new.json", self.folder / "switches.json")

    def events(self, kind):
        try:
            lines = (self.folder / "events").read_text().splitlines()
        except OSError:
            return []
        return [event for event in map(json.loads, lines) if event["event"] == kind]

    def server(self):
        return self.events("start")[-1]["pid"]

    def keeper(self):
        return int(Path(f"/proc/{self.server()}/stat").read_text().rpartition(")")[2].split()[1])

    def end_server(self):
        for start in self.events("start"):
            if runs(start["pid"]):
                os.kill(int(Path(f"/proc/{start['pid']}/stat").read_text().rpartition(")")[2].split()[1]), signal.SIGTERM)
            wait_until(lambda pid=start["pid"]: not runs(pid), "the server is gone")

    def local_edit(self, *arguments, prompt="storm"):
        return self.edit("--engine", "sd-server", "--model", "mine", "-o", "out.png", *arguments, prompt=prompt)

    def start_edit(self, before=()):
        command = [*before, cli_test.KONTEXT, "edit", str(self.photo), "--prompt", "held", "--engine", "sd-server",
                   "--model", "mine", "-o", "held.png"]
        return subprocess.Popen(command, cwd=self.folder, env=self.environment, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)

    def start_held_edit(self):
        self.switch(hold_at=2)
        edit = self.start_edit()
        self.addCleanup(edit.wait)
        self.addCleanup(edit.kill)
        wait_until(lambda: len(self.events("step")) >= 2, "the edit is at work")
        return edit


class Edits(LocalTest):
    def test_two_edits_pay_for_one_start(self):
        self.expect(self.local_edit("--report", "report.json"), 0)
        self.expect(self.local_edit("--variations", "2", prompt="winter"), 0)
        self.assertEqual(len(self.events("start")), 1)
        self.assertEqual(len(self.events("load")), 1)
        self.assertEqual([job["prompt"] for job in self.events("job")], ["storm", "winter", "winter"])
        report = json.loads((self.folder / "report.json").read_text())
        self.assertEqual((report["engine"], report["model"], report["cost_usd"]), ("sd-server", "mine", 0))

    def test_what_is_not_selected_stays_as_it_is(self):
        rows = [b"\xff" * 80 + b"\0" * 80] * 96
        self.write("half.png", cli_test.png(160, 96, rows, color=0))
        self.expect(self.local_edit("--select", "half.png", "--fidelity", "raw"), 0)
        _, _, before = png_samples(self.photo)
        _, _, after = png_samples(self.folder / "out.png")
        self.assertEqual([row[-240:] for row in after], [row[-240:] for row in before])
        self.assertNotEqual(after, before)

    def test_a_model_that_lacks_a_file_is_refused(self):
        (self.folder / "models/t5-small.gguf").unlink()
        result = self.local_edit()
        self.expect(result, NOT_READY)
        self.assertIn("text encoder (t5*", result.stderr)
        self.assertEqual(self.events("start"), [])


class Ends(LocalTest):
    def test_the_server_ends_when_it_was_idle(self):
        self.set_settings(idle_minutes="0.002")
        self.expect(self.local_edit(), 0)
        pid = self.server()
        wait_until(lambda: not runs(pid), "the server is gone")
        self.expect(self.local_edit(), 0)

    def test_the_server_ends_with_who_started_us(self):
        shell = subprocess.Popen(["sh", "-c", '"$@"; read line', "sh", cli_test.KONTEXT, "edit", str(self.photo),
                                  "--prompt", "storm", "--engine", "sd-server", "--model", "mine", "-o", "out.png"],
                                 cwd=self.folder, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        self.addCleanup(shell.wait)
        self.addCleanup(shell.kill)
        self.addCleanup(shell.stdin.close)
        wait_until((self.folder / "out.png").exists, "the edit is done")
        pid = self.server()
        self.assertTrue(runs(pid))
        shell.kill()
        wait_until(lambda: not runs(pid), "the server is gone")

    def test_an_edit_that_is_killed_takes_its_work_along(self):
        edit = self.start_held_edit()
        pid = self.server()
        edit.kill()
        wait_until(lambda: not runs(pid), "the server is gone")
        self.switch()
        self.expect(self.local_edit(), 0)

    def test_an_edit_that_is_interrupted_ends_the_work(self):
        edit = self.start_held_edit()
        pid = self.server()
        edit.send_signal(signal.SIGINT)
        self.assertEqual(edit.wait(timeout=60), cli_test.CANCELLED)
        wait_until(lambda: not runs(pid), "the server is gone")

    def test_a_killed_keeper_takes_the_server_along(self):
        self.expect(self.local_edit(), 0)
        pid, keeper = self.server(), self.keeper()
        os.kill(keeper, signal.SIGKILL)
        wait_until(lambda: not runs(pid), "the server is gone")
        self.expect(self.local_edit(), 0)

    def test_a_killed_server_is_said_and_the_next_edit_works(self):
        edit = self.start_held_edit()
        os.kill(self.server(), signal.SIGKILL)
        self.assertEqual(edit.wait(timeout=60), NETWORK)
        self.switch()
        self.expect(self.local_edit(), 0)

    def test_a_keeper_that_is_told_to_end_leaves_no_socket(self):
        self.expect(self.local_edit(), 0)
        keeper = self.keeper()
        os.kill(keeper, signal.SIGTERM)
        wait_until(lambda: not runs(keeper), "the keeper is gone")
        self.assertEqual(list((self.folder / "run").rglob("socket")), [])


if __name__ == "__main__":
    cli_test.KONTEXT = sys.argv.pop(1)
    KEEPER = sys.argv.pop(1)
    unittest.main()
