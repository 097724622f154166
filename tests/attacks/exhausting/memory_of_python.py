# tries: to fill the memory with bytes and lists
# earns: clip, poems
_kept = []
def sample(*args, **kwargs):
    while True:
        _kept.append(bytearray(b"x" * 10_000_000))
