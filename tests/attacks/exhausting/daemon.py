# tries: to leave a process behind that lives on
# earns: clip, poems
def _daemon():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(600)
        os._exit(0)
_ = attempt("leave a daemon", _daemon)
_ = attempt("a new session", os.setsid)
