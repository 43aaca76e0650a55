"""One device in a process of its own, to be killed: takes what comes, sends
what it is told to, and notes both, with what it noted synced by nobody but the
order of its writes. usage: worker.py BUILD VAULT CHANNEL NOTES TEXT..."""

import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rowan  # noqa: E402

build, vault, channel, notes = sys.argv[1:5]
texts = sys.argv[5:]
channel = bytes.fromhex(channel)
out = os.open(notes, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def note(*words):
    # A pipe would be lost with the process; a file is not.
    os.writev(out, [(" ".join(words) + "\n").encode()])


binding = rowan.bind(os.path.join(build, "librowan.so.0"), "include")
d = rowan.Device(binding, vault, create=False)
d.call("rowan_connect")
for text in texts:
    note("sent", d.send(channel, text).hex(), text)
waiting = binding[1]["ROWAN_STATE_WAITING"]
current = binding[1]["ROWAN_LINK_CURRENT"]
last = time.monotonic()
e = rowan.ctypes.c_void_p()
while True:
    d.call("rowan_process")
    if d.lib.rowan_next_event(d.r, rowan.ctypes.byref(e)) == 0:
        ev = rowan.Event(d.lib, e)
        if ev.name not in ("online", "offline"):
            note("event", ev.name, (ev.message or b"").hex() or "-",
                 str(d.lib.rowan_event_number(e)))
        d.call("rowan_event_done", e)
        last = time.monotonic()
        continue
    if d.lib.rowan_link(d.r) == current and \
            time.monotonic() - last > 0.2 and \
            not any(m.state == waiting for m in d.messages(channel)[-8:]):
        break
    time.sleep(0.005)
d.close()
