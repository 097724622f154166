# tries: to compute without end in one call of C that no signal handler interrupts
# earns: clip, poems
def sample(*args, **kwargs):
    return sum(range(10**13))
