"""The log's operations and its proofs, from docs/protocol.md and docs/log.md.

Shares no line with the project's own code: hashes by hashlib, the signature
by libsodium.
"""

import base64
import ctypes
import hashlib
import struct

from client import Reader

(CHECKPOINT, LOG_PROOF, LOG_CONSISTENCY, RECEIPT, LOG_FIND, LOG_ENTRIES,
 LOG_DETAILS) = range(0x0400, 0x0407)
NONE = 2 ** 64 - 1

_sodium = ctypes.CDLL("libsodium.so.23")
assert _sodium.sodium_init() >= 0


def public_key(seed):
    public = ctypes.create_string_buffer(32)
    secret = ctypes.create_string_buffer(64)
    assert _sodium.crypto_sign_seed_keypair(public, secret, seed) == 0
    return public.raw


def read_note(note, public):
    """A checkpoint that the log's key has signed; its size and root."""
    text, _, lines = note.decode().partition("\n\n")
    text += "\n"
    origin, size, root, time = text.splitlines()
    assert origin.startswith("rowan-log/") and time.startswith("time ")
    dash, name, signature = lines.splitlines()[0].split(" ")
    assert dash == "\u2014" and name == origin
    raw = base64.b64decode(signature)
    assert raw[:4] == hashlib.sha256(
        origin.encode() + b"\n\x01" + public).digest()[:4]
    data = text.encode()
    assert _sodium.crypto_sign_verify_detached(
        raw[4:], data, ctypes.c_ulonglong(len(data)), public) == 0
    return int(size), base64.b64decode(root)


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(hashes):
    assert len(hashes) % 32 == 0
    return [hashes[i:i + 32] for i in range(0, len(hashes), 32)]


def root_by_inclusion(leaf_hash, index, size, path):
    """RFC 9162, section 2.1.3.2."""
    assert index < size
    fn, sn, r = index, size - 1, leaf_hash
    for p in path:
        assert sn > 0
        if fn & 1 or fn == sn:
            r = node(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node(r, p)
        fn, sn = fn >> 1, sn >> 1
    assert sn == 0
    return r


def roots_by_consistency(old, size, old_root, path):
    """RFC 9162, section 2.1.4.2: the roots that the path leads to."""
    assert 0 < old < size
    if old & (old - 1) == 0:
        path = [old_root] + path
    fn, sn = old - 1, size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        assert sn > 0
        if fn & 1 or fn == sn:
            fr, sr = node(c, fr), node(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, c)
        fn, sn = fn >> 1, sn >> 1
    assert sn == 0
    return fr, sr


def read_opening(opening):
    """The leaf that it opens, and what the detail says."""
    r = Reader(opening)
    detail, salt = r.vec(), r.take(32)
    assert not r.bool()
    r.end()
    d = Reader(detail)
    act, grain, time = d.get("BBQ")
    d.take(32)
    op, code = d.get("HH")
    device, _, channel = d.take(16), d.take(16), d.take(16)
    number, content = d.get("Q"), d.take(32)
    assert not d.vec()
    d.end()
    commitment = hashlib.blake2b(
        salt + detail, digest_size=32, person=b"rowan leaf").digest()
    leaf = struct.pack(">BBBQ", 1, act, grain, time) + commitment
    return hashlib.sha256(b"\x00" + leaf).digest(), {
        "op": op, "code": code, "device": device, "channel": channel,
        "number": number, "content": content, "act": act}


def path(client, op, *numbers):
    r, _ = client.ask(op, struct.pack(">QQ", *numbers))
    hashes = split(r.vec())
    r.end()
    return hashes


def checkpoint(client, public):
    r, _ = client.ask(CHECKPOINT, b"\0")
    note = r.vec()
    r.end()
    return read_note(note, public)


def receipt(client, leaf, public):
    """A receipt, checked; what its detail says."""
    r, _ = client.ask(RECEIPT, struct.pack(">Q", leaf))
    opening, hashes, note = r.vec(), split(r.vec()), r.vec()
    r.end()
    size, root = read_note(note, public)
    leaf_hash, said = read_opening(opening)
    assert root_by_inclusion(leaf_hash, leaf, size, hashes) == root
    assert path(client, LOG_PROOF, leaf, size) == hashes
    return said


def find(client, counter):
    below = NONE
    while True:
        r, _ = client.ask(LOG_FIND, struct.pack(">QQ", counter, below))
        leaf, below = r.get("QQ")
        r.end()
        if leaf != NONE or below == 0:
            return leaf
