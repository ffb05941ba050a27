"""The secrets that infra/compose.yaml mounts: `python infra/prepare.py [FOLDER]` (default .data/secrets). Idempotent.

The same CA, broker certificate and administrator's password as the embedded broker's; a password for each of
PostgreSQL's roles, and beside it the password file that a DSN can name (`passfile=…`).
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "kafka"))

import certificates
import storage

ROLES = ("postgres", "hub", "registry")


def main(folder: Path) -> None:
    """Make what is missing in `folder`."""
    certificates.ensure(folder, datetime.now(UTC))
    storage.password(folder, "admin")
    for role in ROLES:
        passfile = folder / f"postgres-{role}.pgpass"
        if not passfile.exists():  # the embedded server may have made it
            certificates.write_private(passfile, f"*:*:*:{role}:{storage.password(folder, passfile.stem)}\n".encode())
        text = passfile.read_bytes().strip().rsplit(b":", 1)[1]
        certificates.write_private(passfile.with_suffix(".password"), text)
    print(f"secrets are in {folder}", file=sys.stderr)


if __name__ == "__main__":
    main(Path((sys.argv[1:] or [".data/secrets"])[0]))
