"""What tests say to the simulator while it runs."""

import json

from . import faults
from .wire import json_reply


def answer(server, request):
    """The reply to /control/…; errors are told plainly, as the caller is a test."""
    try:
        return act(server, request)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return json_reply(400, {"error": f"{type(error).__name__}: {error}"})


def act(server, request):
    world, what = server.world, (request.method, request.path.removeprefix("/control/"))
    if what == ("GET", "log"):
        with world.lock:
            wanted = request.parameters.get("event")
            return json_reply(200, [entry for entry in world.events if wanted in (None, entry["event"])])
    if what == ("GET", "faults"):
        return json_reply(200, sorted(server.known_faults))
    if what == ("GET", "settings"):
        return json_reply(200, world.settings)
    if what == ("POST", "reset"):
        world.reset()
    elif what == ("POST", "faults"):
        rules = [faults.rule_of(line, server.known_faults) for line in json.loads(request.body)]
        with world.lock:
            world.rules = rules
    elif what == ("POST", "settings"):
        world.change_settings(json.loads(request.body))
    else:
        return json_reply(404, {"error": "log, faults, settings, reset"})
    return json_reply(200, {})
