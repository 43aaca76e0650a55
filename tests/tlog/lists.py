"""Each check of rowan verify-bundle alone: the kept export with one thing
changed in its list, or beside it, and the list's own hashes led after it.
(Under the list is still the first one's signature: that is told, too.) And
whose cosignatures a policy asks for. usage: lists.py BUILD
"""

import base64
import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

import bundle
import flips

KEPT = "tests/tlog/kept"
KEY = os.path.join(KEPT, "first.txt")
ENTRY = "entries/000%d.disclosure"
NOTE = "files/0004-note.txt"
SIGNED = ("altered file", "bundle.txt")
rowan = os.path.join(sys.argv[1], "rowan")
tmp = tempfile.mkdtemp(prefix="rowan-lists.")
count = 0


def run(*args):
    global count
    count += 1
    p = subprocess.run([rowan, *args], capture_output=True, text=True,
                       stdin=subprocess.DEVNULL, timeout=60,
                       env=dict(os.environ, LC_ALL="C.UTF-8",
                                ROWAN_HOME=os.path.join(tmp, "nobody")))
    return p.returncode, p.stdout


def faults(folder, *options):
    code, said = run("verify-bundle", "--json", "--authority", KEY, *options,
                     folder)
    found = json.loads(said)["faults"]
    assert code == (14 if found else 0), (code, said)
    return found


def read(to, rel):
    with open(os.path.join(to, rel), "rb") as f:
        return f.read()


def write(to, rel, data):
    with open(os.path.join(to, rel), "wb") as f:
        f.write(data)


def line(rel, data):
    return b"file %s %d %s\n" % (
        hashlib.sha256(data).hexdigest().encode(), len(data), rel.encode())


def listed(to, rel, data):
    """Another file, and the list says so."""
    write(to, rel, data)
    write(to, "bundle.txt", re.sub(
        b"file [^\n]* %s\n" % re.escape(rel.encode()), line(rel, data),
        read(to, "bundle.txt")))


def found(change, words=None):
    """What is named beside the list's signature."""
    to = os.path.join(tmp, "out")
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(os.path.join(KEPT, "out"), to)
    before = read(to, "bundle.txt")
    change(to)
    got = faults(to)
    ret = {(f["kind"], f["what"]) for f in got}
    if words:
        assert any(words in f["words"] for f in got), (words, got)
    if read(to, "bundle.txt") != before:
        ret.remove(SIGNED)
    return ret


def text(old, new):
    """The list says something else."""
    def change(to):
        data = read(to, "bundle.txt")
        made = re.sub(old, new, data, count=1)
        assert made != data, old
        write(to, "bundle.txt", made)
    return change


def more(what):
    return lambda to: write(to, "bundle.txt", read(to, "bundle.txt") + what)


def gone(rel, left=False):
    """Out of the list, and out of the folder unless it is left."""
    def change(to):
        text(b"file [^\n]* %s\n" % rel.encode(), b"")(to)
        if not left:
            os.unlink(os.path.join(to, rel))
    return change


def all_of(*changes):
    def change(to):
        for c in changes:
            c(to)
    return change


def signatures():
    unread = {("altered file", "signature")}
    for old, new in ((b"\\Z", b"more\n"), (b"signature [0-9a-f]{2}",
                                           b"signature "),
                     (b"signature ", b"signature 00"), (b"cards ", b"cards"),
                     (b"/", b"\xaf"), (b"\nc", b"\n\nc")):
        def change(to):
            data = read(to, "signature")
            made = re.sub(old, new, data, count=1)
            assert made != data, old
            write(to, "signature", made)
        assert found(change) == unread, old
    data = re.search(b"signature ([0-9a-f]*)", read(
        os.path.join(KEPT, "out"), "signature")).group(1)
    assert found(lambda to: write(to, "signature", read(
        to, "signature").replace(data, data.upper()))) == unread
    assert found(lambda to: os.unlink(os.path.join(to, "signature"))) == {
        ("removed file", "signature")}
    assert found(lambda to: write(to, "signature", b"x" * 40000)) == {
        ("removed file", "signature")}


def files():
    page, check = "index.html", "checkpoint"
    # Of another size, with the same bytes.
    assert found(text(b" 21 files", b" 22 files")) == {("altered file", NOTE)}
    assert found(lambda to: write(to, NOTE, b"x" * 21)) == {
        ("altered file", NOTE)}
    # What the entries themselves say of it, whatever the list does.
    assert found(lambda to: listed(to, NOTE, b"x" * 21),
                 "not the file that was handed in") == {("altered file", NOTE)}
    assert found(gone(NOTE), "not declared as omitted") == {
        ("removed file", NOTE)}
    assert found(lambda to: listed(to, page, read(to, page) + b"<p>"),
                 "does not say what") == {("altered file", page)}
    # As its own copy of the checkpoint has it: another time.
    assert found(lambda to: listed(to, check, read(to, check).replace(
        b"\ntime ", b"\ntime 1")), "not the one that the entries") == {
            ("truncated log", check)}
    assert found(gone(page)) == {("removed file", page)}
    assert found(gone(page, True)) == {
        ("removed file", page), ("foreign file", page)}
    assert found(gone(check)) == {
        ("removed file", check), ("truncated log", check)}
    assert found(lambda to: write(to, "entries/more", b"")) == {
        ("foreign file", "entries/more")}
    assert found(lambda to: write(to, ".hidden", b"")) == {
        ("foreign file", ".hidden")}
    assert found(lambda to: os.mkdir(os.path.join(to, "more"))) == {
        ("foreign file", "more")}
    # A link to the same bytes is no file of the folder.
    def linked(to):
        os.rename(os.path.join(to, NOTE), to + ".note")
        os.symlink(to + ".note", os.path.join(to, NOTE))
    assert found(linked) == {("removed file", NOTE)}


def entries():
    one, last = ENTRY % 1, ENTRY % 4
    page = ("altered file", "index.html")
    for old, new in ((b"(entry 1 38 \\d+) second", b"\\1 hour"),
                     (b"(entry 1 38) \\d+", b"\\1 1795706691")):
        assert found(text(old, new)) - {page} == {("backdated entry", one)}
    other = {("altered entry", one)}
    assert found(text(b"entry 1 38", b"entry 1 37")) - {page} == other
    for what in (b"clinic", b"case"):
        assert found(text(what + b" ..", what + b" 00"),
                     "the list says otherwise") - {page} == {
            ("altered entry", ENTRY % n) for n in (1, 2, 3, 4)}, what
    assert found(text(b"log 70", b"log 71")) - {page} == {
        ("truncated log", "checkpoint")}
    # Of what was let out together one is left out, with all that is about it.
    assert found(all_of(gone(last), gone(NOTE), text(b"entry 4 [^\n]*\n", b"")),
                 "1 of 4 that were let out together") - {page} == {
                     ("removed entry", "entries")}
    # Or stands there a second time, as another entry.
    def twice(to):
        text(b"\nfile ", b"\nentry 5 38 1795706692 second\nfile ")(to)
        data = read(to, one)
        write(to, ENTRY % 5, data)
        more(line(ENTRY % 5, data))(to)
    assert found(twice, "stands there twice") - {page} == {
        ("altered entry", "bundle.txt")}
    assert found(lambda to: os.unlink(os.path.join(to, one))) >= {
        ("removed entry", one), ("removed file", one)}
    # None at all.
    def none(to):
        for n in (1, 2, 3, 4):
            all_of(gone(ENTRY % n), text(b"entry %d [^\n]*\n" % n, b""))(to)
        gone(NOTE)(to)
    assert ("removed entry", "bundle.txt") in found(none)
    # Omitted, and it lies there; omitted, and there never was one.
    assert found(text(b"\nfile ", b"\nomitted 4 attachment\nfile "),
                 "no entry is about it") - {page} == {("foreign file", NOTE)}
    assert found(text(b"\nfile ", b"\nomitted 1 attachment\nfile "),
                 "there never was") - {page} == {
                     ("altered entry", "bundle.txt")}


def forms():
    """Any other form of the list is none."""
    digest = b"file " + b"0" * 64 + b" 1 "
    for change in (
            text(b"bundle 1", b"bundle 2"), text(b"\nclinic", b"\n\nclinic"),
            text(b"clinic f4", b"clinic F4"), text(b"case ", b"case 00"),
            text(b"log 70", b"log 070"), text(b"exported ", b"exported -"),
            text(b"entry 1", b"entry 2"), text(b"entry 2", b"entry 3"),
            text(b"second", b"day"), text(b"second", b"second more"),
            more(b"omitted 0 attachment\n"), more(b"omitted 5 attachment\n"),
            more(b"omitted 4 letter\n"), more(b"more\n"), more(b"log 70\n"),
            more(b"omitted 4 attachment"), more(b"\n"),
            text(b"file ([0-9a-f]*)[0-9a-f]{2} ", b"file \\1 "),
            text(b"file 31a2", b"file 31A2"),
            more(digest + b"/etc/passwd\n"), more(digest + b"../x\n"),
            more(digest + b"files/../x\n"), more(digest + b"files//x\n"),
            more(digest + b"files/\n"), more(digest + b".x\n"),
            more(digest + b"files/.x\n"), more(digest + b"a\\b\n"),
            more(digest + b"a\tb\n"), more(digest + b"a\x7f\n"),
            more(digest + b"\n"), more(digest + b"a" * 320 + b"\n"),
            more(b"".join(digest + b"f%d\n" % i for i in range(12300))),
            more(b"".join(b"entry %d 1 1 hour\n" % i
                          for i in range(5, 4100)))):
        assert found(change, "it cannot be read") == set()


def vkey(name, kind, key):
    tag = hashlib.sha256(name + b"\n" + kind + key).digest()[:4]
    return b"%s+%s+%s" % (name, tag.hex().encode(),
                          base64.b64encode(kind + key))


def cosignature(name, seed, body, when):
    key = bundle.key_of(seed)[2]
    tag = hashlib.sha256(name + b"\n\x04" + key).digest()[:4]
    said = b"cosignature/v1\ntime %d\n" % when + body
    return "\u2014 ".encode() + name + b" " + base64.b64encode(
        tag + struct.pack(">Q", when) + bundle.sign(seed, said)) + b"\n"


def policies():
    """Another log, or not the cosignatures that are asked for."""
    with open(KEY) as f:
        keys = bundle.records(f.read())
    data = read(KEPT, "out/" + ENTRY % 1)
    at, size = flips.fields(data)[5]
    proof = data[at:at + size]
    bundle.receipt(proof, keys)
    extra = bundle.Reader(base64.b64decode(
        proof.split(b"\n")[1].removeprefix(b"extra ")))
    extra.n(1)
    extra.vec()
    key = bundle.Card(extra.vec()).key
    origin = proof.split(b"\n\n")[1].split(b"\n")[0]
    body = proof.split(b"\n\n")[1] + b"\n"
    seed, name = b"w" * 32, b"rowan-witness/" + b"5" * 32
    witness = vkey(name, b"\x04", bundle.key_of(seed)[2])
    policy, path = os.path.join(tmp, "policy"), os.path.join(tmp, "receipt")
    asked = b"witness w %s\nquorum w\n" % witness
    log = b"log %s\n" % vkey(origin, b"\x01", key)
    foreign = b"log %s\n" % vkey(origin, b"\x01", bundle.key_of(seed)[2])
    word = cosignature(name, seed, body, 1795706760)
    wrong = cosignature(name, b"x" * 32, body, 1795706760)
    later = cosignature(name, seed, body + b"x", 1795706760)

    def holds(rules, proof):
        write(tmp, "policy", rules)
        write(tmp, "receipt", proof)
        code, said = run("receipt", "verify", "--authority", KEY, "--policy",
                         policy, path)
        assert code in (0, 14), (code, said)
        return code == 0
    for rules, words, good in (
            (b"quorum none\n", b"", True), (log + b"quorum none\n", b"", True),
            (foreign + b"quorum none\n", b"", False), (asked, b"", False),
            (asked, word, True), (log + asked, word, True),
            (foreign + asked, word, False), (asked, wrong, False),
            (asked, later, False)):
        assert holds(rules, proof + words) == good, (rules, words)
    # Of a bundle, about each entry.
    for rules, want in (
            (log + b"quorum none\n", set()),
            (asked, {("uncosigned log", ENTRY % n) for n in (1, 2, 3, 4)}),
            (foreign + b"quorum none\n",
             {("uncosigned log", ENTRY % n) for n in (1, 2, 3, 4)})):
        write(tmp, "policy", rules)
        got = faults(os.path.join(KEPT, "out"), "--policy", policy)
        assert {(f["kind"], f["what"]) for f in got} == want, (rules, got)


try:
    assert found(lambda to: None) == set()
    signatures()
    files()
    entries()
    forms()
    policies()
    print("  %d lists and policies are judged" % count)
finally:
    shutil.rmtree(tmp, ignore_errors=True)
