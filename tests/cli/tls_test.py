#!/usr/bin/env python3
"""The services over TLS: whom we believe, and what a connection that is cut costs.

usage: tls_test.py KONTEXT [unittest's arguments]
"""

import json
import os
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import cli_test
from cli_test import CliTest
from hosted_test import NETWORK, PHOTO, UNKNOWN, VARIABLES
from kontext_sim import certificate
from kontext_sim.client import Sim
from kontext_sim.world import KEYS


class TlsTest(CliTest):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="kontext-tls-")
        cls.addClassCleanup(folder.cleanup)
        cls.certificates = Path(folder.name)
        certificate.make(cls.certificates)

    def setUp(self):
        super().setUp()
        self.photo = self.write("photo.png", PHOTO)
        self.environment |= {variable: KEYS[service] for service, variable in VARIABLES.items()}
        self.environment["SSL_CERT_FILE"] = str(self.certificates / "ca.pem")
        self.start_service("cert.pem")

    def start_service(self, shown, host="127.0.0.1"):
        """`shown`: the certificate that the services show."""
        self.log_file = self.folder / f"{shown}.log"
        self.sim = Sim("--log", str(self.log_file), "--tls", *(str(self.certificates / name) for name in (shown, "key.pem")),
                       authority=str(self.certificates / "ca.pem"))
        self.addCleanup(self.sim.close)
        for service in VARIABLES:
            self.environment[f"KONTEXT_URL_{service.upper()}"] = f"https://{host}:{self.sim.ports['port']}/{service}"

    def edit_with(self, service):
        return self.edit("--engine", service, "--fidelity", "raw", "-o", f"{service}.png")

    def ledger(self):
        return json.loads(self.run_kontext("ledger", "--json").stdout)["predictions"]

    def states(self):
        return [row["outcome"] for row in self.ledger()]


class Trust(TlsTest):
    def expect_nothing_sent(self):
        """Not a byte of a request, so neither key nor picture; and nothing that could be billed."""
        for service in ("eachlabs", "openai"):
            self.expect(self.edit_with(service), NETWORK, "127.0.0.1")
        self.assertEqual(self.log_file.read_text(), "")
        self.assertEqual([(row["outcome"], row["billed_usd"]) for row in self.ledger()], [("failed", 0), ("failed", 0)])

    def test_goes_to_the_services_by_their_certificates(self):
        for service in VARIABLES:
            with self.subTest(service):
                self.expect(self.edit_with(service), 0)
        self.assertEqual(self.sim.violations(), [])
        self.assertEqual(self.states(), ["delivered"] * len(VARIABLES))

    def test_goes_by_the_name_that_was_asked_for(self):
        self.start_service("cert.pem", host="localhost")
        self.expect(self.edit_with("openai"), 0)

    def test_does_not_go_to_an_authority_that_is_not_ours(self):
        self.environment["SSL_CERT_FILE"] = str(self.certificates / "stranger.pem")
        self.expect_nothing_sent()

    def test_does_not_go_to_an_authority_that_the_system_does_not_know(self):
        del self.environment["SSL_CERT_FILE"]
        self.expect_nothing_sent()

    def test_is_not_given_for_want_of_authorities(self):
        self.environment["SSL_CERT_FILE"] = str(self.certificates / "none.pem")
        self.expect_nothing_sent()

    def test_ends_with_the_certificate(self):
        self.start_service("expired.pem")
        self.expect_nothing_sent()

    def test_is_not_for_another_host(self):
        self.start_service("elsewhere.pem")
        self.expect_nothing_sent()


class Cuts(TlsTest):
    def test_of_what_costs_nothing_are_mended(self):
        for step in ("handshake", "presign", "put", "poll", "download"):
            fault = "cut_handshake" if step == "handshake" else "cut_tls"
            self.sim.faults({"step": step, "fault": fault, "nth": 1})
            with self.subTest(step):
                self.expect(self.edit_with("eachlabs"), 0)
        self.assertEqual(self.states(), ["delivered"] * 5)
        self.assertEqual(len(self.sim.log("created")), 5)
        self.assertEqual(self.sim.violations(), [])

    def test_of_what_costs_leave_it_open_and_are_not_repeated(self):
        self.sim.faults({"step": "create", "fault": "cut_tls", "nth": 1})
        self.expect(self.edit_with("eachlabs"), UNKNOWN)
        self.sim.faults({"step": "create", "fault": "cut_tls", "nth": 1})
        self.expect(self.edit_with("openai"), UNKNOWN)
        self.assertEqual(len(self.sim.log("created")), 2)
        self.run_kontext("recover", "--all")
        self.assertEqual(sorted(self.states()), ["delivered", "unknown"])  # Eachlabs has a history
        self.assertEqual(len(self.sim.log("created")), 2)

    def test_before_the_request_are_mended_where_it_costs_too(self):
        self.sim.faults({"step": "handshake", "fault": "cut_handshake", "nth": 1})
        self.expect(self.edit_with("openai"), 0)
        self.assertEqual((len(self.sim.log("created")), self.states()), (1, ["delivered"]))


class Redirects(TlsTest):
    def test_of_a_picture_are_followed_without_the_key(self):
        for to in ("same", "foreign"):
            self.sim.faults({"step": "download", "fault": "redirect", "to": to, "hops": 3, "times": 1})
            self.expect(self.edit_with("eachlabs"), 0)
        self.assertEqual(self.sim.violations(), [])

    def test_to_where_nothing_is_encrypted_are_not_followed(self):
        self.sim.faults({"step": "download", "fault": "redirect", "to": "downgrade"})
        self.expect(self.edit_with("eachlabs"), NETWORK, "without encryption")
        self.assertEqual(self.sim.violations(), [])  # every request there is one
        self.sim.faults()
        self.expect(self.run_kontext("recover", "--all"), 0)  # what is paid for is not lost by it
        self.assertEqual(self.states(), ["delivered"])

    def test_without_an_end_come_to_one(self):
        self.sim.faults({"step": "download", "fault": "redirect", "to": "loop"})
        self.expect(self.edit_with("eachlabs"), NETWORK)
        self.assertLess(len(self.sim.log("hop")), 50)
        self.sim.faults()
        self.expect(self.run_kontext("recover", "--all"), 0)

    def test_of_what_has_a_key_are_not_followed(self):
        for to in ("same", "foreign", "downgrade"):
            for step in ("presign", "create", "poll"):
                self.sim.faults({"step": step, "fault": "redirect", "to": to, "status": 307, "times": 1})
                self.edit_with("eachlabs")
            self.sim.faults({"step": "create", "fault": "redirect", "to": to, "status": 307})
            self.edit_with("openai")
        self.assertEqual(self.sim.violations() + self.sim.log("hop"), [])


if __name__ == "__main__":
    cli_test.KONTEXT = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
