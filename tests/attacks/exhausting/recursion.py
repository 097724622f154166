# tries: to run out of stack, in Python and in C
# earns: clip, poems
def sample(*args, **kwargs):
    sys.setrecursionlimit(10**9)
    return sample()
