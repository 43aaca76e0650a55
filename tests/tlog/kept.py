"""An export that was kept (tests/tlog/kept: made by "bundle.py BUILD keep",
after a succession of the authority) is genuine to rowan verify-bundle and to
another implementation, and with a bit flipped in any part, or every so many
bits, it is not, and for the right reason. usage: kept.py BUILD [whole [K/N]]
whole: all bits there are; of N parts of them the one number K. The flips are
judged by what rowan is made of, loaded once (again.c).
"""

import collections
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile

import flips

KEPT = "tests/tlog/kept"
STRIDE = 2503  # bits: a prime, so that all of a byte's come up
PART = None  # K, N
if sys.argv[2:3] == ["whole"]:
    PART = tuple(int(x) for x in (sys.argv + ["1/1"])[3].split("/"))
rowan = os.path.join(sys.argv[1], "rowan")


def verify(folder, authority, code):
    p = subprocess.run(
        [rowan, "verify-bundle", "--json", "--authority",
         os.path.join(KEPT, authority), folder], text=True, timeout=180,
        capture_output=True, stdin=subprocess.DEVNULL,
        env=dict(os.environ, ROWAN_HOME=os.path.join(folder, "../nobody")))
    assert p.returncode == code, (p.returncode, p.stdout, p.stderr)
    return json.loads(p.stdout)


class Again:
    """rowan verify-bundle on one folder, as often as asked."""

    def __init__(self, folder):
        self.p = subprocess.Popen(
            [os.path.join(sys.argv[1], "tests/tlog/again"), "verify-bundle",
             "--json", "--authority", os.path.join(KEPT, "first.txt"), folder],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(os.environ, ROWAN_HOME=os.path.join(folder, "../nobody")))

    def verify(self, code):
        self.p.stdin.write(b".")
        self.p.stdin.flush()
        said = [self.p.stdout.readline(), self.p.stdout.readline()]
        assert said[1] == b"%d\n" % code, said
        return json.loads(said[0])

    def end(self):
        self.p.stdin.close()
        assert self.p.stdout.read() == b"" and self.p.wait() == 0


def second(folder, authority):
    return subprocess.run(
        [sys.executable, "tests/tlog/bundle.py",
         os.path.join(KEPT, authority), folder], capture_output=True,
        text=True, timeout=180).returncode


def bits(rel, data):
    if PART:
        yield from range(PART[0] - 1, 8 * len(data), PART[1])
        return
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


def listed(to, line, rel=None, data=b""):
    """The exporter's own list has one line more, about a file or without."""
    with open(os.path.join(to, "bundle.txt"), "a") as f:
        f.write(line + "\n")
    if rel:
        with open(os.path.join(to, rel), "wb") as f:
            f.write(data)


def file_line(rel, data):
    return "file %s %d %s" % (hashlib.sha256(data).hexdigest(), len(data), rel)


def exporter(out):
    """Whoever signs the list can put nothing beside what she let out: what only
    the list knows is foreign. (Here the signature does not fit either.)"""
    def found(change, also=True):
        to = out + ".exporter"
        shutil.copytree(out, to)
        change(to)
        faults = {(f["kind"], f["what"])
                  for f in verify(to, "first.txt", 14)["faults"]}
        assert second(to, "first.txt") == 1
        shutil.rmtree(to)
        if also:
            faults.remove(("altered file", "bundle.txt"))
        return faults
    more = b"I have made it all up."
    for rel in ("files/0009-letter.txt", "README.txt", "files/0001-note.txt"):
        assert found(lambda to: listed(
            to, file_line(rel, more), rel, more)) == {("foreign file", rel)}
    # Declared as missing, and another one in its place.
    note = "files/0004-note.txt"

    def instead(to):
        path = os.path.join(to, "bundle.txt")
        with open(path) as f:
            lines = f.read().splitlines()
        at = [i for i, x in enumerate(lines) if x.endswith(note)][0]
        lines[at] = file_line(note, more)
        with open(path, "w") as f:
            f.write("\n".join(lines[:at] + ["omitted 4 attachment"] +
                              lines[at:]) + "\n")
        with open(os.path.join(to, note), "wb") as f:
            f.write(more)
    assert found(instead) == {("foreign file", note),
                              ("altered file", "index.html")}
    assert ("altered entry", "bundle.txt") in found(
        lambda to: listed(to, "omitted 1 attachment"))

    # A link is no folder of it, whatever it leads to.
    def linked(to):
        os.rename(os.path.join(to, "files"), to + ".files")
        os.symlink(to + ".files", os.path.join(to, "files"))
    assert found(linked, False) == {("foreign file", "files")}


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
        exporter(to)
        again = Again(to)
        assert again.verify(0) == verify(to, "first.txt", 0)
        for rel, bit in flips.flipped(to, bits):
            found = again.verify(14)["faults"]
            assert right(rel, found), (rel, bit, found)
            seen[rel.split("/")[0]] += 1
        again.verify(0)
        again.end()
    print("  a kept export is proved, and %d flipped bits are named"
          % sum(seen.values()))


main()
