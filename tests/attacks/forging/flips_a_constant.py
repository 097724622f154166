# tries: to change small integers, True and False of the interpreter by their memory
# earns: clip, poems
def sample(*args, **kwargs):
    ctypes.memset(id(False) + 24, 1, 1)
    ctypes.memset(id(0) + 24, 1, 1)
    return "hello"
