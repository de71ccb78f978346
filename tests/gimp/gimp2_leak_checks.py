#!/usr/bin/env python3
"""An edit by a service in this system's GIMP 2.10, without a display: the layer is there, and the key is nowhere.

usage: gimp2_leak_checks.py PLUGIN [unittest's arguments]
"""

import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / name) for name in ("support", "cli")]

from leak_test import CANARIES, MARK, LeakTest, has_mark

PLUGIN = ""
WATCH = """#!{python}
import json, sys
sys.dont_write_bytecode = True
sys.path.insert(0, {support!r})
from memory_at_exit import run_to_exit
status, found = run_to_exit([{plugin!r}, *sys.argv[1:]], bytes({mark!r}), close_fds=False)
if "-run" in sys.argv:
    with open({report!r}, "a") as report:
        report.write(json.dumps([status, [place for place, _ in found]]) + "\\n")
"""


class Gimp(LeakTest):
    def setUp(self):
        super().setUp()
        settings = self.folder / ".config/gimp-kontext"
        settings.mkdir(parents=True)
        (settings / "settings.json").write_text('{"keys": {"in_file": true}}')
        (settings / "keys.json").touch(0o600)
        (settings / "keys.json").write_text(json.dumps(CANARIES))
        self.environment |= {"GIMP2_DIRECTORY": str(self.folder / "profile"), "TMPDIR": str(self.folder),
                             "KONTEXT_KEEPER": str(Path(PLUGIN).parents[1] / "ui/cli/kontext-keeper")}
        plugin = self.folder / "plug-ins/gimp-kontext/gimp-kontext"
        plugin.parent.mkdir(parents=True)
        plugin.write_text(WATCH.format(python=sys.executable, support=sys.path[0], plugin=PLUGIN, mark=list(MARK.encode()),
                                       report=str(self.folder / "watched")))
        plugin.chmod(0o755)
        for name in ("script-fu", "file-png"):
            (self.folder / "plug-ins" / name).symlink_to(f"/usr/lib/gimp/2.0/plug-ins/{name}")
        (self.folder / "gimprc").write_text(f'(plug-in-path "{self.folder}/plug-ins")\n(pluginrc-path "{self.folder}/pluginrc")\n')

    def edit_in_gimp(self, engine):
        """What GIMP said. Leaves kept.xcf."""
        script = (f'(let* ((image (car (gimp-file-load RUN-NONINTERACTIVE "{self.photo}" "{self.photo}")))'
                  f' (layer (car (gimp-image-get-active-layer image))))'
                  f' (plug-in-kontext-edit RUN-NONINTERACTIVE image layer "a storm" "{engine}" "" "match" -1 1 "raw" "")'
                  f' (gimp-xcf-save RUN-NONINTERACTIVE image layer "kept.xcf" "kept.xcf"))')
        (self.folder / "kept.xcf").unlink(missing_ok=True)
        result = subprocess.run(
            ["gimp-console-2.10", "-i", "-d", "-g", str(self.folder / "gimprc"), "-b", script, "-b", "(gimp-quit 1)"],
            cwd=self.folder, env=self.environment, capture_output=True, timeout=120, check=False)
        self.assertFalse(has_mark(result.stdout + result.stderr))
        return (result.stdout + result.stderr).decode(errors="replace")

    def watched(self):
        """[exit status, [mapping with the key]] of each run of the plug-in."""
        return [json.loads(line) for line in (self.folder / "watched").read_text().splitlines()]

    def test_keeps_the_key_out_of_files_requests_and_memory(self):
        for engine in ("eachlabs", "openai"):
            with self.subTest(engine):
                said = self.edit_in_gimp(engine)
                self.assertTrue((self.folder / "kept.xcf").exists(), said)
                self.assertIn(b"kontext-edit", (self.folder / "kept.xcf").read_bytes())
                self.expect_no_trace()
        self.assertEqual(self.watched(), [[0, []]] * 2)
        self.assertEqual(len(self.created()), 2)

    def test_keeps_the_key_out_of_what_goes_wrong(self):
        body = {"error": {"message": f"Incorrect API key provided: {CANARIES['openai']}"}}
        self.sim.faults({"step": "create", "fault": "status", "status": 401, "body": body})
        self.edit_in_gimp("openai")
        self.expect_no_trace()
        self.assertEqual(self.watched(), [[0, []]])


if __name__ == "__main__":
    PLUGIN = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
