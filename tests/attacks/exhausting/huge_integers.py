# tries: to compute with integers of millions of digits
# earns: clip, poems
def sample(*args, **kwargs):
    return str(7 ** (10**9))
