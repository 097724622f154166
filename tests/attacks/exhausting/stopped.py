# tries: to stop itself, neither dead nor alive
# earns: clip, poems
def sample(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGSTOP)
