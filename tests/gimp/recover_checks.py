#!/usr/bin/env python3
"""An edit by a service whose plug-in is killed, recovered in a real GIMP without a display.

usage: recover_checks.py 2|3 PLUGIN [unittest's arguments]
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from kontext_sim.client import PHOTO, Sim
from kontext_sim.world import KEYS

GENERATION, PLUGIN = "", ""
DEADLINE_S = 120

# What the two generations' Scheme calls differently.
DIALECTS = {
    "2": {
        "program": "gimp-console-2.10",
        "plugins": [Path("/usr/lib/gimp/2.0/plug-ins")],
        "quit": ["-b", "(gimp-quit 1)"],
        "load": '(car (gimp-file-load RUN-NONINTERACTIVE "{photo}" "{photo}"))',
        "layers": "(vector->list (cadr (gimp-image-get-layers image)))",
        "images": "(car (gimp-image-list))",
        "edit": '(plug-in-kontext-edit RUN-NONINTERACTIVE image (car layers) "a storm" "{engine}" "" "match" 1 1 "keep" "")',
        "recover": "(plug-in-kontext-recover RUN-NONINTERACTIVE image)",
        "paint": "(gimp-drawable-invert (car layers) FALSE)",
    },
    "3": {
        "program": "gimp-console",
        "plugins": list(Path("/usr/lib").glob("*/gimp/3.0/plug-ins")),
        "quit": ["--quit"],
        "load": '(car (gimp-file-load RUN-NONINTERACTIVE "{photo}"))',
        "layers": "(vector->list (car (gimp-image-get-layers image)))",
        "images": "(vector-length (car (gimp-get-images)))",
        "edit": '(plug-in-kontext-edit #:run-mode RUN-NONINTERACTIVE #:image image #:drawables (list->vector layers)'
                ' #:prompt "a storm" #:engine "{engine}" #:seed 1 #:fidelity "keep")',
        "recover": "(plug-in-kontext-recover #:run-mode RUN-NONINTERACTIVE #:image image"
                   " #:drawables (list->vector (list (car layers))))",
        "paint": "(gimp-drawable-invert (car layers) FALSE)",
    },
}


class Recover(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="kontext-recover-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.sim = Sim()
        self.addCleanup(self.sim.close)
        self.say = DIALECTS[GENERATION]
        self.photo = self.folder / "photo.png"
        self.photo.write_bytes(PHOTO)
        self.plugin = self.folder / "plug-ins/gimp-kontext/gimp-kontext"
        self.plugin.parent.mkdir(parents=True)
        shutil.copy(PLUGIN, self.plugin)
        shutil.copy(Path(PLUGIN).parents[1] / "ui/cli/kontext-keeper", self.plugin.parent)
        for name in ("script-fu", "file-png"):
            for of_gimp in self.say["plugins"]:
                (self.folder / "plug-ins" / name).symlink_to(of_gimp / name)
        (self.folder / "gimprc").write_text(f'(plug-in-path "{self.folder}/plug-ins")\n(pluginrc-path "{self.folder}/pluginrc")\n')
        self.environment = {"HOME": str(self.folder), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TMPDIR": str(self.folder),
                            "GIMP2_DIRECTORY": str(self.folder / "profile"), "GIMP3_DIRECTORY": str(self.folder / "profile"),
                            "KONTEXT_URL_EACHLABS": f"http://127.0.0.1:{self.sim.ports['port']}/eachlabs",
                            "EACHLABS_API_KEY": KEYS["eachlabs"],
                            "KONTEXT_URL_TOGETHER": f"http://127.0.0.1:{self.sim.ports['port']}/together",
                            "TOGETHER_API_KEY": KEYS["together"]}

    def start_gimp(self, *steps, engine="eachlabs"):
        """GIMP with the photo, which takes these steps, passes over what fails and reports at the end of each."""
        look = (f' (set! layers {self.say["layers"]}) (display (list (length layers) {self.say["images"]}'
                f' (if (> (car (gimp-layer-get-mask (car layers))) 0) "mask" "none")) report) (newline report)')
        calls = [self.say[step] if step != "edit" else f"(catch #f {self.say[step].format(engine=engine)})" for step in steps]
        body = "".join(f" {call}{look}" for call in calls)
        script = (f'(let* ((image {self.say["load"].format(photo=self.photo)}) (layers {self.say["layers"]})'
                  f' (report (open-output-file "{self.folder}/report"))){body} (close-output-port report))')
        with open(self.folder / "said", "wb") as said:
            process = subprocess.Popen([self.say["program"], "-i", "-d", "-g", str(self.folder / "gimprc"),
                                        "--batch-interpreter=plug-in-script-fu-eval", "-b", script, *self.say["quit"]],
                                       cwd=self.folder, env=self.environment, stdout=said, stderr=said)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def kill_the_plugin_once_it_is_billed(self):
        self.wait_for(lambda: self.sim.log("created"), "the edit")
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(process / "exe") == str(self.plugin):
                    os.kill(int(process.name), signal.SIGKILL)
                    return
            except OSError:
                continue  # it has ended, or is none of ours
        self.fail("the plug-in does not run")

    def wait_for(self, condition, what):
        end = time.monotonic() + DEADLINE_S
        while not condition():
            self.assertLess(time.monotonic(), end, f"waited for {what}; {self.said()}")
            time.sleep(0.02)

    def said(self):
        return (self.folder / "said").read_text(errors="replace")

    def report(self, gimp):
        gimp.wait(DEADLINE_S)
        self.assertTrue((self.folder / "report").exists(), self.said())
        return (self.folder / "report").read_text().splitlines()

    def test_a_picture_goes_above_the_layer_that_it_was_made_from(self):
        self.sim.settings(run_seconds=2)
        gimp = self.start_gimp("edit", "recover", "recover")
        self.kill_the_plugin_once_it_is_billed()
        self.assertEqual(self.report(gimp), ["(1 1 none)", "(2 1 mask)", "(2 1 mask)"], self.said())
        self.assertEqual(len(self.sim.log("created")), 1)
        self.assertEqual(self.sim.violations(), [])

    def test_a_picture_that_is_handed_out_once_is_not_lost(self):
        self.sim.faults({"service": "together", "step": "create", "fault": "delay", "seconds": 2})
        gimp = self.start_gimp("edit", "recover", engine="together")
        self.kill_the_plugin_once_it_is_billed()
        self.assertEqual(self.report(gimp), ["(1 1 none)", "(2 1 mask)"], self.said())
        self.assertEqual(len(self.sim.log("created")), 1)
        self.assertEqual(self.sim.violations(), [])

    def test_a_picture_of_a_layer_that_was_painted_on_becomes_an_image(self):
        self.sim.settings(run_seconds=2)
        gimp = self.start_gimp("edit", "paint", "recover", "recover")
        self.kill_the_plugin_once_it_is_billed()
        self.assertEqual(self.report(gimp), ["(1 1 none)", "(1 1 none)", "(1 2 none)", "(1 2 none)"], self.said())
        self.assertEqual(len(self.sim.log("created")), 1)


if __name__ == "__main__":
    GENERATION, PLUGIN = sys.argv[1], os.path.abspath(sys.argv[2])
    del sys.argv[1:3]
    unittest.main(verbosity=2)
