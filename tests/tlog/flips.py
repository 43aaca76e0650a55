"""Where a bit of each part of an exported folder lies, for tests that flip it.
"""

import os


def fields(data):
    """Consent, signature, cards, said, envelope and receipt: where, how long"""
    at, ret = 0, []
    for size in (0, 64, 0, 0, 0, 0):
        if size == 0:
            more = (1 << (data[at] >> 6)) - 1
            size = int.from_bytes(
                bytes([data[at] & 63]) + data[at + 1:at + 1 + more], "big")
            at += 1 + more
        ret.append((at, size))
        at += size
    assert at == len(data)
    return ret


def lines(data, at, end):
    """The middle of each line."""
    ret = []
    while at < end:
        stop = data.index(b"\n", at)
        ret.append((at + stop) // 2)
        at = stop + 1
    return ret


def parts(rel, data):
    """A byte of each kind of part."""
    if rel == "entries/0001.disclosure":
        found = fields(data)
        return [a + n // 2 for a, n in found[:5]] + lines(
            data, found[5][0], len(data))
    if rel in ("bundle.txt", "signature", "checkpoint"):
        return lines(data, 0, len(data))
    return [len(data) // 2]


def files_of(folder):
    return sorted(os.path.join(d, f) for d, _, names in os.walk(folder)
                  for f in names)


def flipped(folder, bits):
    """Each of the bits that bits(path, data) names, one after the other; gives
    the path and the bit while it is flipped."""
    for path in files_of(folder):
        rel = os.path.relpath(path, folder)
        with open(path, "rb") as f:
            data = f.read()
        for bit in bits(rel, data):
            bad = bytearray(data)
            bad[bit // 8] ^= 1 << bit % 8
            with open(path, "wb") as f:
                f.write(bad)
            yield rel, bit
        with open(path, "wb") as f:
            f.write(data)
