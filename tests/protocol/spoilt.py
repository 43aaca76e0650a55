"""Goal: every request that docs/protocol.md shows is one to the real daemon;
spoilt in any of the usual ways it gets its typed refusal, and is counted.

usage: spoilt.py BUILD-FOLDER
"""

import os
import re
import struct
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
# pylint: disable=wrong-import-position
from client import (  # noqa: E402
    AGAIN, ANSWER, HELLO, LIMIT, MALFORMED, OPERATION, VERSION, Reader, error)
from stranger import World  # noqa: E402

DOCUMENT = "docs/protocol.md"
QUIET = ("credit", "acknowledge")
# What these carry is words in the document, and bytes of a form in truth.
WORDS = ("key-publish", "statement-put", "group-create", "commit",
         "redeem-reveal", "cosign")
# A chunk that nobody has put yet is there later.
LATER = ("blob-get",)


def operations(text):
    """Name, number and port of all that a client may ask."""
    row = re.compile(r"^\| 0x([0-9a-f]{4}) \| \[([a-z-]+)\]\(#.*?\) \| "
                     r"client \|.*?\| ([^|]*) \|$", re.M)
    found = {name: (int(number, 16), remark)
             for number, name, remark in row.findall(text)}
    assert len(found) > 40, found
    return found


def example(text, name):
    """The frames of a request, as the document shows them."""
    start = text.index("\nExample: %s request\n\n" % name)
    block = text[start:].split("\n\n")[1]
    frames = []
    for line in block.splitlines():
        if line[4:12].strip():
            frames.append(b"")
        if "(empty)" not in line:
            frames[-1] += bytes.fromhex(line[12:])
    return frames


class Walk:
    """Sends, and keeps count of what was refused."""

    def __init__(self, client):
        self.client = client
        self.ids = 1 << 32
        self.refused = {}

    def send(self, frames, version=None, request_id=None):
        """The code of the answer: 0 when it is none of a refusal."""
        was, op, _ = struct.unpack(">HHQ", frames[0])
        if request_id is None:
            self.ids += 1
            request_id = self.ids
        version = was if version is None else version
        head = struct.pack(">HHQ", version, op, request_id)
        self.client.send_frames([head, *frames[1:]])
        while True:
            got_version, got, got_id, body, opaque = self.client.receive()
            if got & ANSWER:
                break
        assert got_id == request_id
        if got != ANSWER:
            assert got == op | ANSWER and got_version == 1
            return 0
        assert not opaque
        r = Reader(body)
        code, _ = error(r)
        r.end()
        # An error speaks the request's version if that is served.
        assert got_version == (version if version == 1 else 0)
        self.refused[code] = self.refused.get(code, 0) + 1
        return code


def spoil(walk, name, frames):
    """Each of these is refused, with that code."""
    op = struct.unpack(">HHQ", frames[0])[1]
    head, body, opaque = frames[0], frames[1], frames[2:]
    most = {"submit": 64, "blob-put": 8, "group-create": 2, "commit": 2}
    large = LIMIT if name in most else MALFORMED
    more = LIMIT if most.get(name) == len(opaque) else MALFORMED
    spoilt = [("a byte more", [head, body + b"\0", *opaque], MALFORMED),
              ("a frame more", [*frames, b"x"], more),
              ("no body", [head], MALFORMED),
              ("67 frames", [head, body] + [b"x"] * 65, LIMIT),
              ("too much", [head, body] + [bytes(250000)] * 5, large)]
    if body:
        spoilt += [("a byte less", [head, body[:-1], *opaque], MALFORMED),
                   ("half of it", [head, body[:len(body) // 2], *opaque],
                    MALFORMED)]
    if opaque:
        spoilt.append(("a frame less", frames[:-1], MALFORMED))
    for how, bad, code in spoilt:
        got = walk.send(bad)
        assert got == code, "%s with %s: %04x" % (name, how, got)
    for version in (2, 9, 65535, 1 if op == HELLO else 0):
        got = walk.send(frames, version=version)
        assert got == VERSION, "%s in version %d: %04x" % (
            name, version, got)
    if name not in QUIET:
        assert walk.send(frames, request_id=0) == MALFORMED, name


def bytes_of_all_kinds(walk, name, frames):
    """Never "later" and never silence, whatever a number in it says."""
    head, body, opaque = frames[0], frames[1], frames[2:]
    values = [(i, bytes([b])) for i in range(len(body))
              for b in (0, 1, 0x7f, 0x80, 0xff) if body[i] != b]
    values += [(i, v) for i in range(len(body) - 7)
               for v in (b"\xff" * 8, b"\x7f" + b"\xff" * 7,
                         b"\x80" + bytes(7))]
    for at, value in values:
        bad = body[:at] + value + body[at + len(value):]
        code = walk.send([head, bad, *opaque])
        assert code != AGAIN or name in LATER, "%s with %s at %d: AGAIN" % (
            name, value.hex(), at)


def counted(world):
    """What the daemon says that it has refused, by kind."""
    text = subprocess.run(
        [sys.argv[1] + "/rowanctl", "--socket", world.folder + "/control",
         "metrics"], check=True, capture_output=True, text=True).stdout
    return {kind: int(n) for kind, n in re.findall(
        r'^rowan_refused_total\{kind="(\w+)"\} (\d+)$', text, re.M)}


def main_port(world, walk, shown):
    for name, ((_, remark), frames) in shown.items():
        if remark == "on the enrolment port only":
            assert walk.send(frames) == OPERATION, name
            continue
        got = walk.send(frames)
        if got in (MALFORMED, LIMIT, VERSION, OPERATION, AGAIN):
            assert got in (MALFORMED, VERSION) and name in WORDS, (
                "%s: %04x" % (name, got))
        spoil(walk, name, frames)
        bytes_of_all_kinds(walk, name, frames)


def enrolment_port(world, walk, shown):
    for name, ((_, remark), frames) in shown.items():
        got = walk.send(frames)
        if not remark.startswith("on the enrolment port"):
            assert got == OPERATION, name
            continue
        assert got not in (LIMIT, VERSION, OPERATION, AGAIN), name
        assert got != MALFORMED or name in WORDS, name


def main():
    with open(DOCUMENT, encoding="utf-8") as f:
        text = f.read()
    shown = {name: (row, example(text, name))
             for name, row in operations(text).items()}
    for name, ((number, _), frames) in shown.items():
        assert struct.unpack(">HHQ", frames[0])[1] == number, name
    world = World(sys.argv[1], """
        control = "FOLDER/control";
        rate_requests = 1000000000;
        rate_messages = 1000000000;
        rate_bytes = "1 TiB";
    """)
    try:
        walk = Walk(world.connect("sender"))
        main_port(world, walk, shown)
        other = Walk(world.connect("stranger", port=1))
        enrolment_port(world, other, shown)
        for code, kind in ((MALFORMED, "malformed"), (LIMIT, "over_limit"),
                           (VERSION, "bad_version"),
                           (OPERATION, "bad_operation")):
            sent = walk.refused.get(code, 0) + other.refused.get(code, 0)
            assert counted(world)[kind] == sent > 0, kind
    finally:
        world.close()
    print("  %d requests of the document, spoilt %d times" % (
        len(shown), sum(walk.refused.values())))


if __name__ == "__main__":
    main()
