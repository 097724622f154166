# tries: to ignore and block every signal, and to catch every exception, for ever
# earns: clip, poems
def sample(*args, **kwargs):
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
    while True:
        try:
            time.sleep(100)
        except BaseException:
            pass
