"""A victim lets entries of the diary out, the advocate exports them, and
anybody checks the folder without a network; every kind of tampering has its
name, and no single bit can be changed unseen. usage: bundle.py BUILD [whole]
"""

import json
import os
import re
import shutil
import subprocess
import sys

import clinic

k = clinic.Clinic(sys.argv[1])
WHOLE = len(sys.argv) > 2
WORDS = ["He stood at the gate.", "Seven calls <b>before</b> noon & after",
         "A note under the \u202edoor."]
PURPOSE = "the protection order"


def verify(folder, code=14):
    p = k.run("rowan", "verify-bundle", "--json", "--authority",
              k.path("authority/authority.txt"), folder, check=False,
              home=k.path("nobody"))
    assert p.returncode == code, (p.returncode, p.stdout, p.stderr)
    return json.loads(p.stdout) if p.stdout else {"faults": []}


def second(folder):
    """Whether another implementation finds it genuine, too."""
    return subprocess.run(
        [sys.executable, "tests/tlog/bundle.py",
         k.path("authority/authority.txt"), folder],
        capture_output=True, text=True, timeout=120)


def kinds(folder):
    return {f["kind"] for f in verify(folder)["faults"]}


def copy_of(folder):
    to = k.path("copy")
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(folder, to)
    return to


def files_of(folder):
    return sorted(os.path.join(d, f) for d, _, names in os.walk(folder)
                  for f in names)


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
    k.run("rowan", "authority", "create", k.path("other"),
          "--passphrase-file", k.path("pass"))
    p = k.run("rowan", "verify-bundle", "--json", "--authority",
              k.path("other/authority.txt"), out, check=False,
              home=k.path("nobody"))
    assert p.returncode == 14
    assert "foreign signature" in {
        f["kind"] for f in json.loads(p.stdout)["faults"]}
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


def bits(out):
    """One bit anywhere: seen. All of them as a target, some here."""
    seen = 0
    for path in files_of(out):
        rel = os.path.relpath(path, out)
        size = os.path.getsize(path)
        step = 1 if WHOLE else max(1, size * 8 // 12)
        for bit in range(step // 2, size * 8, step):
            to = copy_of(out)
            with open(os.path.join(to, rel), "r+b") as f:
                f.seek(bit // 8)
                byte = f.read(1)[0]
                f.seek(bit // 8)
                f.write(bytes([byte ^ 1 << bit % 8]))
            verify(to)
            seen += 1
    return seen


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
    mark = phone.mark()

    def let_out():
        phone.say("letout " + PURPOSE)
        phone.say("wait 1")
        return "4 entries may go out" in phone.out[mark:]
    k.until(let_out, "she lets them out: " + phone.out)
    k.until(lambda: sum(m["type"] == "consent" for m in
                        advocate.messages("1", "diary")) == 4,
            "the advocate has it")
    advocate.run("diary", "export", *args, "1", "out")
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
    return bits(out), out


try:
    count, folder = run()
    print("  a diary goes out, is proved, and %d flipped bits are seen"
          % count)
except BaseException:
    sys.stdout.write(open(k.path("daemon/log")).read()[-1500:])
    raise
finally:
    k.end()
