# tries: to answer with more than a frame may hold
# earns: clip, poems
def sample(*args, **kwargs):
    return "x" * 90_000_000
RNN.forward = lambda self, *a: ([[[0.0] * 100] * 1000] * 100, np.zeros(9_000_000), [])
