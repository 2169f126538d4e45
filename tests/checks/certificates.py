"""Certificates of every kind, made with `openssl` by an authority of our own."""

import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

_CONFIG = """
[ca]
default_ca = ours
[ours]
dir = {folder}
database = {folder}/index
new_certs_dir = {folder}
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
"""


class Authority:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "index").touch()
        (folder / "config").write_text(_CONFIG.format(folder=folder))
        self._key("ca")
        self._openssl(
            "req", "-new", "-x509", "-key", "ca.key", "-subj", "/CN=our authority", "-days", "30", "-out", "ca"
        )
        self.file = folder / "ca"

    def context(
        self, name: str, *, host: str = "IP:127.0.0.1", days: int = 30, self_signed: bool = False
    ) -> ssl.SSLContext:
        """For a server: a certificate for `host` that ends in `days`, even before today."""
        self._key(name)
        (self._folder / f"{name}.ext").write_text(f"subjectAltName = {host}\n")
        self._openssl("req", "-new", "-key", f"{name}.key", "-subj", f"/CN={name}", "-out", f"{name}.req")
        signer = ["-selfsign", "-keyfile", f"{name}.key"] if self_signed else ["-cert", "ca", "-keyfile", "ca.key"]
        ends = datetime.now(UTC) + timedelta(days=days, minutes=5)
        dates = ["-startdate", _date(ends - timedelta(days=90)), "-enddate", _date(ends)]
        files = ["-in", f"{name}.req", "-out", f"{name}.crt", "-extfile", f"{name}.ext"]
        self._openssl("ca", "-batch", "-notext", *signer, *dates, *files)
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(self._folder / f"{name}.crt", self._folder / f"{name}.key")
        return made

    def _key(self, name: str) -> None:
        self._openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", f"{name}.key")

    def _openssl(self, command: str, *words: str) -> None:
        config = [] if command == "genpkey" else ["-config", "config"]
        subprocess.run(["openssl", command, *config, *words], cwd=self._folder, check=True, capture_output=True)


def _date(at: datetime) -> str:
    return at.strftime("%Y%m%d%H%M%SZ")
