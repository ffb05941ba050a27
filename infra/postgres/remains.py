"""What a killed server leaves behind: a process table entry that nobody has collected yet, and a file that names it.

PostgreSQL takes any entry of that number for a living server and refuses to start. Where the first process of a
container never collects its dead, that would be for ever. The file goes only when the process is dead for certain
and no process works in the folder any more: PostgreSQL's own guard against two servers on one folder is the file.
"""

from pathlib import Path

PROC = Path("/proc")


def is_dead(process: int) -> bool:
    """Whether the process has ended, collected or not. Without /proc an uncollected one counts as alive."""
    try:
        state = (PROC / str(process) / "stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return PROC.joinpath("self").exists()
    return state in "ZX"


def clear(data: Path) -> None:
    """Remove `postmaster.pid` of a dead server of which nothing is left."""
    file = data / "postmaster.pid"
    if file.exists() and is_dead(int(file.read_text().split(maxsplit=1)[0])) and not _anybody_in(data):
        file.unlink(missing_ok=True)


def _anybody_in(data: Path) -> bool:
    return any(_works_in(entry) == str(data) for entry in PROC.iterdir() if entry.name.isdigit())


def _works_in(entry: Path) -> str:
    try:
        return str((entry / "cwd").readlink())
    except OSError:  # it ended meanwhile, or is somebody else's and so none of ours
        return ""
