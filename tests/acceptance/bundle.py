"""A victim lets entries of the diary out, the advocate exports them, and
anybody checks the folder without a network; every kind of tampering has its
name, and no single bit can be changed unseen. usage:
bundle.py BUILD [whole [FILE...] | keep]
"""

import base64
import hashlib
import json
import os
import re
import shutil
import struct
import socket
import subprocess
import sys
import threading

import agent
import clinic

sys.path.insert(0, "tests/tlog")
import bundle as other  # noqa: E402
import flips  # noqa: E402

k = clinic.Clinic(sys.argv[1])
WHOLE = sys.argv[2:3] == ["whole"]
ONLY = sys.argv[3:]  # of these files
KEEP = sys.argv[2:3] == ["keep"]  # for tests/tlog/kept.py
WORDS = ["He stood at the gate.", "Seven calls <b>before</b> noon & after",
         "A note under the \u202edoor."]
PURPOSE = "the protection order"


def verify(folder, code=14, authority="authority/authority.txt"):
    p = k.run("rowan", "verify-bundle", "--json", "--authority",
              k.path(authority), folder, check=False,
              home=k.path("nobody"))
    assert p.returncode == code, (p.returncode, p.stdout, p.stderr)
    return json.loads(p.stdout) if p.stdout else {"faults": []}


def second(folder, authority="authority/authority.txt"):
    """Whether another implementation finds it genuine, too."""
    return subprocess.run(
        [sys.executable, "tests/tlog/bundle.py", k.path(authority), folder],
        capture_output=True, text=True, timeout=300)


def kinds(folder):
    return {f["kind"] for f in verify(folder)["faults"]}


def copy_of(folder):
    to = k.path("copy")
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(folder, to)
    return to


def tampered(out):
    """Each kind by its name."""
    def change(path, what):
        to = copy_of(out)
        full = os.path.join(to, path)
        data = open(full, "rb").read()
        open(full, "wb").write(what(data))
        return to
    entry = "entries/0002.disclosure"
    # Altered file.
    assert "altered file" in kinds(change(
        "index.html", lambda d: d.replace(b"gate", b"shop")))
    # Her words.
    found = kinds(change(entry, lambda d: d.replace(b"Seven", b"Eight")))
    assert {"altered file", "altered entry"} <= found, found
    assert second(k.path("copy")).returncode == 1
    # Removed entry: the file; the file and its lines in the list.
    to = copy_of(out)
    os.unlink(os.path.join(to, entry))
    assert {"removed file", "removed entry"} <= kinds(to)
    # Backdated: the list tells another time than the log.
    def earlier(d):
        return re.sub(rb"entry 2 (\d+) (\d+)", lambda m: b"entry 2 %s %d" % (
            m.group(1), int(m.group(2)) - 86400), d)
    found = kinds(change("bundle.txt", earlier))
    assert {"backdated entry", "altered file"} <= found, found
    assert second(k.path("copy")).returncode == 1
    # A foreign signature under the list; another authority altogether.
    found = kinds(change("signature", lambda d: d.replace(
        b"cards ", b"cards AAAA")))
    assert found & {"altered file", "foreign signature"}, found
    # The same signature, spelt otherwise: what decoders of hexadecimal and of
    # base64 would take.
    for to in (lambda d: re.sub(rb"[0-9a-f]{128}",
                                lambda m: m.group().upper(), d),
               lambda d: d.replace(b"/", b"\xaf")):
        with open(os.path.join(out, "signature"), "rb") as f:
            data = f.read()
        if to(data) != data:
            assert kinds(change("signature", to)) == {"altered file"}
    k.run("rowan", "authority", "create", k.path("other"),
          "--passphrase-file", k.path("pass"))
    p = k.run("rowan", "verify-bundle", "--json", "--authority",
              k.path("other/authority.txt"), out, check=False,
              home=k.path("nobody"))
    assert p.returncode == 14
    assert "foreign signature" in {
        f["kind"] for f in json.loads(p.stdout)["faults"]}
    # Another checkpoint than the one its entries lead to, listed and all: the
    # second implementation goes by the list alone.
    found = kinds(change("checkpoint", lambda d: d.replace(
        b"\ntime ", b"\ntime 1")))
    assert {"altered file", "truncated log"} <= found, found
    # The log cut off before its end.
    def shorter(d):
        return re.sub(rb"\nlog (\d+)", b"\nlog 3", d)
    found = kinds(change("bundle.txt", shorter))
    assert {"truncated log", "altered file"} <= found, found
    # Her file.
    assert "altered file" in kinds(change(
        "files/0004-note.txt", lambda d: d.replace(b"live", b"lied")))
    # A file that nobody listed.
    to = copy_of(out)
    open(os.path.join(to, "files/0009-more.txt"), "w").write("x")
    assert kinds(to) == {"foreign file"}
    # A link out of the folder is no file of it.
    to = copy_of(out)
    os.unlink(os.path.join(to, "index.html"))
    os.symlink("/etc/passwd", os.path.join(to, "index.html"))
    assert "removed file" in kinds(to)


def signed_again(advocate, out, change):
    """Whoever exports writes another list, and signs it."""
    to = copy_of(out)
    change(to)
    with open(os.path.join(to, "bundle.txt"), "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    a = agent.Agent(k.env["XDG_RUNTIME_DIR"], advocate.home)
    made = base64.b64decode(a.call("sign-bundle", digest=digest)["signature"])
    a.close()
    with open(os.path.join(to, "signature"), "w") as f:
        f.write("signature %s\ncards %s\n" % (
            made[:64].hex(), base64.b64encode(made[64:]).decode()))
    return to


def exporter(advocate, out):
    """With a signature that is good nothing can be put beside her words, nor
    in the place of her file."""
    more, note = b"I have made it all up.", "files/0004-note.txt"

    def line(rel):
        return "file %s %d %s\n" % (
            hashlib.sha256(more).hexdigest(), len(more), rel)

    def write(to, rel, data):
        with open(os.path.join(to, rel), "wb") as f:
            f.write(data)

    def more_of(rel):
        def change(to):
            write(to, rel, more)
            with open(os.path.join(to, "bundle.txt"), "a") as f:
                f.write(line(rel))
        return change

    def instead(to):
        path = os.path.join(to, "bundle.txt")
        with open(path) as f:
            text = f.read()
        text = re.sub("file .* %s\n" % note, lambda m: line(note), text)
        text = text.replace("\nfile ", "\nomitted 4 attachment\nfile ", 1)
        write(to, "bundle.txt", text.encode())
        write(to, note, more)
        without("index.html")(to)

    def without(rel, left=False):
        """Gone from the list, and from the folder unless it is left there."""
        def change(to):
            path = os.path.join(to, "bundle.txt")
            with open(path) as f:
                text = f.read()
            write(to, "bundle.txt", re.sub(
                "file .* %s\n" % rel, "", text).encode())
            if not left:
                os.unlink(os.path.join(to, rel))
        return change

    verify(signed_again(advocate, out, lambda to: None), 0)
    for rel, change in [(x, more_of(x)) for x in (
            "files/0009-letter.txt", "README.txt", "files/0001-note.txt")] + [
                (note, instead)]:
        found = verify(signed_again(advocate, out, change))["faults"]
        assert [(f["kind"], f["what"]) for f in found if f["what"] !=
                "index.html"] == [("foreign file", rel)], found
        p = second(k.path("copy"))
        assert p.returncode == 1 and "no entry is about" in p.stderr, p
    # Nor can anything be left out unseen, whoever signs the list.
    entry = "entries/0002.disclosure"
    for rel, want in (
            ("index.html", {("removed file", "index.html")}),
            ("checkpoint", {("removed file", "checkpoint"),
                            ("truncated log", "checkpoint")}),
            (note, {("removed file", note)}),
            (entry, {("removed entry", entry), ("removed entry", "entries")})):
        found = verify(signed_again(advocate, out, without(rel)))["faults"]
        assert {(f["kind"], f["what"]) for f in found} == want, found
        assert second(k.path("copy")).returncode == 1, rel
        found = verify(signed_again(advocate, out, without(rel, True)))
        assert ("foreign file", rel) in {
            (f["kind"], f["what"]) for f in found["faults"]}, found
        assert second(k.path("copy")).returncode == 1, rel


def bits(out):
    """One bit anywhere: seen. All of them as a target, here one of each part.
    """
    def of(rel, data):
        if WHOLE and (not ONLY or rel in ONLY):
            return range(8 * len(data))
        return () if WHOLE else [
            8 * at + at % 8 for at in flips.parts(rel, data)]
    seen, to = 0, copy_of(out)
    for rel, bit in flips.flipped(to, of):
        try:
            verify(to)
        except AssertionError as e:
            raise AssertionError("%s: bit %d" % (rel, bit)) from e
        seen += 1
    verify(to, 0)
    return seen


def let_out(advocate, phone, count):
    """Asked once: again only if the phone has said that it cannot yet."""
    def asked():
        mark = phone.mark()
        phone.say("letout " + PURPOSE)
        phone.say("xyzzy")
        phone.sees("That is not a command", 120, mark)
        return "4 entries may go out" in phone.out[mark:]
    k.until(asked, "she lets them out: " + phone.out)
    k.until(lambda: sum(m["type"] == "consent" for m in
                        advocate.messages("1", "diary")) == count,
            "the advocate has it")


def two_trees(out):
    """Whoever has the log's key replaces what the log says beside an entry, and
    signs that tree, too: of the same size."""
    to = copy_of(out)
    path = os.path.join(to, "entries/0002.disclosure")
    with open(path, "rb") as f:
        data = f.read()
    at, size = flips.fields(data)[5]
    head, body, _ = data[at:at + size].decode().split("\n\n")
    lines = head.split("\n")
    bad = bytearray(base64.b64decode(lines[-1]))
    bad[0] ^= 1
    lines[-1] = base64.b64encode(bad).decode()
    says = other.receipt(data[at:at + size], [authority_key()])
    body = body.split("\n")
    body[2] = base64.b64encode(other.climb(
        says["leaf"], says["index"], says["size"],
        [base64.b64decode(x) for x in lines[3:]])).decode()
    text = "\n".join(body) + "\n"
    with open(k.path("daemon/log-key")) as f:
        seed = bytes.fromhex(f.read().strip())
    forged = "%s\n\n%s\n%s" % ("\n".join(lines), text, other.note_line(
        body[0], text, seed))
    assert len(forged.encode()) == size
    with open(path, "wb") as f:
        f.write(data[:at] + forged.encode() + data[at + size:])
    # The list says so, too; only her advocate's device could sign that one.
    with open(path, "rb") as f:
        now = hashlib.sha256(f.read()).hexdigest()
    with open(os.path.join(to, "bundle.txt")) as f:
        listed = f.read()
    with open(os.path.join(to, "bundle.txt"), "w") as f:
        f.write(listed.replace(hashlib.sha256(data).hexdigest(), now))
    found = verify(to)["faults"]
    assert {(f["kind"], f["what"]) for f in found} == {
        ("altered file", "bundle.txt"), ("forked log", "checkpoint")}, found
    p = second(to)
    assert p.returncode == 1 and "two trees" in p.stderr, p


class Posts:
    """Between rowan and the agent: more that somebody of the diary has posted
    as let out, with a program of their own."""

    def __init__(self, home, change, of_case):
        self.of_case = of_case
        self.real = k.env["XDG_RUNTIME_DIR"]
        self.name = agent.socket_of(self.real, home)
        self.change = change
        k.env["XDG_RUNTIME_DIR"] = k.path("between")
        path = agent.socket_of(k.path("between"), home)
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        if os.path.exists(path):
            os.unlink(path)
        self.s = socket.socket(socket.AF_UNIX)
        self.s.bind(path)
        self.s.listen(8)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                theirs = self.s.accept()[0]
            except OSError:
                return
            ours = socket.socket(socket.AF_UNIX)
            ours.connect(self.name)
            for a, b in ((theirs, ours), (ours, theirs)):
                threading.Thread(target=self.carry, args=(a, b),
                                 daemon=True).start()

    def carry(self, a, b):
        with a.makefile("rb") as f:
            for line in f:
                got = json.loads(line)
                if "disclosures" in (got.get("ok") or {}):
                    got["ok"]["disclosures"] = self.change(
                        got["ok"]["disclosures"])
                    if self.of_case is not None:
                        got["ok"]["case"] = self.of_case
                    line = json.dumps(got).encode() + b"\n"
                b.sendall(line)
        b.shutdown(socket.SHUT_WR)

    def close(self):
        k.env["XDG_RUNTIME_DIR"] = self.real
        self.s.close()


def posted(advocate, args):
    """What others of the diary post keeps nothing of hers back."""
    def export(change, folder, code, of_case=None):
        between = Posts(advocate.home, change, of_case)
        try:
            p = advocate.run("diary", "export", "--json", *args, "1", folder,
                             check=False)
        finally:
            between.close()
        assert p.returncode == code, (p.returncode, p.stdout, p.stderr)
        return json.loads(p.stdout) if code == 0 else None

    def forged(text):
        raw = bytearray(base64.b64decode(text))
        raw[-1] ^= 1
        return base64.b64encode(raw).decode()

    no_form = base64.b64encode(b"x").decode()
    made = export(lambda x: [no_form, forged(x[0])] + x + [x[1]],
                  "posted", 0)
    assert (made["entries"], made["left_out"]) == (4, 2), made
    out = os.path.join(k.path("advocate.files"), "posted")
    assert verify(out, 0)["entries"] == 4
    assert second(out).returncode == 0
    made = export(lambda x: x, "as it is", 0)
    assert (made["left_out"], made["missing"]) == (0, 0), made
    # Some of it is still on its way: whoever exports is told.
    assert export(lambda x: x[1:3], "too early", 0)["missing"] == 2
    assert kinds(os.path.join(k.path("advocate.files"), "too early")) == {
        "removed entry"}
    # One that the log does not lead to keeps the others back no more: a
    # restore has lost it, say. (Here: a log of its own.)
    def lost(text):
        data = base64.b64decode(text)
        at, size = flips.fields(data)[5]
        says = other.receipt(data[at:at + size], [authority_key()])
        made = planted(data[at:at + size], [says["leaf"]], 0).encode()
        return base64.b64encode(data[:at - 2] + bytes(
            [64 | len(made) >> 8, len(made) & 255]) + made).decode()
    made = export(lambda x: [lost(x[0])] + x[1:], "lost", 0)
    assert (made["entries"], made["left_out"], made["missing"]) == (
        3, 1, 1), made
    assert kinds(os.path.join(k.path("advocate.files"), "lost")) == {
        "removed entry"}
    export(lambda x: [lost(x[0])], "none", 18)
    export(lambda x: [no_form, forged(x[0])], "none", 14)
    # Genuine, and of another case than that whose diary they stand in.
    export(lambda x: x, "none", 14, "00" * 16)
    assert not os.path.exists(os.path.join(k.path("advocate.files"), "none"))


def by_the_daemon(out):
    """Whoever runs the log has a card of the authority, too: no name under an
    export."""
    to = copy_of(out)
    with open(os.path.join(to, "entries/0001.disclosure"), "rb") as f:
        data = f.read()
    at, size = flips.fields(data)[5]
    card = other.receipt(data[at:at + size], [authority_key()])["card"]
    with open(k.path("daemon/log-key")) as f:
        seed = bytes.fromhex(f.read().strip())
    with open(os.path.join(to, "bundle.txt"), "rb") as f:
        digest = hashlib.sha256(f.read()).digest()
    sig = other.sign(seed, other.vec(b"Rowan 1.0 bundle") + other.vec(digest))
    with open(os.path.join(to, "signature"), "w") as f:
        f.write("signature %s\ncards %s\n" % (sig.hex(), base64.b64encode(
            other.vec(other.vec(card.raw))).decode()))
    found = verify(to)["faults"]
    assert {(f["kind"], f["what"]) for f in found} == {
        ("foreign signature", "signature")}, found
    p = second(to)
    assert p.returncode == 1 and "cannot have exported" in p.stderr, p


def at_another_time(text, grain, time):
    """The receipt as if it had been received then, by the second (1) or by the
    hour (2); and that leaf."""
    lines = text.split(b"\n")
    extra = other.Reader(base64.b64decode(lines[1].removeprefix(b"extra ")))
    head, opening = extra.raw(1), other.Reader(extra.vec())
    detail, salt = bytearray(opening.vec()), opening.raw(32)
    detail[1:42] = struct.pack(">BQ", grain, time) + bytes(
        32 if grain == 1 else [1] * 32)
    leaf = bytes([1]) + detail[:10] + other.blake(
        salt + detail, person=b"rowan leaf")
    opening = other.vec(bytes(detail)) + salt + b"\0"
    lines[1] = b"extra " + base64.b64encode(
        head + other.vec(opening) + extra.data[extra.at:])
    return b"\n".join(lines), leaf


def planted(text, leaves, index, when=None):
    """The receipt, led to another tree: of these leaves alone, as whoever has
    the log's key may sign it."""
    head, body, _ = text.decode().split("\n\n")
    lines, body = head.split("\n"), body.split("\n")
    nodes, path, at = [hashlib.sha256(b"\0" + x).digest() for x in leaves], \
        [], index
    while len(nodes) > 1:
        if at ^ 1 < len(nodes):
            path.append(nodes[at ^ 1])
        nodes = [hashlib.sha256(b"\1" + b"".join(nodes[i:i + 2])).digest()
                 if i + 1 < len(nodes) else nodes[i]
                 for i in range(0, len(nodes), 2)]
        at //= 2
    body[1:3] = [str(len(leaves)), base64.b64encode(nodes[0]).decode()]
    if when is not None:
        body[3] = "time %d" % when
    lines[2:] = ["index %d" % index] + [
        base64.b64encode(x).decode() for x in path]
    with open(k.path("daemon/log-key")) as f:
        seed = bytes.fromhex(f.read().strip())
    text = "\n".join(body) + "\n"
    return "%s\n\n%s\n%s" % ("\n".join(lines), text, other.note_line(
        body[0], text, seed))


def replanted(advocate, out, sizes=(4, 4, 4, 4), order=(0, 1, 2, 3),
              when=None, times=None):
    """All entries led to trees of their own making, whole and signed again by
    whoever exports: entry i stands at order[i] in a tree of sizes[i], and with
    times at times[i], by the second or by the hour."""
    def change(to):
        path = os.path.join(to, "bundle.txt")
        with open(path) as f:
            listed = f.read()
        raw, says, texts = [], [], []
        for n in range(1, 5):
            with open(os.path.join(
                    to, "entries/%04d.disclosure" % n), "rb") as f:
                raw.append(f.read())
            at, size = flips.fields(raw[-1])[5]
            texts.append(raw[-1][at:at + size])
            says.append(other.receipt(texts[-1], [authority_key()]))
            if times is not None:
                texts[-1], says[-1]["leaf"] = at_another_time(
                    texts[-1], *times[n - 1])
                listed = re.sub("(entry %d \\d+) .*" % n, "\\1 %d %s" % (
                    times[n - 1][1], ("", "second", "hour")[times[n - 1][0]]),
                    listed)
        leaves = [None] * 4
        for i, s in enumerate(says):
            leaves[order[i]] = s["leaf"]
        note, page = "", open(os.path.join(to, "index.html")).read()
        for i, data in enumerate(raw):
            at, size = flips.fields(data)[5]
            text = planted(texts[i], leaves[:sizes[i]], order[i], when)
            if sizes[i] == max(sizes):
                note = text.split("\n\n", 1)[1]
            made = text.encode()
            assert 64 <= size < 16384 and 64 <= len(made) < 16384
            made = data[:at - 2] + bytes(
                [64 | len(made) >> 8, len(made) & 255]) + made
            rel = "entries/%04d.disclosure" % (i + 1)
            with open(os.path.join(to, rel), "wb") as f:
                f.write(made)
            listed = re.sub("file .* %s\n" % rel, "file %s %d %s\n" % (
                hashlib.sha256(made).hexdigest(), len(made), rel), listed)
            listed = re.sub("entry %d [0-9]+" % (i + 1), "entry %d %d" % (
                i + 1, order[i]), listed)
            page = page.replace(
                "<dt>Entry of the log</dt><dd>%d</dd>" % says[i]["index"],
                "<dt>Entry of the log</dt><dd>%d</dd>" % order[i])
        page = page.replace("under a log of %d." % says[0]["size"],
                            "under a log of %d." % max(sizes))
        for rel, text in (("checkpoint", note), ("index.html", page)):
            with open(os.path.join(to, rel), "w") as f:
                f.write(text)
            listed = re.sub("file .* %s\n" % rel, "file %s %d %s\n" % (
                hashlib.sha256(text.encode()).hexdigest(),
                len(text.encode()), rel), listed)
        listed = re.sub("\nlog [0-9]+", "\nlog %d" % max(sizes), listed)
        with open(path, "w") as f:
            f.write(listed)
    to = signed_again(advocate, out, change)
    return to, second(to)


def another_log(advocate, out):
    """Whoever has the log's key and signs the list can make a log of their
    own, which only witnesses tell from the true one; but not one in which time
    goes back, nor two."""
    to, p = replanted(advocate, out)
    verify(to, 0)
    assert p.returncode == 0, p
    # The last one was entered before the others.
    to, p = replanted(advocate, out, order=(1, 2, 3, 0))
    found = verify(to)["faults"]
    assert {(f["kind"], f["what"]) for f in found} == {
        ("backdated entry", "entries/%04d.disclosure" % n)
        for n in (1, 2, 3)}, found
    assert p.returncode == 1 and "time goes back" in p.stderr, p
    # Signed before they were received.
    to, p = replanted(advocate, out, when=1700000000)
    found = verify(to)["faults"]
    assert {f["kind"] for f in found} == {"backdated entry", "truncated log"
                                          }, found
    assert p.returncode == 1 and "signed before" in p.stderr, p
    # Told by the hour it may have been the last second of it, and no later.
    hour = 1700000000 // 3600 * 3600
    for first, then, bad in (((1, hour + 3599), (2, hour), False),
                             ((1, hour + 3600), (2, hour), True),
                             ((2, hour), (1, hour), False),
                             ((2, hour), (1, hour - 1), True),
                             ((2, hour), (2, hour), False),
                             ((2, hour), (2, hour - 3600), True)):
        to, p = replanted(advocate, out, when=hour + 9999, times=(
            first, then, (1, hour + 3600), (1, hour + 3600)))
        found = {(f["kind"], f["what"]) for f in verify(to)["faults"]}
        # The page was not led after it.
        assert found - {("altered file", "index.html")} == (
            {("backdated entry", "entries/0002.disclosure")} if bad
            else set()), (first, then, found)
        assert (p.returncode == 1) == bad, p
        assert not bad or "time goes back" in p.stderr, p
    # Two trees, of which nothing shows that they go together.
    to, p = replanted(advocate, out, sizes=(4, 3, 4, 4))
    found = verify(to)["faults"]
    assert {(f["kind"], f["what"]) for f in found} == {
        ("forked log", "checkpoint")}, found
    assert p.returncode == 1 and "two trees" in p.stderr, p


def authority_key():
    with open(k.path("authority/authority.txt")) as f:
        return other.records(f.read())[0]


def succeeded(advocate, phone, count):
    """The authority is followed by its next key; what she lets out from then
    on says so, and leads whoever has the first key to the second."""
    k.run("rowanctl", "--config", k.path("daemon/rowand.conf"), "cards",
          "export", k.path("chain"))
    k.stop()
    k.authority("follow", k.path("authority"), k.path("chain"))
    k.authority("succeed", k.path("authority"), k.path("heirs"))
    k.run("rowand", "--config", k.path("daemon/rowand.conf"), "--import",
          k.path("heirs/statements.txt"))
    k.start()
    advocate.current()
    let_out(advocate, phone, count)
    out = os.path.join(k.path("advocate.files"), "later")
    advocate.run("diary", "export", "--authority",
                 k.path("authority/authority.txt"), "1", "later")
    k.stop()
    # Let out twice, it is there once.
    page = open(os.path.join(out, "index.html")).read()
    assert all(page.count(w) == 1 for w in ("He stood", "Seven calls")), page
    assert KEEP or "more than once, and shown once: 4." in page, page
    assert len(os.listdir(os.path.join(out, "entries"))) == count
    assert len(os.listdir(os.path.join(out, "files"))) == 1
    records = open(k.path("heirs/records.txt")).read()
    with open(k.path("second"), "w") as f:
        f.write(records[records.rindex("-----BEGIN"):])
    for pinned, code in (("authority/authority.txt", 0),
                         ("heirs/records.txt", 0), ("second", 14)):
        found = verify(out, code, pinned)
        assert code or KEEP or found["entries"] == 4, found
        assert found["genuine"] == found["succeeded"] == (code == 0), found
        assert (second(out, pinned).returncode == 0) == (code == 0), pinned
    assert {f["kind"] for f in found["faults"]} == {
        "foreign signature", "truncated log"}, found
    assert "all of the authority's records" in found["faults"][0]["words"]
    if KEEP:
        shutil.rmtree("tests/tlog/kept", ignore_errors=True)
        shutil.copytree(out, "tests/tlog/kept/out")
        for pinned, name in (("authority/authority.txt", "first"),
                             ("heirs/records.txt", "records"),
                             ("second", "second")):
            shutil.copy(k.path(pinned), "tests/tlog/kept/%s.txt" % name)


def run():
    k.begin()
    coordinator = k.staff("coordinator", "clinic", "coordinate")
    advocate = k.staff("advocate", "advocacy", "enrol")
    k.import_cards()
    k.start()
    for p in (coordinator, advocate):
        p.current()
    coordinator.run("open", "police", "--alias", "bluebell")
    coordinator.run("assign", "bluebell", coordinator.number(advocate),
                    "support", "--yes")
    advocate.joined("1", "support")
    phone = k.victim("phone")
    clinic.enrol(k, advocate, "1", phone, coordinator)
    phone.sees("conversation is ready")
    for i, words in enumerate(WORDS):
        phone.say("diary call%d %s" % (i, words))
        phone.say("wait 1")
    phone.say("readers")
    phone.sees("They can read")
    advocate.joined("1", "diary")
    # A file, which the advocate can fetch: what was sent before they could
    # read is let out all the same, by her device.
    with open(k.path("note.txt"), "w") as f:
        f.write("I know where you live")
    phone.say("evidence " + k.path("note.txt"))
    phone.say("wait 60")
    k.until(lambda: any(m["type"] == "attachment" for m in
                        advocate.messages("1", "diary")), "the file is there")
    # Nothing was let out: nothing goes out.
    out = os.path.join(k.path("advocate.files"), "out")
    args = ("--authority", k.path("authority/authority.txt"))
    assert advocate.code("diary", "export", *args, "1", "nothing") == 9
    if KEEP:
        succeeded(advocate, phone, 4)
        return "a bundle of a clinic whose authority was succeeded is kept"
    let_out(advocate, phone, 4)
    advocate.run("diary", "export", *args, "1", "out")
    posted(advocate, args)
    k.stop()
    good = verify(out, 0)
    assert good["genuine"] and good["entries"] == 4, good
    assert good["omitted"] == 0
    note = os.path.join(out, "files/0004-note.txt")
    assert open(note).read() == "I know where you live"
    assert good["withheld"] == 0 and good["faults"] == []
    p = second(out)
    assert p.returncode == 0 and p.stdout == "genuine: 4 entries\n", p
    page = open(os.path.join(out, "index.html")).read()
    assert "<b>before" not in page and "&lt;b&gt;before&lt;/b&gt; noon" in page
    assert "\u202e" not in page and "<svg" in page and PURPOSE in page
    assert not re.search(r"(src|href)=|https?://(?!www\.w3\.org)", page)
    assert advocate.code("diary", "export", *args, "1", "out") == 10
    tampered(out)
    exporter(advocate, out)
    by_the_daemon(out)
    two_trees(out)
    another_log(advocate, out)
    seen = bits(out)
    k.start()
    advocate.current()
    succeeded(advocate, phone, 8)
    return ("a diary goes out, is proved, and %d flipped bits are seen"
            % seen)


k.tell(run)
