"""An export that was kept (tests/tlog/kept: made by "bundle.py BUILD keep",
after a succession of the authority) is genuine to rowan verify-bundle and to
another implementation, and with a bit flipped in any part, or every so many
bits, it is not, and for the right reason. usage: kept.py BUILD
"""

import collections
import json
import os
import shutil
import subprocess
import sys
import tempfile

import flips

KEPT = "tests/tlog/kept"
STRIDE = 2503  # bits: a prime, so that all of a byte's come up
rowan = os.path.join(sys.argv[1], "rowan")


def verify(folder, authority, code):
    p = subprocess.run(
        [rowan, "verify-bundle", "--json", "--authority",
         os.path.join(KEPT, authority), folder], text=True, timeout=60,
        capture_output=True, stdin=subprocess.DEVNULL,
        env=dict(os.environ, ROWAN_HOME=os.path.join(folder, "../nobody")))
    assert p.returncode == code, (p.returncode, p.stdout, p.stderr)
    return json.loads(p.stdout)


def second(folder, authority):
    return subprocess.run(
        [sys.executable, "tests/tlog/bundle.py",
         os.path.join(KEPT, authority), folder], capture_output=True,
        text=True, timeout=60).returncode


def bits(rel, data):
    for at in flips.parts(rel, data):
        yield 8 * at + at % 8
    yield from range(sum(rel.encode()) % STRIDE, 8 * len(data), STRIDE)


def right(rel, found):
    """What must be named when a bit of this file is another."""
    kinds = {f["kind"] for f in found if f["what"] == rel}
    every = {f["kind"] for f in found}
    if rel == "signature":
        return "altered file" in every or "foreign signature" in every
    if rel == "bundle.txt":
        return "altered file" in every
    # By the list, and by what the entry itself proves.
    if rel.startswith("entries/"):
        return "altered file" in kinds and len(every) > 1
    # Its text is the entries' own; its signature is in them, too.
    if rel == "checkpoint":
        return "altered file" in kinds and every <= {
            "altered file", "truncated log"}
    return kinds == {"altered file"}


def main():
    seen = collections.Counter()
    with tempfile.TemporaryDirectory() as tmp:
        to = os.path.join(tmp, "out")
        shutil.copytree(os.path.join(KEPT, "out"), to)
        for authority in ("first.txt", "records.txt"):
            good = verify(to, authority, 0)
            assert good["genuine"] and good["succeeded"], good
            assert second(to, authority) == 0, authority
        # Whoever has the second key alone is told what is missing.
        bad = verify(to, "second.txt", 14)
        assert "all of the authority's records" in bad["faults"][0]["words"]
        assert second(to, "second.txt") == 1
        for rel, bit in flips.flipped(to, bits):
            found = verify(to, "first.txt", 14)["faults"]
            assert right(rel, found), (rel, bit, found)
            seen[rel.split("/")[0]] += 1
        verify(to, "first.txt", 0)
    print("  a kept export is proved, and %d flipped bits are named"
          % sum(seen.values()))


main()
