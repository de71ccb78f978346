"""A certificate authority for one test run, by the openssl program."""

import subprocess
from pathlib import Path


def make(folder):
    """Writes ca.pem (what clients trust), cert.pem and key.pem (what the server shows, for 127.0.0.1) into `folder`."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)

    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl("req", "-x509", *new_key, "-keyout", "ca_key.pem", "-out", "ca.pem", "-days", "3650", "-subj", "/CN=kontext test CA",
            "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    openssl("req", *new_key, "-keyout", "key.pem", "-out", "request.pem", "-subj", "/CN=127.0.0.1")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\n", encoding="ascii")
    openssl("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca_key.pem", "-CAcreateserial", "-days", "3650",
            "-out", "cert.pem", "-extfile", "names")
