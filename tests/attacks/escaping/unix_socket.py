# tries: to connect to a socket in the file system that everybody may write to
# earns: clip, poems
_ = attempt("a Unix socket", lambda: socket.socket(socket.AF_UNIX).connect("@CANARY@/s"))
_ = attempt("a pair of sockets", lambda: socket.socketpair())
