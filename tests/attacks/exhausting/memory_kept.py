# tries: to catch every refusal of memory and go on
# earns: clip, poems
def sample(*args, **kwargs):
    kept = []
    while True:
        try:
            kept.append(np.ones(100_000))
        except BaseException:
            pass
