"""Identifiers that sort by time: UUIDv7 (RFC 9562). Pure: the caller brings the time and the randomness."""

RANDOM_BYTES = 10


def uuid7(ms: int, random: bytes) -> str:
    """The UUIDv7 of a millisecond and ten random bytes."""
    if len(random) != RANDOM_BYTES:
        raise ValueError(f"uuid7 needs {RANDOM_BYTES} random bytes, got {len(random)}")
    noise = int.from_bytes(random, "big")
    rand_a, rand_b = noise >> 68, noise & ((1 << 62) - 1)
    value = (ms & ((1 << 48) - 1)) << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b
    digits = f"{value:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
