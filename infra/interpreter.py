"""Name the Python that the environment is to be made from: this one, or the system's where that is clearly faster.

CPython compiled without profile-guided optimisation takes 1.3 to 2 times as long for the same work, and that is how
version managers compile it unless they are told otherwise, while distributions optimise theirs. No build variable says
reliably which of the two an interpreter is; so each does a little work, and its processor time is taken. Only Python
of the version that the tests run on takes the place of the one that was asked for. Printed is one path.
"""

import subprocess
import sys
from pathlib import Path

TESTED = (3, 11)
ELSEWHERE = "/usr/bin/python3.11", "/usr/local/bin/python3.11"
CLEARLY = 1.2
SECONDS = 20

WORK = """
import sys, time
import ensurepip, venv
class Pair:
    def __init__(self, name, count): self.name, self.count = name, count
    def more(self, by): return Pair(self.name, self.count + by)
def work():
    seen = {}
    for at in range(40000):
        name = f"n{at % 97}"
        pair = seen.get(name) or Pair(name, 0)
        seen[name] = pair.more(at & 7)
def once():
    began = time.process_time(); work()
    return time.process_time() - began
print(*sys.version_info[:3], min(once() for _ in range(7)))
"""


def main():
    """Print the path; say on stderr where it is another than this one."""
    asked = sys.executable
    others = [each for each in ELSEWHERE if Path(each).resolve() != Path(asked).resolve()]
    found = {each: tried(each) for each in others}
    chosen = chosen_of(asked, tried(asked), found)
    if chosen != asked:
        version = ".".join(map(str, found[chosen][0]))
        sys.stderr.write(f"The environment is made from Python {version}, {chosen}: clearly faster than {asked}\n")
    print(chosen)


def tried(python):
    """(version in three numbers, seconds of processor time) of an interpreter; None: it cannot make an environment."""
    try:
        done = subprocess.run(
            [python, "-I", "-c", WORK], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=SECONDS, check=True
        )
        *version, seconds = done.stdout.split()
        return tuple(map(int, version)), float(seconds)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def chosen_of(asked, of_asked, found):
    """The path to take, of `asked` and what was `found` elsewhere (path: what `tried` says)."""
    fit = {each: of_it[1] for each, of_it in found.items() if of_it is not None and of_it[0][:2] == TESTED}
    if not fit:
        return asked
    best = min(fit, key=fit.get)
    stays = of_asked is not None and of_asked[0] >= TESTED and of_asked[1] < CLEARLY * fit[best]
    return asked if stays else best


if __name__ == "__main__":
    main()
