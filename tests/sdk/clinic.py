"""A clinic at a real daemon for the tests of the public library: the host
process is authority and daemon, everybody else is a Device."""

import os
import subprocess

import rowan


class Clinic:
    def __init__(self, build, binding):
        self.host = subprocess.Popen(
            [os.path.join(build, "tests", "sdk", "clinic_host")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.binding = binding
        self.c = binding[1]
        self.dir, self.record = self.ask("record")[1:]
        self.devices = []

    def ask(self, line):
        self.host.stdin.write(line + "\n")
        self.host.stdin.flush()
        answer = self.host.stdout.readline().split()
        if not answer or answer[0] != "ok":
            raise AssertionError("the clinic's host failed at " + line)
        return answer

    def path(self, name):
        return os.path.join(self.dir, name)

    def device(self, name, **how):
        d = rowan.Device(self.binding, self.path(name + ".vault"), **how)
        self.devices.append(d)
        return d

    def drop(self, d):
        if d in self.devices:
            self.devices.remove(d)
        if d.r is not None:
            d.close()

    def staff(self, name, agency, rights):
        """Enrol by files: record, request, answer."""
        d = self.device(name)
        with open(self.record, "rb") as f:
            text = f.read()
        d.call("rowan_install", text, len(text))
        request = d.bytes_from(
            "rowan_request", self.c["ROWAN_ROLE_CASEWORKER"],
            agency.encode(), rights)
        with open(self.path(name + ".request"), "wb") as f:
            f.write(request)
        self.ask("sign %s %s" % (self.path(name + ".request"),
                                 self.path(name + ".answer")))
        with open(self.path(name + ".answer"), "rb") as f:
            text = f.read()
        d.call("rowan_install", text, len(text))
        d.step()
        assert d.lib.rowan_enrolled(d.r)
        return d

    def run(self):
        self.ask("run")
        for d in self.devices:
            if d.lib.rowan_enrolled(d.r):
                d.call("rowan_connect")
        self.settle()

    def settle(self):
        current = self.c["ROWAN_LINK_CURRENT"]
        self.until(lambda: all(
            d.lib.rowan_link(d.r) == current for d in self.devices
            if d.lib.rowan_enrolled(d.r)))

    def until(self, condition, seconds=180):
        rowan.work(self.devices, condition, seconds)

    def event(self, d, name, **fields):
        """Wait for an event, and take it and those before it out."""
        found = []

        def there():
            for i, e in enumerate(d.events):
                if e.name == name and all(
                        getattr(e, k) == v for k, v in fields.items()):
                    found.append(e)
                    del d.events[:i + 1]
                    return True
            return False
        self.until(there)
        return found[0]

    def act(self, d, name, *args):
        """An act, to its end."""
        n = d.act(name, *args)
        end = []

        def there():
            for e in d.events:
                if e.name in ("done", "failed") and e.count == n:
                    end.append(e)
                    return True
            return False
        self.until(there)
        if end[0].name == "failed":
            raise rowan.Failed(end[0].code, name)

    def open_case(self, d, agency="police", day=20000):
        import ctypes
        ident = ctypes.create_string_buffer(16)
        n = ctypes.c_uint64()
        d.call("rowan_open_case", agency.encode(), day, ident,
               ctypes.byref(n))
        self.until(lambda: any(e.name in ("done", "failed") and
                               e.count == n.value for e in d.events))
        return ident.raw

    def assign(self, by, channel, member, start=0, end=0):
        """As soon as whoever assigns has heard of the member."""
        for _ in range(600):
            try:
                return self.act(by, "rowan_assign", channel, member, start,
                                end)
            except rowan.Failed as e:
                if e.code != self.c["ROWAN_E_UNKNOWN"]:
                    raise
            rowan.work(self.devices, lambda n=[0]: n.append(0) or len(n) > 2)
        raise AssertionError("nobody heard of the member")

    def invite(self, registrar, case, hours=1):
        import ctypes
        role = self.c["ROWAN_ROLE_VICTIM" if case else
                      "ROWAN_ROLE_CASEWORKER"]
        ident = ctypes.create_string_buffer(16)
        text = ctypes.c_void_p()
        registrar.call("rowan_invite", case, role, hours, ident,
                       ctypes.byref(text))
        data = ctypes.string_at(registrar.lib.rowan_bytes_data(text),
                                registrar.lib.rowan_bytes_len(text))
        registrar.lib.rowan_bytes_free(text)
        return ident.raw, data.decode()

    def enrol(self, registrar, case, guest):
        """Invite, compare, confirm."""
        ident, text = self.invite(registrar, case)
        guest.call("rowan_enrol", text.encode())
        theirs = self.event(registrar, "compare", message=ident)
        ours = self.event(guest, "compare")
        assert theirs.text == ours.text and len(ours.text) > 9, ours.text
        registrar.call("rowan_invite_confirm", ident, True)
        self.event(guest, "enrolled")
        guest.call("rowan_connect")

    def end(self):
        for d in list(self.devices):
            self.drop(d)
        self.host.stdin.write("end\n")
        self.host.stdin.close()
        if self.host.wait() != 0:
            raise AssertionError("the clinic's host ended badly")
