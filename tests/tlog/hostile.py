"""What somebody may hand to rowan receipt verify, rowan conflict verify and
rowan verify-bundle in place of a true file: each is refused with words, in
little memory, and nothing crashes. Made of the export that was kept
(tests/tlog/kept). usage: hostile.py BUILD
"""

import base64
import os
import resource
import shutil
import subprocess
import sys
import tempfile

import bundle
import flips

KEPT = "tests/tlog/kept"
KEY = os.path.join(KEPT, "first.txt")
ROOM = 192 * 1024 * 1024  # of address space
GOOD, FOUND, DIFFERENT = 0, 9, 14
rowan = os.path.join(sys.argv[1], "rowan")
tmp = tempfile.mkdtemp(prefix="rowan-hostile.")
count = 0


def little():
    resource.setrlimit(resource.RLIMIT_AS, (ROOM, ROOM))


def run(*args, data=None):
    """The exit code; whatever is refused is refused with words."""
    global count
    count += 1
    p = subprocess.run(
        [rowan, *args], input=data if data is not None else b"",
        capture_output=True, timeout=120, preexec_fn=little,
        env=dict(os.environ, ROWAN_HOME=os.path.join(tmp, "nobody"),
                 LC_ALL="C.UTF-8"))
    assert 0 <= p.returncode < 64, (args, p.returncode, p.stderr[-300:])
    assert p.returncode == 0 or p.stderr, args
    assert not any(b < 32 and b not in b"\n\t" for b in p.stderr), p.stderr
    return p.returncode


def written(data):
    path = os.path.join(tmp, "file")
    with open(path, "wb") as f:
        f.write(data)
    return path


def refused(command, data, why, key=KEY):
    got = run(*command, "--authority", key, written(data))
    assert got != GOOD, (command, why)


def receipt():
    """The first entry's."""
    with open(os.path.join(KEPT, "out/entries/0001.disclosure"), "rb") as f:
        data = f.read()
    at, size = flips.fields(data)[5]
    return data[at:at + size]


def contradiction(text):
    """The checkpoint of a receipt twice, as a file about two."""
    head, note = text.split(b"\n\n", 1)
    extra = bundle.Reader(base64.b64decode(
        head.split(b"\n")[1].removeprefix(b"extra ")))
    extra.n(1)
    extra.vec()
    card = base64.b64encode(extra.vec())
    return b"rowan conflict 1\n" + 2 * (b"card " + card + b"\n") + \
        b"\n" + note + b"\n" + note


def shapes(text):
    """What any text can suffer."""
    lines = text.split(b"\n")
    for at in range(0, len(text), 61):
        yield text[:at], "cut at %d" % at
        yield text[:at] + b"\0" + text[at:], "NUL at %d" % at
        yield text[:at] + b"\r" + text[at:], "CR at %d" % at
    yield text[:-1], "no last newline"
    yield text.replace(b"\n", b"\r\n"), "CRLF"
    yield b"\xef\xbb\xbf" + text, "a mark of byte order"
    yield b"\n" + text, "an empty line first"
    yield text + b"\n", "an empty line last"
    yield text + b"more", "more behind it"
    yield text * 2, "twice"
    yield b"A" * 1000000 + b"\n" + text, "a long line first"
    yield text + b"A" * 1000000 + b"\n", "a long line last"
    yield text + b"\n" * 1000000, "a million lines"
    yield b"\n" * 70000000, "70 MB of lines"
    yield b"", "nothing"
    yield bytes(range(256)) * 20, "noise"
    for i, line in enumerate(lines[:-1]):
        yield b"\n".join(lines[:i] + lines[i + 1:]), "without line %d" % i
        yield b"\n".join(lines[:i] + [line + b" "] + lines[i + 1:]), \
            "a space behind line %d" % i
        if line:
            yield b"\n".join(lines[:i] + [line * 2000] + lines[i + 1:]), \
                "line %d is long" % i
        if line and not line.startswith("\u2014 ".encode()):
            yield b"\n".join(lines[:i] + [line] + lines[i:]), \
                "line %d twice" % i
        if i + 2 < len(lines) and line != lines[i + 1]:
            yield b"\n".join(lines[:i] + [lines[i + 1], line] +
                             lines[i + 2:]), "lines %d swapped" % i


def receipts():
    command = ("receipt", "verify")
    text = receipt()
    assert run(*command, "--authority", KEY, written(text)) == GOOD
    for data, why in shapes(text):
        refused(command, data, why)
    head, note = text.split(b"\n\n", 1)
    lines = head.split(b"\n")

    def made(some, why, behind=note):
        refused(command, b"\n".join(some) + b"\n\n" + behind, why)
    size = note.split(b"\n")[1]
    for n in (b"-1", b"+1", b"00", b"0x1", b"1e1", b" 1", b"", size,
              b"%d" % (int(size) + 1), b"%d" % 2**31, b"%d" % 2**63,
              b"%d" % (2**64 - 1), b"%d" % 2**64, b"9" * 400):
        made(lines[:2] + [b"index " + n] + lines[3:], b"index " + n)
        # What is signed says otherwise.
        made(lines, b"size " + n, note.replace(
            b"\n%s\n" % size, b"\n%s\n" % n, 1)
            if n != size else note.replace(b"\n", b"\n0", 1))
    one = base64.b64encode(bytes(32))
    for some in (lines[3:-1], lines[3:] + [one], [one] * 63, [one] * 64,
                 [one] * 5000, lines[3:][::-1], [],
                 lines[3:-1] + [base64.b64encode(bytes(31))],
                 lines[3:-1] + [base64.b64encode(bytes(33))],
                 lines[3:-1] + [lines[-1].rstrip(b"=")],
                 lines[3:-1] + [lines[-1][:-2] + b"/="]):
        if some != lines[3:]:
            made(lines[:3] + some, "a path of %d" % len(some))
    # Another log's name, above and in the signature's line.
    name = note.split(b"\n")[0]
    other = name[:-1] + (b"0" if name[-1:] != b"0" else b"1")
    for data in (note.replace(name, other), note.replace(name, other, 1)):
        made(lines, "another log", data)
    # A signature that stands there twice, or one of nobody's, says no more and
    # no less; a wrong one before it is a wrong one.
    body, line = note.split(b"\n\n")
    again = head + b"\n\n" + body + b"\n\n"
    nobody = "\u2014 nobody ".encode() + base64.b64encode(bytes(68)) + b"\n"
    for behind in (line * 2, nobody + line, line + nobody):
        assert run(*command, "--authority", KEY,
                   written(again + behind)) == GOOD
    start, raw = line.rstrip(b"\n").rsplit(b" ", 1)
    bad = bytearray(base64.b64decode(raw))
    bad[20] ^= 1
    bad = start + b" " + base64.b64encode(bad) + b"\n"
    refused(command, again + bad, "a wrong signature")
    refused(command, again + bad + line, "a wrong signature first")
    refused(command, again + nobody * 100 + line, "too many signatures")


def authorities():
    with open(KEY, "rb") as f:
        text = f.read()
    path = written(receipt())
    key = os.path.join(tmp, "key")
    for i in range(0, len(text) * 8, 37):
        bad = bytearray(text)
        bad[i // 8] ^= 1 << i % 8
        with open(key, "wb") as f:
            f.write(bad)
        # Outside of the armour anything may stand.
        got = run("receipt", "verify", "--authority", key, path)
        assert got != GOOD or i // 8 > text.rindex(b"-----"), i
    for bad in (b"", text[:len(text) // 2], bytes(range(256)),
                b"A" * 1000000):
        with open(key, "wb") as f:
            f.write(bad)
        assert run("receipt", "verify", "--authority", key, path) != GOOD


def contradictions():
    command = ("conflict", "verify")
    text = contradiction(receipt())
    # Well formed, and both are the same: nothing is proved.
    assert run(*command, "--authority", KEY, written(text)) == DIFFERENT
    for data, why in shapes(text):
        refused(command, data, why)
    head, rest = text.split(b"\n\n", 1)
    one = b"hash " + base64.b64encode(bytes(32))
    for more in ([one], [one] * 63, [one] * 64, [one] * 5000):
        refused(command, b"\n".join([head] + more) + b"\n\n" + rest,
                "%d hashes" % len(more))
    name = rest.split(b"\n")[0]
    refused(command, text.replace(name, name[:-1] + b"x", 1), "another log")


def places():
    """Where a file may be."""
    path = written(receipt())
    there = os.path.join(tmp, "link")
    verify = ("receipt", "verify", "--authority", KEY)
    os.symlink(path, there)
    assert run(*verify, there) == GOOD
    os.unlink(there)
    os.symlink(there, there)
    assert run(*verify, there) != GOOD
    assert run(*verify, tmp) != GOOD
    assert run(*verify, "/dev/null") != GOOD
    assert run(*verify, "/dev/zero") != GOOD
    assert run(*verify, os.path.join(tmp, "missing")) == FOUND
    assert run(*verify, "-", data=receipt()) == GOOD
    assert run("conflict", "verify", "--authority", KEY, "/dev/zero") != GOOD


def folders():
    to = os.path.join(tmp, "out")

    def found(change, why):
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(os.path.join(KEPT, "out"), to)
        change(to)
        for more in ((), ("--json",)):
            assert run("verify-bundle", *more, "--authority", KEY, to) in (
                DIFFERENT, FOUND), why
    with open(os.path.join(KEPT, "out/bundle.txt"), "rb") as f:
        text = f.read()

    def put(rel, data):
        def change(to):
            with open(os.path.join(to, rel), "wb") as f:
                f.write(data)
        return change
    for data, why in shapes(text):
        found(put("bundle.txt", data), why)
    digest = b"0" * 64
    for line in (b"file " + digest + b" 5 ../../../etc/passwd",
                 b"file " + digest + b" 5 /etc/passwd",
                 b"file " + digest + b" 5 files/../bundle.txt",
                 b"file " + digest + b" -5 files/x",
                 b"file " + digest + b" 99999999999999999999 files/x",
                 b"file " + digest + b" 18446744073709551615 files/x",
                 b"file 00 5 files/x", b"entry 0 0 0 second",
                 b"entry -1 0 0 second", b"entry 5 1 1 day",
                 b"entry 5 18446744073709551615 0 second",
                 b"omitted 77 attachment", b"log 1", b"nothing known"):
        found(put("bundle.txt", text + line + b"\n"), line)
    found(put("bundle.txt", text + b"file %s 1 files/x\n" % digest * 20000),
          "too many files")
    found(put("bundle.txt", text + b"".join(
        b"entry %d %d 1 hour\n" % (i, i) for i in range(3, 9000))),
        "too many entries")
    # A name need not be UTF-8 to be one too many.
    for rel in (b"files/\xff", b"entries/\xc3", b"\xed\xa0\x80.html"):
        def beside(to):
            with open(os.path.join(os.fsencode(to), rel), "wb") as f:
                f.write(b"x")
        found(beside, rel)
        found(lambda to: (put("bundle.txt", text + b"file " + digest +
                              b" 1 " + rel + b"\n")(to), beside(to)), rel)
    for rel in ("signature", "checkpoint", "entries/0001.disclosure",
                "index.html", "bundle.txt"):
        path = os.path.join(to, rel)

        def to_pipe(to):
            os.unlink(path)
            os.mkfifo(path)

        def to_folder(to):
            os.unlink(path)
            os.mkdir(path)

        def to_link(to):
            os.rename(path, to + ".moved")
            os.symlink(to + ".moved", path)
        for change in (to_pipe, to_folder, to_link,
                       put(rel, b"\0" * 20000000), put(rel, b"")):
            found(change, (rel, change))


try:
    receipts()
    authorities()
    contradictions()
    places()
    folders()
    print("  %d files that somebody might hand over are refused" % count)
finally:
    shutil.rmtree(tmp, ignore_errors=True)
