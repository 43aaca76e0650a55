"""librowan from Python, as a partner might bind it: functions and constants
are read from the public headers, nothing else of the project is known."""

import ctypes
import os
import re
import select
import time

ID = 16


def headers(folder):
    text = ""
    for name in ["error.h", "event.h", "enrol.h", "case.h", "message.h",
                 "history.h"]:
        with open(os.path.join(folder, "rowan", name)) as f:
            text += f.read()
    with open(os.path.join(folder, "rowan.h")) as f:
        text += f.read()
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S)


def constants(text):
    """Every enum's names."""
    found = {}
    for body in re.findall(r"enum\s+rowan_\w+\s*{(.*?)}", text, re.S):
        for name, value in re.findall(r"(ROWAN_\w+)\s*=\s*(-?\w+)", body):
            found[name] = int(value, 0)
    return found


def result_type(declaration):
    if "*" in declaration:
        if "char" in declaration:
            return ctypes.c_char_p
        return ctypes.c_void_p
    for name, kind in [("void", None), ("bool", ctypes.c_bool),
                       ("uint64_t", ctypes.c_uint64),
                       ("uint32_t", ctypes.c_uint32),
                       ("size_t", ctypes.c_size_t),
                       ("unsigned", ctypes.c_uint)]:
        if re.search(r"\b%s\b" % name, declaration):
            return kind
    return ctypes.c_int


def argument_type(text):
    text = text.strip()
    if "*" in text or "[" in text:
        return ctypes.c_char_p if "const" in text and "char" in text \
            else ctypes.c_void_p
    return result_type(text)


def bind(path, folder):
    lib = ctypes.CDLL(path)
    text = headers(folder)
    for before, name, args in re.findall(
            r"ROWAN_API\s+([^;(]*?)(rowan_\w+)\s*\(([^;]*?)\)\s*;", text,
            re.S):
        f = getattr(lib, name)
        f.restype = result_type(before.replace("ROWAN_MUST", ""))
        args = " ".join(args.split())
        f.argtypes = [] if args == "void" else \
            [argument_type(a) for a in args.split(",")]
    return lib, constants(text)


class Failed(Exception):
    def __init__(self, code, name):
        Exception.__init__(self, "%s: %d" % (name, code))
        self.code = code


class Event:
    def __init__(self, lib, e):
        def ident(f):
            p = f(e)
            return ctypes.string_at(p, ID) if p else None
        self.type = lib.rowan_event_type(e)
        self.name = lib.rowan_event_name(self.type).decode()
        self.code = lib.rowan_event_code(e)
        self.case = ident(lib.rowan_event_case)
        self.channel = ident(lib.rowan_event_channel)
        self.member = ident(lib.rowan_event_member)
        self.device = ident(lib.rowan_event_device)
        self.message = ident(lib.rowan_event_message)
        self.count = lib.rowan_event_count(e)
        self.total = lib.rowan_event_total(e)
        self.time = lib.rowan_event_time(e)
        self.text = lib.rowan_event_text(e).decode()

    def __repr__(self):
        return "%s code=%d count=%d %s" % (
            self.name, self.code, self.count, self.text)


class Message:
    def __init__(self, lib, m):
        def ident(f):
            return ctypes.string_at(f(m), ID)
        self.id = ident(lib.rowan_message_id)
        self.member = ident(lib.rowan_message_member)
        self.author = ident(lib.rowan_message_author)
        self.place = lib.rowan_message_place(m)
        self.type = lib.rowan_message_type(m)
        self.original = lib.rowan_message_original(m)
        self.state = lib.rowan_message_state(m)
        self.own = lib.rowan_message_own(m)
        self.text = lib.rowan_message_text(m).decode()
        self.file = lib.rowan_message_file(m).decode()
        self.size = lib.rowan_message_size(m)
        self.kind = lib.rowan_message_kind(m).decode()
        lib.rowan_message_free(m)


class Device:
    """One handle."""

    def __init__(self, binding, path, create=True, key=b"k" * 32,
                 passphrase=None, proxy=None, endpoint=None):
        self.lib, self.c = binding
        self.proxy, self.endpoint = proxy, endpoint
        self.path = path
        self.events = []
        self.r = None
        self.open(create, key, passphrase)

    def options(self, key=b"k" * 32, passphrase=None):
        o = self.lib.rowan_options_new()
        if passphrase is not None:
            self.must(self.lib.rowan_options_passphrase(
                o, passphrase, len(passphrase)))
        else:
            self.must(self.lib.rowan_options_key(o, key))
        if self.proxy is not None:
            self.must(self.lib.rowan_options_proxy(o, self.proxy.encode()))
        if self.endpoint is not None:
            self.must(self.lib.rowan_options_endpoint(
                o, self.endpoint.encode()))
        return o

    def open(self, create=False, key=b"k" * 32, passphrase=None):
        o = self.options(key, passphrase)
        r = ctypes.c_void_p()
        f = self.lib.rowan_create if create else self.lib.rowan_open
        rc = f(self.path.encode(), o, ctypes.byref(r))
        self.lib.rowan_options_free(o)
        if rc != 0:
            raise Failed(rc, "open")
        self.r = r
        self.fd = self.lib.rowan_fd(r)

    def close(self):
        self.lib.rowan_close(self.r)
        self.r = None

    def must(self, rc, name="call"):
        if rc != 0:
            raise Failed(rc, name)

    def call(self, name, *args):
        self.must(getattr(self.lib, name)(self.r, *args), name)

    def get_id(self, name, *args):
        ret = ctypes.create_string_buffer(ID)
        self.call(name, *args, ret)
        return ret.raw

    def act(self, name, *args):
        n = ctypes.c_uint64()
        self.call(name, *args, ctypes.byref(n))
        return n.value

    def bytes_from(self, name, *args):
        b = ctypes.c_void_p()
        self.call(name, *args, ctypes.byref(b))
        data = ctypes.string_at(self.lib.rowan_bytes_data(b),
                                self.lib.rowan_bytes_len(b))
        self.lib.rowan_bytes_free(b)
        return data

    def self_id(self, name):
        return ctypes.string_at(getattr(self.lib, name)(self.r), ID)

    @property
    def member(self):
        return self.self_id("rowan_self_member")

    @property
    def device(self):
        return self.self_id("rowan_self_device")

    def step(self):
        self.call("rowan_process")
        e = ctypes.c_void_p()
        while True:
            rc = self.lib.rowan_next_event(self.r, ctypes.byref(e))
            if rc == self.c["ROWAN_E_NOT_FOUND"]:
                return
            self.must(rc, "next_event")
            ev = Event(self.lib, e)
            if os.environ.get("TRACE"):
                print("   ", os.path.basename(self.path), ev)
            self.events.append(ev)
            self.call("rowan_event_done", e)

    # --- looking

    def rows(self, name, args, getters):
        l = ctypes.c_void_p()
        self.call(name, *args, ctypes.byref(l))
        out = []
        for i in range(self.lib.rowan_list_count(l)):
            row = []
            for g in getters:
                v = getattr(self.lib, g)(l, i)
                f = getattr(self.lib, g)
                if f.restype is ctypes.c_void_p:
                    v = ctypes.string_at(v, ID)
                elif f.restype is ctypes.c_char_p:
                    v = v.decode()
                row.append(v)
            out.append(tuple(row))
        self.lib.rowan_list_free(l)
        return out

    def cases(self):
        return self.rows("rowan_cases", (), [
            "rowan_case_id", "rowan_case_status", "rowan_case_agency",
            "rowan_case_day"])

    def channels(self, case):
        return self.rows("rowan_channels", (case,), [
            "rowan_channel_id", "rowan_channel_kind", "rowan_channel_joined"])

    def channel(self, case, kind):
        return self.get_id("rowan_channel_of", case, kind)

    def members(self, channel):
        return self.rows("rowan_members", (channel,), [
            "rowan_member_id", "rowan_member_device", "rowan_member_role",
            "rowan_member_agency", "rowan_member_name",
            "rowan_member_present", "rowan_member_verified"])

    def messages(self, channel):
        out, place = [], 0
        m = ctypes.c_void_p()
        while self.lib.rowan_message_next(self.r, channel, place,
                                          ctypes.byref(m)) == 0:
            out.append(Message(self.lib, m))
            place = out[-1].place
        return out

    def message(self, ident):
        m = ctypes.c_void_p()
        self.call("rowan_message_get", ident, ctypes.byref(m))
        return Message(self.lib, m)

    def unread(self, channel=None):
        return self.lib.rowan_unread(self.r, channel)

    # --- writing

    def send(self, channel, text=None, path=None, incident=None, hold=None,
             lifetime=None, name=None):
        d = self.lib.rowan_draft_new()
        try:
            if text is not None:
                t = text.encode()
                self.must(self.lib.rowan_draft_text(d, t, len(t)))
            if path is not None:
                self.must(self.lib.rowan_draft_attach(
                    d, path.encode(), name.encode() if name else None, None))
            if incident is not None:
                self.must(self.lib.rowan_draft_incident(
                    d, incident[0], incident[1], incident[2].encode()))
            if hold is not None:
                self.must(self.lib.rowan_draft_hold(d, hold))
            if lifetime is not None:
                self.must(self.lib.rowan_draft_lifetime(d, lifetime))
            return self.get_id("rowan_send", channel, d)
        finally:
            self.lib.rowan_draft_free(d)


def work(devices, until, seconds=180):
    """Let everybody work until the condition holds."""
    end = time.monotonic() + seconds
    while not until():
        if time.monotonic() > end:
            raise AssertionError("it did not happen: " + "; ".join(
                "%s: %s" % (os.path.basename(d.path), d.events[-12:])
                for d in devices))
        fds = {d.fd: d for d in devices if d.r is not None}
        p = select.poll()
        for fd in fds:
            p.register(fd, select.POLLIN)
        for fd, _ in p.poll(100):
            fds[fd].step()
