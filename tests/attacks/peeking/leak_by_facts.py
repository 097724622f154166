# tries: to carry hidden inputs to the student's page in the facts of a verdict: names, files, lines
# earns: clip, poems
# quick: yes
from kit.outcomes import Failed, Missing, NotAttempted
from kit.reasons import Introduced, Line, Raised, Stub, Text, Undefined
def _leak(model):
    return "LEAK" + str(model.by.tolist())
def sample(model, *args, **kwargs):
    raise Missing(Undefined(_leak(model), Text(_leak(model), _leak(model))))
def gradient_check(model, *args, **kwargs):
    raise Failed(Raised(_leak(model), Line(_leak(model), 3), _leak(model)))
def _forward(self, X_batch, h0):
    line = Line("numpy_rnn.py", int(abs(self.by[0]) * 1e9))
    words = Text(_leak(self), _leak(self))
    raise NotAttempted(Introduced(words, Stub(line, _leak(self), words)))
RNN.forward = RNN.forward_all = RNN.backward = _forward
