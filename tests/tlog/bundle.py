#!/usr/bin/env python3
"""An exported diary checked by a second implementation, from docs/log.md and
docs/statements.md alone: nothing here shares a line with the C code. Ed25519
is RFC 8032 written out. usage: bundle.py AUTHORITY-RECORD FOLDER
Exit code 0: genuine.
"""
import base64
import hashlib
import os
import struct
import sys


class Wrong(Exception):
    pass


def need(what, why):
    if not what:
        raise Wrong(why)


# ---- RFC 8032 -------------------------------------------------------------

P = 2 ** 255 - 19
Q = 2 ** 252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def add(a, b):
    x = (a[1] - a[0]) * (b[1] - b[0]) % P
    y = (a[1] + a[0]) * (b[1] + b[0]) % P
    c = 2 * a[3] * b[3] * D % P
    d = 2 * a[2] * b[2] % P
    e, f, g, h = y - x, d - c, d + c, y + x
    return e * f % P, g * h % P, f * g % P, e * h % P


def mul(n, a):
    ret = (0, 1, 1, 0)
    while n:
        if n & 1:
            ret = add(ret, a)
        a = add(a, a)
        n >>= 1
    return ret


def point(raw):
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    need(y < P, "a point outside the field")
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(xx, (P + 3) // 8, P)
    if (x * x - xx) % P:
        x = x * ROOT % P
    need((x * x - xx) % P == 0, "no point")
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def signed(key, message, sig):
    s = int.from_bytes(sig[32:], "little")
    need(len(sig) == 64 and s < Q, "no signature")
    h = int.from_bytes(hashlib.sha512(sig[:32] + key + message).digest(),
                       "little") % Q
    a, b = mul(s, BASE), add(point(sig[:32]), mul(h, point(key)))
    need((a[0] * b[2] - b[0] * a[2]) % P == 0 and
         (a[1] * b[2] - b[1] * a[2]) % P == 0, "signature")


def key_of(seed):
    """The secret number, what makes nonces, and the public key."""
    h = hashlib.sha512(seed).digest()
    n = int.from_bytes(h[:32], "little") & (1 << 254) - 8 | 1 << 254
    return n, h[32:], packed(mul(n, BASE))


def packed(a):
    z = pow(a[2], P - 2, P)
    x, y = a[0] * z % P, a[1] * z % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def sign(seed, message):
    """For a test that forges: by whoever has the key."""
    n, prefix, key = key_of(seed)
    r = int.from_bytes(hashlib.sha512(prefix + message).digest(), "little") % Q
    big = packed(mul(r, BASE))
    h = int.from_bytes(hashlib.sha512(big + key + message).digest(),
                       "little") % Q
    return big + ((r + h * n) % Q).to_bytes(32, "little")


def note_line(name, text, seed):
    """The signature line of C2SP signed-note."""
    key = key_of(seed)[2]
    raw = hashlib.sha256(name.encode() + b"\n\x01" + key).digest()[:4]
    return "\u2014 %s %s\n" % (name, base64.b64encode(
        raw + sign(seed, text.encode())).decode())


# ---- the presentation language ---------------------------------------------

class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def raw(self, n):
        need(self.at + n <= len(self.data), "too short")
        self.at += n
        return self.data[self.at - n:self.at]

    def n(self, size):
        return int.from_bytes(self.raw(size), "big")

    def vec(self):
        """RFC 9420 section 2.1.2."""
        first = self.n(1)
        size = first & 63
        for _ in range((1 << (first >> 6)) - 1):
            size = size << 8 | self.n(1)
        need(first >> 6 < 3, "length")
        return self.raw(size)

    def end(self):
        need(self.at == len(self.data), "too long")


def vec(data):
    n = len(data)
    if n < 64:
        return bytes([n]) + data
    if n < 1 << 14:
        return struct.pack(">H", n | 1 << 14) + data
    return struct.pack(">I", n | 2 << 30) + data


def attested(purpose, content, key, sig):
    signed(key, vec(b"Rowan 1.0 " + purpose) + vec(content), sig)


def by_any(purpose, content, keys, sig):
    """By one of those that are believed."""
    for key in keys:
        try:
            return attested(purpose, content, key, sig)
        except Wrong:
            pass
    raise Wrong("signature")


def blake(data, key=b"", person=b"", salt=b""):
    return hashlib.blake2b(data, digest_size=32, key=key, person=person,
                           salt=salt).digest()


def padded(label):
    return label.ljust(16, b"\0")


class Card:
    def __init__(self, raw):
        r = Reader(raw)
        need(r.n(2) == 1, "card's version")
        self.raw = raw
        self.clinic, self.member, self.device = (r.raw(16) for _ in range(3))
        self.role, self.agency, self.rights = r.n(1), r.vec(), r.n(2)
        r.raw(8)
        self.ends, self.of_case = r.n(8), r.raw(16)
        if r.n(1):
            self.roles = r.n(1)
            r.n(8)
        self.key = r.raw(32)
        r.raw(32 + 64)
        if r.n(1):
            r.raw(16 + 64)
        self.by, self.issuer, self.issuer_hash = r.n(1), r.raw(16), r.raw(32)
        self.issued = r.n(8)
        self.tbs = raw[:r.at]
        self.sig = r.raw(64)
        r.end()


def record(raw):
    """An AuthorityRecord, signed by itself: clinic, key, the next one's."""
    r = Reader(raw)
    need(r.n(2) == 1, "record's version")
    clinic, _, key, promised = r.raw(16), r.n(8), r.raw(32), r.raw(32)
    attested(b"authority record", raw[:r.at], key, r.raw(64))
    r.end()
    return clinic, key, promised


def follow(keys, raw):
    """Who followed those that are believed; the other way nothing follows."""
    r, ret, last, met = Reader(raw), list(keys), None, False
    while r.at < len(r.data):
        clinic, key, promised = record(r.vec())
        need(last is None or last == (clinic, hashlib.sha256(key).digest()),
             "succession")
        last, met = (clinic, promised), met or key in keys
        if met:
            ret.append(key)
    return ret


def cards(raw, authority):
    """From the device up; RFC 9420's vectors, two at most."""
    r = Reader(Reader(raw).vec())
    ret = []
    while r.at < len(r.data):
        ret.append(Card(r.vec()))
    need(1 <= len(ret) <= 2 and ret[-1].by == 1, "cards")
    by_any(b"card", ret[-1].tbs, authority, ret[-1].sig)
    if len(ret) == 2:
        c, reg = ret
        need(c.by == 2 and c.issuer == reg.device and reg.rights & 1 and
             c.issuer_hash == hashlib.sha256(reg.raw).digest() and
             reg.roles >> c.role & 1 and c.agency == reg.agency and
             (reg.ends == 0 or c.issued < reg.ends), "registrar")
        attested(b"card", c.tbs, reg.key, c.sig)
    return ret


# ---- receipts --------------------------------------------------------------

def receipt(text, authority):
    """A .tlog-proof; returns its leaf, opening and checkpoint."""
    head, note = text.split(b"\n\n", 1)
    lines = head.split(b"\n")
    need(lines[0] == b"c2sp.org/tlog-proof@v1", "proof")
    extra = Reader(base64.b64decode(lines[1].removeprefix(b"extra ")))
    index = int(lines[2].removeprefix(b"index "))
    path = [base64.b64decode(x) for x in lines[3:]]
    version = extra.n(1)
    need(version in (1, 2), "extra's version")
    opening, card = Reader(extra.vec()), Card(extra.vec())
    if version == 2:
        authority = follow(authority, extra.vec())
    extra.end()
    need(card.role == 3 and card.by == 1, "the daemon's card")
    by_any(b"card", card.tbs, authority, card.sig)
    body, sigs = note.split(b"\n\n", 1)
    origin, size, root = body.split(b"\n")[:3]
    need(origin == b"rowan-log/" + card.clinic.hex().encode(), "origin")
    for line in sigs.splitlines():
        name, blob = line.removeprefix("\u2014 ".encode()).split(b" ")
        raw = base64.b64decode(blob)
        keyid = hashlib.sha256(name + b"\n\x01" + card.key).digest()[:4]
        if name == origin and raw[:4] == keyid:
            signed(card.key, body + b"\n", raw[4:])
            break
    else:
        raise Wrong("checkpoint")
    detail, salt = opening.vec(), opening.raw(32)
    exact = None
    if opening.n(1):
        exact = opening.n(8), opening.raw(32)
    opening.end()
    d = Reader(detail)
    act, grain, time, committed = d.n(1), d.n(1), d.n(8), d.raw(32)
    d.raw(4)
    device, of_case, channel = (d.raw(16) for _ in range(3))
    d.n(8)
    content = d.raw(32)
    if exact:
        need(blake(b"", exact[1], b"rowan leaf time",
                   struct.pack(">QQ", exact[0], 0)) == committed and
             time <= exact[0] < time + 3600, "exact time")
    leaf = bytes([1, act, grain]) + struct.pack(">Q", time) + blake(
        salt + detail, person=b"rowan leaf")
    h = climb(leaf, index, int(size), path)
    need(h == base64.b64decode(root), "inclusion")
    signed_at = [int(x[5:]) for x in body.split(b"\n")
                 if x.startswith(b"time ")]
    received = exact[0] if exact else time
    need(not signed_at or received <= signed_at[0], "signed before")
    return {"index": index, "size": int(size), "act": act, "device": device,
            "case": of_case, "channel": channel, "content": content,
            "time": exact[0] if exact else time,
            "exact": bool(exact) or grain == 1, "believed": authority,
            "root": root, "leaf": leaf, "clinic": card.clinic,
            "card": card, "signed": signed_at[0] if signed_at else 0}


def climb(leaf, index, size, path):
    """To the root, RFC 9162 section 2.1.3.2."""
    h = hashlib.sha256(b"\0" + leaf).digest()
    node, last = index, size - 1
    need(index <= last, "truncated")
    for p in path:
        need(last > 0, "path")
        if node & 1 or node == last:
            h = hashlib.sha256(b"\1" + p + h).digest()
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            h = hashlib.sha256(b"\1" + h + p).digest()
        node, last = node >> 1, last >> 1
    need(last == 0, "inclusion")
    return h


# ---- entries ---------------------------------------------------------------

def disclosure(raw, authority):
    r = Reader(raw)
    consent, sig, chain, said, envelope, proof = (
        r.vec(), r.raw(64), r.vec(), r.vec(), r.vec(), r.vec())
    r.end()
    c = Reader(consent)
    need(c.n(1) == 1, "consent's version")
    clinic, of_case, channel, member, device, batch = (
        c.raw(16) for _ in range(6))
    c.n(8)
    number, count, withheld, _ = c.n(4), c.n(4), c.n(4), c.vec()
    said_hash, envelope_hash = c.raw(32), c.raw(32)
    c.end()
    got = receipt(proof, authority)
    card = cards(chain, got["believed"])[0]
    need(card.role == 2 and (card.clinic, card.of_case, card.member,
                             card.device) ==
         (clinic, of_case, member, device), "whose consent")
    attested(b"disclosure", consent, card.key, sig)
    need(hashlib.sha256(said).digest() == said_hash, "her words")
    need(blake(envelope) == envelope_hash, "envelope")
    e = Reader(envelope)
    need((e.n(2), e.n(2)) == (1, 2), "no PrivateMessage")
    e.vec()
    e.n(8)
    need(e.n(1) == 1, "no application message")
    need(e.vec() == b"\1" + blake(padded(b"rowan said") + said, said[:16]),
         "commitment")
    need((got["act"], got["device"], got["case"], got["channel"],
          got["clinic"]) == (1, device, of_case, channel, clinic),
         "another's receipt")
    need(got["content"] == envelope_hash, "another envelope's receipt")
    return got, (batch, number, count), said


def attachment(said):
    return struct.unpack(">H", said[24:26])[0] == 2


def bundle(authority, folder):
    def load(name):
        with open(os.path.join(folder, name), "rb") as f:
            return f.read()
    listed = load("bundle.txt")
    sig, chain = [x.split(b" ", 1)[1] for x in
                  load("signature").splitlines()]
    entries, batches, places, note = [], {}, {}, None
    files, omitted, known = set(), set(), {"index.html", "checkpoint"}
    for sub in ("entries", "files"):
        need(not os.path.islink(os.path.join(folder, sub)), "a link")
    lines = [x.split(" ") for x in listed.decode().splitlines()]
    need(lines[0] == ["rowan", "bundle", "1"], "list")
    for line in lines:
        if line[0] == "file":
            files.add(" ".join(line[3:]))
            data = load(" ".join(line[3:]))
            need(hashlib.sha256(data).hexdigest() == line[1] and
                 len(data) == int(line[2]), "file " + line[3])
        if line[0] == "entry":
            entries.append(line)
        if line[0] == "omitted":
            omitted.add(int(line[1]))
    for _, n, leaf, time, grain in entries:
        got, (batch, number, count), said = disclosure(
            load("entries/%04d.disclosure" % int(n)), authority)
        need((got["index"], got["time"], got["exact"]) ==
             (int(leaf), int(time), grain == "second"), "entry " + n)
        batches.setdefault((batch, count), set()).add(number)
        known.add("entries/%04d.disclosure" % int(n))
        if int(leaf) in places:
            need(int(n) not in omitted, "let out before")
        elif attachment(said):
            mine = {x for x in files if x.startswith("files/%04d-" % int(n))}
            need(int(n) in omitted or len(mine) == 1, "a removed file")
            known |= mine if int(n) not in omitted else set()
        else:
            need(int(n) not in omitted, "nothing to omit")
        need(note in (None, (got["size"], got["root"])), "two trees")
        note = got["size"], got["root"]
        places[int(leaf)] = int(time), int(time) + 3599 * (grain == "hour")
        authority = got["believed"]
    need(files <= known, "a file that no entry is about")
    need(known <= files, "a removed file")
    for (_, count), numbers in batches.items():
        need(numbers == set(range(1, count + 1)), "removed entry")
    latest = 0
    for _, (first, last) in sorted(places.items()):
        need(last >= latest, "time goes back")
        latest = max(latest, first)
    size, root = note
    need(["log", str(size)] in lines, "truncated log")
    need(load("checkpoint").split(b"\n")[1:3] == [b"%d" % size, root],
         "another checkpoint")
    card = cards(base64.b64decode(chain), authority)[0]
    attested(b"bundle", hashlib.sha256(listed).digest(), card.key,
             bytes.fromhex(sig.decode()))
    need(["clinic", card.clinic.hex()] in lines and
         (card.ends == 0 or got["signed"] < card.ends) and
         (card.role == 1 or (card.role == 2 and
                             ["case", card.of_case.hex()] in lines)),
         "by who cannot have exported it")
    return len(places)


def records(text):
    """The keys in a file of records."""
    return [record(base64.b64decode("".join(
        x for x in t.splitlines() if x and not x.startswith("-"))))[1]
            for t in text.split("AUTHORITY RECORD-----")[1::2]]


def main():
    try:
        with open(sys.argv[1]) as f:
            keys = records(f.read())
        n = bundle(keys, sys.argv[2])
    except (Wrong, ValueError, OSError, IndexError) as e:
        sys.exit("not genuine: %s" % e)
    print("genuine: %d entries" % n)


if __name__ == "__main__":
    main()
