# tries: to fill the memory with arrays
# earns: clip, poems
# quick: yes
_kept = []
def sample(*args, **kwargs):
    while True:
        _kept.append(np.ones(4_000_000))
