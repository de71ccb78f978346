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

    def __init__(self, title="Edit by Prompt"):
        self.title = title
        self.app = wait_for(self._find_app, "the plug-in's dialog")
        PluginDialog.used.add(self.app.get_process_id())
        self.window = wait_for(self._find_window, "the dialog's window")

    def _find_app(self):
        desktop = Atspi.get_desktop(0)
        for index in range(desktop.get_child_count()):
            app = desktop.get_child_at_index(index)
            if app is None or app.get_process_id() in PluginDialog.used or not app.get_child_count():
                continue
            if any(child is not None and child.get_name() == self.title and is_showing(child)
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

    if os.environ["KONTEXT_CHECKS_GENERATION"] != "2":
        undo_an_edit()

    dialog = PluginDialog("Settings for Edit by Prompt")
    picture("settings.png")
    dialog.click("Close")
    dialog = PluginDialog("Recover Paid Results")
    dialog.wait_text("Nothing is waiting.")
    dialog.click("Close")


def undo_an_edit():
    dialog = PluginDialog()
    dialog.wait_sensitive("Edit")
    dialog.click("Edit")
    wait_for(lambda: os.path.exists(os.path.join(FOLDER, "undo-once")), "the edit to be done")
    wait_for(find_undo, "GIMP's menu").get_action_iface().do_action(0)


def find_undo():
    """GIMP 3's menu item; 2.10 is GTK 2 and not in this tree."""
    desktop = Atspi.get_desktop(0)
    for app in (desktop.get_child_at_index(i) for i in range(desktop.get_child_count())):
        if app is None or not (app.get_name() or "").startswith("gimp"):
            continue
        for edit_menu in find_all(app, "Edit", 6):
            for index in range(edit_menu.get_child_count()):
                name = edit_menu.get_child_at_index(index).get_name() or ""
                if name.startswith("Undo") and name != "Undo History":
                    return edit_menu.get_child_at_index(index)
    return None


def find_all(root, name, depth):
    """Accessibles of that name, not deeper than `depth`."""
    found = []
    for child in (root.get_child_at_index(i) for i in range(root.get_child_count() if depth else 0)):
        if child is not None:
            found += [child] if child.get_name() == name else find_all(child, name, depth - 1)
    return found


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
