"""The companion at a terminal: the passphrase is not echoed, nothing is shown
before it, and no key that ends or suspends leaves anything on the screen, or in
a core file."""

import os
import pty
import select
import signal
import sys
import tempfile
import termios
import time

BUILD = sys.argv[1]


class Terminal:
    def __init__(self, path):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execv(os.path.join(BUILD, "companion"), ["companion", path])
        self.out = b""

    def read(self, until, seconds=120):
        end = time.monotonic() + seconds
        while until not in self.out:
            if time.monotonic() > end:
                raise AssertionError((until, self.out))
            if select.select([self.fd], [], [], 0.1)[0]:
                try:
                    self.out += os.read(self.fd, 4096)
                except OSError:
                    break
        assert until in self.out, (until, self.out)
        at = self.out.index(until) + len(until)
        before, self.out = self.out[:at], self.out[at:]
        return before

    def rest(self):
        while True:
            try:
                data = os.read(self.fd, 4096)
            except OSError:
                break
            if not data:
                break
            self.out += data
        return self.out, os.waitpid(self.pid, 0)[1]

    def write(self, text):
        os.write(self.fd, text.encode())


CLEAR = b"\x1b[H\x1b[2J\x1b[3J"
with tempfile.TemporaryDirectory() as folder:
    vault = os.path.join(folder, "phone")
    t = Terminal(vault)
    assert t.read(b"Choose a passphrase: ") == b"Choose a passphrase: "
    t.write("open sesame\n")
    t.read(b"Once more: ")
    t.write("open seasme\n")
    t.read(b"not the same")
    t.read(b"Choose a passphrase: ")
    t.write("open sesame\n")
    t.read(b"Once more: ")
    t.write("open sesame\n")
    shown = t.read(b"> ")
    assert b"sesame" not in shown, shown
    t.write("help\n")
    assert b"999" in t.read(b"> ")
    # Ctrl-C: gone at once, and the screen with it.
    t.write("\x03")
    out, status = t.rest()
    assert out.endswith(CLEAR), out
    assert os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0, status

    # The other keys that would end it, or keep it open in the background.
    for key in "\x1c", "\x1a":
        t = Terminal(vault)
        t.read(b"Passphrase: ")
        with open("/proc/%d/limits" % t.pid) as f:
            core, = [x for x in f if x.startswith("Max core file size")]
        assert core.split()[4:6] == ["0", "0"], core
        t.write("open sesame\n")
        t.read(b"> ")
        t.write(key)
        t.read(CLEAR)
        out, status = t.rest()
        assert os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0, status

    t = Terminal(vault)
    assert t.read(b"Passphrase: ") == b"Passphrase: "
    t.write("wrong\n")
    t.read(b"That is not the passphrase.")
    t.read(b"Passphrase: ")
    t.write("open sesame\n")
    t.read(b"> ")
    t.write("lock\n")
    assert CLEAR in t.read(b"Passphrase: ")
    t.write("open sesame\n")
    t.read(b"> ")
    t.write("q\n")
    out, status = t.rest()
    assert out.endswith(CLEAR), out
    assert os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0, status
    # Ctrl-C while it asks: the terminal echoes again.
    t = Terminal(vault)
    t.read(b"Passphrase: ")
    assert not termios.tcgetattr(t.fd)[3] & termios.ECHO
    t.write("\x03")
    t.read(CLEAR)
    assert termios.tcgetattr(t.fd)[3] & termios.ECHO
    t.rest()
    # Killed while it asks: the terminal is somebody else's, the vault whole.
    t = Terminal(vault)
    t.read(b"Passphrase: ")
    os.kill(t.pid, signal.SIGKILL)
    t.rest()
    t = Terminal(vault)
    t.read(b"Passphrase: ")
    t.write("open sesame\n")
    t.read(b"> ")
    t.write("wipe everything\n")
    t.read(b"Removed.")
    t.rest()
    assert os.listdir(folder) == []
print("  sdk: at a terminal it keeps quiet")
