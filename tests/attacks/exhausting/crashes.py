# tries: to bring down the interpreter by a null pointer, an abort and a signal to itself
# earns: clip, poems
# quick: yes
def sample(*args, **kwargs):
    ctypes.string_at(0)
def gradient_check(*args, **kwargs):
    os.abort()
RNN.forward = lambda self, *a: os.kill(os.getpid(), signal.SIGKILL)
