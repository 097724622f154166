# tries: to fill the memory by shared maps, which some limits do not count
# earns: clip, poems
import mmap
_kept = []
def sample(*args, **kwargs):
    while True:
        block = mmap.mmap(-1, 16 << 20)
        block.write(b"x" * (16 << 20))
        _kept.append(block)
