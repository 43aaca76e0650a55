"""Goal: a device written from the documents alone enrols by an invite.

usage: enrol.py BUILD-FOLDER
The registrar's side and the daemon are BUILD-FOLDER/tests/protocol/invite_host.
Shares no line with the project's own code; primitives by libsodium.
"""

import ctypes
import hashlib
import hmac
import os
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
# pylint: disable=wrong-import-position
from client import (  # noqa: E402
    DEVICES, RESTORED, Client, Reader, Refused, REFUSED, REVOKED, vec)
from follow import (  # noqa: E402
    DEVICE, REVOKE, follow, misuse, read_statement, refused)

REDEEM_GET, REDEEM_COMMIT, REDEEM_REVEAL, REDEEM_RESULT = range(
    0x0310, 0x0314)
COMMITTED, ANSWERED, REVEALED, DONE = 2, 3, 4, 5
VICTIM, DAEMON = 2, 3

_sodium = ctypes.CDLL("libsodium.so.23")
assert _sodium.sodium_init() >= 0


def sha256(data):
    return hashlib.sha256(data).digest()


# --- enrolment.md, section 2: the text ---

BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def read_invite(text):
    text = "".join(text.split()).upper()
    assert text.startswith("ROWAN:") and len(text) <= 178
    code, _, rest = text[6:].partition("/")
    assert len(code) == 84
    number = 0
    for c in code.replace("O", "0").replace("I", "1").replace("L", "1"):
        number = number * 32 + BASE32.index(c)
    assert number & 15 == 0
    raw = (number >> 4).to_bytes(52, "big")
    assert raw[0] == 1
    assert raw[49:] == sha256(vec(b"Rowan 1.0 invite text") + raw[:49] +
                              b"/" + rest.encode())[:3]
    endpoints = [e.rpartition(":") for e in rest.lower().split("/")]
    return raw[1:17], raw[17:49], [
        "tcp://%s:%s" % (h, p) for h, _, p in endpoints]


# --- section 3: the bundle ---

def hkdf(secret, info, length):
    prk = hmac.new(b"Rowan 1.0 invite", secret, "sha256").digest()
    assert length <= 32
    return hmac.new(prk, info + b"\x01", "sha256").digest()[:length]


def open_bundle(secret, invite, sealed):
    plain = ctypes.create_string_buffer(len(sealed))
    n = ctypes.c_ulonglong()
    assert _sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
        plain, ctypes.byref(n), None, sealed[24:],
        ctypes.c_ulonglong(len(sealed) - 24), invite,
        ctypes.c_ulonglong(16), sealed[:24],
        hkdf(secret, b"bundle", 32)) == 0
    return plain.raw[:n.value]


def verified(purpose, content, key, signature):
    signed = vec(b"Rowan 1.0 " + purpose) + vec(content)
    return _sodium.crypto_sign_verify_detached(
        signature, signed, ctypes.c_ulonglong(len(signed)), key) == 0


def read_record(raw):
    r = Reader(raw)
    assert r.get("H") == 1
    record = {"raw": raw, "clinic": r.take(16), "created": r.get("Q"),
              "key": r.take(32), "successor": r.take(32)}
    assert verified(b"authority record", raw[:-64], record["key"],
                    r.take(64))
    r.end()
    return record


def read_card(raw):
    r = Reader(raw)
    assert r.get("H") == 1
    c = {"raw": raw, "tbs": raw[:-64], "clinic": r.take(16),
         "member": r.take(16), "device": r.take(16), "role": r.get("B"),
         "agency": r.vec(), "rights": r.get("H"), "from": r.get("Q"),
         "until": r.get("Q"), "case": r.take(16), "roles": 0}
    if r.bool():
        c["roles"], _ = r.get("BQ")
    c["signature_key"], c["transport_key"] = r.take(32), r.take(32)
    c["possession"] = r.take(64)
    if r.bool():
        r.take(80)
    c["issuer_kind"], c["issuer"] = r.get("B"), r.take(16)
    c["issuer_hash"], c["issued"] = r.take(32), r.get("Q")
    c["signature"] = r.take(64)
    r.end()
    return c


def read_bundle(plain):
    r = Reader(plain)
    assert r.get("H") == 1
    b = {"records": [read_record(i.vec()) for i in r.items()],
         "registrar": read_card(r.vec()), "daemon": read_card(r.vec()),
         "member": r.take(16), "role": r.get("B"), "agency": r.vec(),
         "case": r.take(16)}
    b["clinic_number"], b["clinic_head"] = r.get("Q"), r.take(32)
    b["case_number"], b["case_head"] = r.get("Q"), r.take(32)
    b["servers"] = [(i.vec().decode(), i.take(32)) for i in r.items()]
    r.end()
    for old, new in zip(b["records"], b["records"][1:]):
        assert sha256(new["key"]) == old["successor"]
    keys = {sha256(i["raw"]): i["key"] for i in b["records"]}
    for c in b["registrar"], b["daemon"]:
        assert c["clinic"] == b["records"][0]["clinic"]
        assert c["issuer_kind"] == 1
        assert verified(b"card", c["tbs"], keys[c["issuer_hash"]],
                        c["signature"])
    assert b["registrar"]["rights"] & 1
    assert b["registrar"]["roles"] >> b["role"] & 1
    assert b["registrar"]["agency"] == b["agency"]
    assert b["daemon"]["role"] == DAEMON
    assert b["daemon"]["transport_key"] == b["servers"][0][1]
    return b


# --- section 4: the redemption ---

class Device:
    """Keys, a request, a nonce."""

    def __init__(self):
        self.seed, self.transport = os.urandom(32), os.urandom(32)
        self.device, self.nonce = os.urandom(16), os.urandom(32)
        public = ctypes.create_string_buffer(32)
        self.secret = ctypes.create_string_buffer(64)
        _sodium.crypto_sign_seed_keypair(public, self.secret, self.seed)
        self.public = public.raw
        public = ctypes.create_string_buffer(32)
        _sodium.crypto_scalarmult_base(public, self.transport)
        self.transport_public = public.raw
        self.request = b""

    def sign(self, purpose, content):
        signed = vec(b"Rowan 1.0 " + purpose) + vec(content)
        out = ctypes.create_string_buffer(64)
        _sodium.crypto_sign_detached(
            out, None, signed, ctypes.c_ulonglong(len(signed)), self.secret)
        return out.raw

    def ask(self, b):
        clinic = b["records"][0]["clinic"]
        keys = self.public + self.transport_public
        self.request = (
            struct.pack(">H", 1) + clinic + b["member"] + self.device +
            struct.pack(">B", b["role"]) + vec(b["agency"]) +
            struct.pack(">H", 0) + b["case"] + keys +
            self.sign(b"card request",
                      clinic + b["member"] + self.device + keys))

    def commitment(self):
        return sha256(vec(b"Rowan 1.0 enrolment commitment") +
                      vec(self.request) + self.nonce)


def code(device, invite, plain, nonce):
    transcript = sha256(
        vec(b"Rowan 1.0 enrolment code") + invite + sha256(plain) +
        sha256(device.request) + device.commitment() + device.nonce + nonce)
    digits = "%010d" % (int.from_bytes(transcript[:8], "big") % 10**10)
    return digits[:5] + " " + digits[5:]


def result(client, invite, state):
    """Ask until it has come so far; what comes with it."""
    for _ in range(2400):
        r, _ = client.ask(REDEEM_RESULT, invite)
        got = r.get("B")
        assert COMMITTED <= got <= DONE
        if got == state:
            break
        time.sleep(0.05)
    else:
        raise AssertionError("not in time")
    value = r.vec() if got == DONE else r.take(32)
    r.end()
    return value


def redeem(device, text):
    """From the text to the code."""
    secret, server, endpoints = read_invite(text)
    invite = hkdf(secret, b"id", 16)
    client = Client(endpoints[0], server, device.transport_public,
                    device.transport)
    client.hello()
    try:
        client.ask(REDEEM_GET, os.urandom(16))
        raise AssertionError("an invite that is none")
    except Refused as e:
        assert e.code == REFUSED
    r, _ = client.ask(REDEEM_GET, invite)
    r.get("Q")
    plain = open_bundle(secret, invite, r.vec())
    r.end()
    bundle = read_bundle(plain)
    assert bundle["role"] == VICTIM
    device.ask(bundle)
    client.ask(REDEEM_COMMIT, invite + device.commitment())[0].end()
    nonce = result(client, invite, ANSWERED)
    client.ask(REDEEM_REVEAL,
               invite + device.nonce + vec(device.request))[0].end()
    return client, invite, bundle, code(device, invite, plain, nonce)


def check_card(device, bundle, chain):
    cards = [read_card(i.vec()) for i in Reader(chain).items()]
    assert len(cards) == 2 and cards[1]["raw"] == bundle["registrar"]["raw"]
    card = cards[0]
    assert card["issuer"] == cards[1]["device"]
    assert card["issuer_hash"] == sha256(cards[1]["raw"])
    assert verified(b"card", card["tbs"], cards[1]["signature_key"],
                    card["signature"])
    assert (card["member"], card["device"], card["case"]) == (
        bundle["member"], device.device, bundle["case"])
    assert (card["signature_key"], card["transport_key"]) == (
        device.public, device.transport_public)
    assert card["rights"] == 0 and card["role"] == bundle["role"]


def may_see_all(bundle, secret):
    """A coordinator, who need not be on any case to know of it."""
    secret = bytes.fromhex(secret)
    public = ctypes.create_string_buffer(32)
    _sodium.crypto_scalarmult_base(public, secret)
    endpoint, key = bundle["servers"][0]
    client = Client(endpoint, key, public.raw, secret)
    client.hello()
    found = client.cases_all()
    assert bundle["case"] in found and found[bundle["case"]] > 0
    client.close()


def is_told_why(device, bundle):
    """A revoked device may ask for one thing: the statement about it."""
    endpoint, key = bundle["servers"][0]
    client = Client(endpoint, key, device.transport_public, device.transport)
    refused(REVOKED, client, DEVICES, vec(device.device))
    s = read_statement(client.revocation())
    assert s["kind"] == REVOKE and s["body"]["device"] == device.device
    assert s["signers"][0][0] == DEVICE
    refused(REVOKED, client, RESTORED, b"\0")
    client.close()


def main():
    host = subprocess.Popen(  # pylint: disable=consider-using-with
        [sys.argv[1] + "/tests/protocol/invite_host"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def heard(word):
        said, _, value = host.stdout.readline().strip().partition(" ")
        assert said == word, said
        return value

    try:
        device = Device()
        client, invite, bundle, ours = redeem(device, heard("invite"))
        assert heard("code") == ours
        host.stdin.write("same\n")
        host.stdin.flush()
        heard("done")
        check_card(device, bundle, result(client, invite, DONE))
        # What the invite said is where everything goes on.
        endpoint, key = bundle["servers"][0]
        main_port = Client(endpoint, key, device.transport_public,
                           device.transport)
        main_port.hello()
        assert main_port.devices([device.device])[0]["code"] == 0
        clinic, _ = follow(main_port, bundle, read_card, verified)
        # Its own card was logged after the invite was made.
        own = [n for n, st in clinic.statements.items() if st["kind"] == 1
               and read_card(st["body"]["card"])["device"] == device.device]
        assert len(own) == 1 and own[0] > bundle["clinic_number"]
        misuse(main_port, clinic)
        may_see_all(bundle, heard("coordinator"))
        host.stdin.write(device.device.hex() + "\n")
        host.stdin.flush()
        heard("revoked")
        is_told_why(device, bundle)
        host.stdin.close()
        assert host.wait(timeout=120) == 0
    finally:
        if host.poll() is None:
            host.terminate()
    print("  a stranger's device has enrolled and followed the chain")


if __name__ == "__main__":
    main()
