"""The companion in a pipe: enrol from an invite with the code compared, read,
write, attach, diary, hostile text, lock, wipe; nothing shown before the
passphrase, nothing left after a wipe."""

import os
import subprocess
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import clinic  # noqa: E402
import rowan  # noqa: E402

BUILD = sys.argv[1]
binding = rowan.bind(os.path.join(BUILD, "librowan.so.0"), "include")
C = binding[1]
k = clinic.Clinic(BUILD, binding)


class Companion:
    """The program, its output read as it comes."""

    def __init__(self, path):
        self.p = subprocess.Popen(
            [os.path.join(BUILD, "companion"), path],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        self.out = b""
        self.t = threading.Thread(target=self.read, daemon=True)
        self.t.start()

    def read(self):
        while True:
            data = os.read(self.p.stdout.fileno(), 65536)
            if not data:
                return
            self.out += data

    def line(self, text):
        self.p.stdin.write(text.encode() + b"\n")
        self.p.stdin.flush()

    def sees(self, text):
        k.until(lambda: text.encode() in self.out)
        at = self.out.index(text.encode()) + len(text.encode())
        before, self.out = self.out[:at], self.out[at:]
        return before.decode()

    def end(self, code=0):
        self.p.stdin.close()
        k.until(lambda: self.p.poll() is not None)
        self.t.join()
        assert self.p.returncode == code, (self.p.returncode, self.out)
        return self.out.decode()


coordinator = k.staff("coordinator", "police", C["ROWAN_RIGHT_COORDINATE"])
advocate = k.staff("advocate", "advocacy", C["ROWAN_RIGHT_ENROL"])
k.run()
case = k.open_case(coordinator)
support = coordinator.channel(case, C["ROWAN_CHANNEL_SUPPORT"])
diary = coordinator.channel(case, C["ROWAN_CHANNEL_DIARY"])
k.assign(coordinator, support, advocate.member)
k.event(advocate, "assigned", channel=support)

# Enrolled from an invite: the same code on both sides.
vault = k.path("phone")
phone = Companion(vault)
phone.line("correct horse")
phone.line("help")
assert "999" in phone.sees("Ctrl-C")
phone.line("write too early")
phone.sees("not set up yet")
phone.line("enrol NOTANINVITE")
phone.sees("not understood")
ident, text = k.invite(advocate, case)
phone.line("enrol " + text)
code = k.event(advocate, "compare", message=ident).text
phone.sees("theirs first: " + code)
advocate.call("rowan_invite_confirm", ident, True)
phone.sees("This device is set up.")
victim = k.event(advocate, "enrolled", message=ident).member
k.assign(coordinator, support, victim)
phone.sees("A conversation is ready.")

# Words, a name, a file, a diary entry: a line each.
phone.line("name Robin")
k.event(advocate, "name", member=victim, text="Robin")
phone.line("write is anybody there?")
phone.sees("Kept.")
m = advocate.message(k.event(advocate, "message", member=victim).message)
assert m.text == "is anybody there?"
letter = k.path("letter")
with open(letter, "w") as f:
    f.write("at the gate")
phone.line("attach %s this was in the post" % letter)
m = advocate.message(k.event(advocate, "message", member=victim).message)
assert (m.file, m.text, m.size) == ("letter", "this was in the post", 11)

# What comes is told without its words, and shown when asked for. It never
# drives the terminal.
advocate.call("rowan_set_name", support, "Ines\x1b]0;x\x07".encode())
bad = "look:\n\x1b[2J\x1b]52;c;eA==\x07 a\u202eb\u200bc \x9b31m end"
advocate.send(support, bad)
assert "look" not in phone.sees("There is a new message.")
phone.line("read")
out = phone.sees(" end\n")
assert "is anybody there?" in out and "[file: letter, 11 bytes" in out
assert "look:\n   <1B>[2J<1B>]52;c;eA==<07> a<202E>b<200B>c <9B>31m" in out
assert "Ines<1B>]0;x<07>, advocacy" in out
assert not any(ord(c) < 32 and c != "\n" for c in out)
sent = advocate.send(support, "a file for you", path=letter, name="copy.txt")
phone.sees("There is a new message.")
phone.line("read 1")
phone.sees("fetch 1 PATH]")
phone.line("fetch 1 " + k.path("copy"))
phone.sees("The file is here.")
with open(k.path("copy")) as f:
    assert f.read() == "at the gate"
phone.line("code")
code = rowan.ctypes.create_string_buffer(72)
advocate.call("rowan_code", support, code)
phone.sees(code.value.decode())
phone.line("who")
assert "advocacy" in phone.sees("you or your device")
phone.line("forget 1")
phone.sees("Deleted from this device.")
phone.line("read 1")
assert "a file for you" not in phone.sees("1. ")
phone.line("nonsense")
phone.sees("not a command")

# Her diary: opened by her, read by nobody else until she says so.
phone.line("diary call He rang twice.")
phone.sees("Kept.")
phone.line("entries")
out = phone.sees("He rang twice.")
assert "[diary: call]" in out
assert not [c for c in advocate.channels(case) if c[0] == diary]

# Locked: the passphrase again, and nothing before it.
phone.line("lock")
phone.line("correct horse")
phone.line("write after the lock")
m = advocate.message(k.event(advocate, "message", member=victim).message)
assert m.text == "after the lock"
phone.line("q")
phone.end()

# A start shows nothing, whatever waits; another passphrase opens nothing.
advocate.send(support, "while you were away")
phone = Companion(vault)
phone.line("wrong")
assert phone.end(1).strip() == "That is not the passphrase."
phone = Companion(vault)
phone.line("correct horse")
phone.sees("There is a new message.")
phone.line("read 1")
phone.sees("while you were away")

# A line written and the pipe closed at once: it is sent before the end.
phone.line("write the last word")
phone.end()
m = advocate.message(k.event(advocate, "message", member=victim).message)
assert m.text == "the last word"

# The phone in other hands: neither words nor names in any of its files.
WORDS = [b"anybody", b"rang twice", b"Robin", b"Ines", b"letter", b"gate", b"last word",
         b"advocacy", b"correct horse"]


def search():
    for name in os.listdir(k.dir):
        if name.startswith("phone"):
            with open(k.path(name), "rb") as f:
                data = f.read()
            for w in WORDS:
                assert w not in data, (name, w)


search()
with open(vault, "rb") as f:
    before = f.read()
phone = Companion(vault)
phone.line("correct horse")
phone.line("wipe")
phone.sees("wipe everything")
phone.line("wipe everything")
phone.sees("Removed.")
phone.end()
assert not [n for n in os.listdir(k.dir) if n.startswith("phone")]
# What a copy of the file from before gives away is no more.
with open(k.path("phone.copy"), "wb") as f:
    f.write(before)
search()

for d in k.devices:
    assert not [e for e in d.events if e.name == "alarm"], d.events
k.end()
print("  sdk: the companion holds")
