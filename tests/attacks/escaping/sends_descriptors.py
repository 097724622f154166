# tries: to hand its own descriptors to the judge, so that the judge runs out of them
# earns: clip, poems
def sample(*args, **kwargs):
    import array
    channel = socket.socket(fileno=os.dup(3))
    fd = os.open("/dev/null", os.O_RDONLY)
    attempt("pass descriptors to the judge", lambda: channel.sendmsg([b"x" * 12], [(
        socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd] * 50))]))
    return "hello"
RNN.forward = lambda self, *a: sample()
