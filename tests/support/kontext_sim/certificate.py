"""A certificate authority for one test run, by the openssl program."""

import subprocess
from pathlib import Path


def make(folder):
    """Writes into `folder` ca.pem (what clients trust), stranger.pem (an authority that has signed nothing), key.pem and the
    certificates of it that a server shows: cert.pem (for 127.0.0.1 and localhost), expired.pem, elsewhere.pem (another host's).
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)

    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def sign(file, names, days):
        (folder / "names").write_text(f"subjectAltName={names}\nextendedKeyUsage=serverAuth\n", encoding="ascii")
        openssl("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca_key.pem", "-CAcreateserial",
                "-days", days, "-out", file, "-extfile", "names")

    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    for name in ("stranger", "ca"):
        openssl("req", "-x509", *new_key, "-keyout", "ca_key.pem", "-out", f"{name}.pem", "-days", "3650",
                "-subj", f"/CN=kontext test {name}", "-addext", "basicConstraints=critical,CA:TRUE",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    openssl("req", *new_key, "-keyout", "key.pem", "-out", "request.pem", "-subj", "/CN=127.0.0.1")
    sign("cert.pem", "IP:127.0.0.1,DNS:localhost", "3650")
    sign("expired.pem", "IP:127.0.0.1,DNS:localhost", "-1")
    sign("elsewhere.pem", "DNS:service.example", "3650")
