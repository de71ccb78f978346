"""drive_gimp.py PROGRAM ARGUMENT…: runs GIMP with its window and uses our dialog as a person would, in the order in
which the checks inside that GIMP open it."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "gtk"))

import dialog_driver  # noqa: E402
from dialog_driver import Atspi, Dialog, is_showing, wait_for  # noqa: E402

dialog_driver.DEADLINE_S = 90  # GIMP itself has to start first

FOLDER = os.environ["KONTEXT_CHECKS_FOLDER"]
REPORT = os.path.join(FOLDER, "report.txt")


class PluginDialog(Dialog):
    """Our dialog in the plug-in's process, which GIMP started."""

    used = set()

    def __init__(self):
        self.app = wait_for(self._find_app, "the plug-in's dialog")
        PluginDialog.used.add(self.app.get_process_id())
        self.window = wait_for(self._find_window, "the dialog's window")

    def _find_app(self):
        desktop = Atspi.get_desktop(0)
        for index in range(desktop.get_child_count()):
            app = desktop.get_child_at_index(index)
            if app is None or app.get_process_id() in PluginDialog.used or not app.get_child_count():
                continue
            if any(child is not None and child.get_name() == "Edit by Prompt" and is_showing(child)
                   for child in (app.get_child_at_index(i) for i in range(app.get_child_count()))):
                return app
        return None


def picture(name):
    """For a person to look at, where a folder for it is given."""
    if "KONTEXT_PICTURES" in os.environ:
        subprocess.run(["import", "-window", "root", os.path.join(os.environ["KONTEXT_PICTURES"], name)], check=False)


def run():
    dialog = PluginDialog()
    dialog.set_prompt("invert")
    dialog.wait_sensitive("Edit")
    picture("dialog.png")
    dialog.click("Edit")

    PluginDialog().click("Cancel")

    dialog = PluginDialog()
    dialog.set_prompt("invert")
    dialog.wait_sensitive("Edit")
    dialog.click("Edit")


def report_is_complete(gimp):
    if gimp.poll() is not None:
        raise AssertionError("GIMP ended before its checks did")
    try:
        with open(REPORT, encoding="utf-8") as file:
            return any(line.startswith("GIMP ") for line in file)
    except FileNotFoundError:
        return False


def main():
    gimp = subprocess.Popen(sys.argv[1:])
    try:
        run()
        wait_for(lambda: report_is_complete(gimp), "the report")
    finally:
        gimp.kill()
        gimp.wait()


main()
