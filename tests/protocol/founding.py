"""A clinic founded from docs/statements.md alone: authority, cards, chains.

The signing half of what follow.py and enrol.py check.
"""

import base64
import ctypes
import hashlib
import os
import struct
import subprocess
import time

from client import Reader, vec
from follow import CASES_FETCH, STATEMENT_PUT, head_after
from serving import HOST, Serving
from zmtp import Closed, Wire, box_pair, size_t, sodium

ENROL, COORDINATE, AUDIT = 1, 2, 8
CASEWORKER, VICTIM, DAEMON, WITNESS = range(1, 5)
NONE = bytes(16)
AUTHORITY = "authority"
CARD, REVOKE, OPEN, CLOSE, ASSIGN, UNASSIGN, READMIT, RESET = (
    1, 2, 16, 17, 19, 20, 22, 23)
TEAM = 2


def sha256(data):
    return hashlib.sha256(data).digest()


def sign_pair():
    public = ctypes.create_string_buffer(32)
    secret = ctypes.create_string_buffer(64)
    sodium.crypto_sign_seed_keypair(public, secret, os.urandom(32))
    return public.raw, secret.raw


def sign(secret, data):
    out = ctypes.create_string_buffer(64)
    sodium.crypto_sign_detached(out, None, data, size_t(data), secret)
    return out.raw


def signed(secret, purpose, content):
    return sign(secret, vec(b"Rowan 1.0 " + purpose) + vec(content))


def armour(name, data):
    text = base64.b64encode(data).decode()
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN ROWAN %s-----" % name, *lines,
                      "-----END ROWAN %s-----" % name, ""])


class Device:
    """Keys, and a card by the authority. ${keys}: of the daemon's request."""

    def __init__(self, clinic, role=CASEWORKER, rights=0, keys=None):
        now = int(time.time())
        if keys is None:
            (sign_key, self.secret), self.pair = sign_pair(), box_pair()
            who = [os.urandom(16), os.urandom(16), sign_key, self.pair[0]]
            keys = who + [signed(self.secret, b"card request",
                                 clinic.id + b"".join(who))]
        self.member, self.id, self.sign_key, transport, possession = keys
        card = struct.pack(">H", 1) + clinic.id + self.member + self.id
        card += struct.pack(">B", role) + vec(b"clinic") + struct.pack(
            ">HQQ", rights, now - 3600, now + 86400) + NONE
        card += struct.pack(">BBQ", 1, 6, 86400) if rights & ENROL else b"\0"
        card += self.sign_key + transport + possession + b"\0\1" + NONE
        card += sha256(clinic.record) + struct.pack(">Q", now - 60)
        self.card = card + signed(clinic.secret, b"card", card)
        self.chain = vec(vec(self.card))


class Chain:
    """A chain as its signers see it: ${case} NONE is the clinic's."""

    def __init__(self, clinic, case=NONE):
        self.clinic, self.case, self.number = clinic, case, 0
        self.head = sha256(clinic.record) if case == NONE else bytes(32)

    def statement(self, kind, body, signers, **other):
        """The next one; ${other} says what is to be wrong with it."""
        at = {"number": self.number + 1, "previous": self.head,
              "time": int(time.time()), **other}
        above = self.clinic.chain
        s = struct.pack(">H", 1) + self.clinic.id + self.case
        s += struct.pack(">Q", at["number"]) + at["previous"]
        s += (struct.pack(">Q", above.number) + above.head
              if self.case != NONE else bytes(40))
        s += struct.pack(">Q", at["time"]) + vec(b"".join(
            b"\1" + NONE if w is AUTHORITY else b"\2" + w.id
            for w in signers)) + struct.pack(">B", kind) + vec(body)
        return s + vec(b"".join(signed(
            self.clinic.secret if w is AUTHORITY else w.secret,
            b"statement", s) for w in signers))

    def take(self, statement, subject=bytes(32)):
        self.number += 1
        self.head = head_after(self.head, subject, sha256(statement))

    def put(self, client, kind, body, signers, subject=bytes(32)):
        """Sign, bring, and go on from it."""
        s = self.statement(kind, body, signers)
        r, _ = client.ask(STATEMENT_PUT, vec(s))
        self.take(s, subject)
        assert (r.get("Q"), r.take(32)) == (self.number, self.head)
        return s


def subject_of(device):
    return sha256(b"Rowan 1.0 subject" + device.id)


class Clinic(Serving):
    """An authority, and the daemon that serves its clinic."""

    def __init__(self, build, settings=""):
        super().__init__(build)
        self.conf = self.folder + "/conf"
        self.id, (self.public, self.secret) = os.urandom(16), sign_pair()
        record = struct.pack(">H", 1) + self.id + struct.pack(
            ">Q", int(time.time()) - 86400) + self.public + sha256(
                sign_pair()[0])
        self.record = record + signed(self.secret, b"authority record",
                                      record)
        self.chain, self.first = Chain(self), []
        for key in ("store", "transport", "log"):
            self.run("--new-key", "%s/%s-key" % (self.folder, key))
        self.write("authority", armour("AUTHORITY RECORD", self.record))
        self.write("conf", """
            state_dir = "%(f)s/state"; authority = "%(f)s/authority";
            store_key = "%(f)s/store-key"; log_key = "%(f)s/log-key";
            transport_key = "%(f)s/transport-key"; control = "";
            backup_key = ""; clock_need_sync = false;
            """ % {"f": self.folder} + """
            listen = [ "tcp://%s:%d" ]; listen_enrol = [ "tcp://%s:%d" ];
            """ % (HOST, self.ports[0], HOST, self.ports[1]) + settings)
        request = self.run("--config", self.conf, "--card-request",
                           self.folder + "/authority", "clinic")
        r = Reader(base64.b64decode("".join(
            line for line in request.splitlines() if "-" not in line)))
        r.take(18)
        who = [r.take(16), r.take(16)]
        assert r.get("B") == DAEMON and r.vec() == b"clinic"
        r.take(18)
        keys = who + [r.take(32), r.take(32), r.take(64)]
        r.end()
        self.server = keys[3]
        self.log_card(Device(self, DAEMON, keys=keys))

    def run(self, *arguments):
        done = subprocess.run([self.rowand, *arguments], check=False,
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def log_card(self, device):
        """Before the daemon runs: its card goes in with the others."""
        s = self.chain.statement(CARD, vec(device.card), [AUTHORITY])
        self.chain.take(s, subject_of(device))
        self.first.append(armour("STATEMENT", s))
        return device

    def start(self):
        self.write("statements", "".join(self.first))
        self.run("--config", self.conf, "--import",
                 self.folder + "/statements")
        self.serve(self.conf)

    def connect(self, device, port=0, **kw):
        """A connection; the first ones may come before the daemon listens."""
        pair = device.pair if device is not None else box_pair()
        for _ in range(600):
            try:
                c = Wire((HOST, self.ports[port]), self.server, pair, **kw)
                self.open.append(c)
                return c
            except ConnectionRefusedError:
                assert self.daemon.poll() is None
                time.sleep(.1)
        raise Closed("never there")


class Case:
    """An open case with a team channel."""

    def __init__(self, client, clinic, coordinator):
        self.id, self.channel, self.group_id = (
            os.urandom(16) for _ in range(3))
        self.chain, self.by = Chain(clinic, self.id), coordinator
        self.chain.put(client, OPEN, self.opening(), [coordinator])

    def opening(self, channel=None):
        return vec(b"police") + struct.pack(">I", 20000) + vec(
            bytes([TEAM]) + (channel or self.channel) + self.group_id)

    def assigning(self, member, start=0, until=0):
        return member + struct.pack(">BQQ", TEAM, start, until)

    def assign(self, client, *devices):
        for d in devices:
            self.chain.put(client, ASSIGN, self.assigning(d.member),
                           [self.by])


def case_heads(client):
    r, _ = client.ask(CASES_FETCH, NONE)
    return {i.take(16): i.get("Q") for i in r.items()}
