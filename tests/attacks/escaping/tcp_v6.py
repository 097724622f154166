# tries: to connect to the judge's machine over IPv6
# earns: clip, poems
_ = attempt("TCP over IPv6", lambda: socket.socket(socket.AF_INET6).connect(("::1", @PORT6@)))
_ = attempt("an IPv6 socket", lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM))
