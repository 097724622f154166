# tries: to connect to the judge's machine over IPv4, and to send a datagram
# earns: clip, poems
# quick: yes
_ = attempt("TCP over IPv4", lambda: socket.create_connection(("127.0.0.1", @PORT4@), 0.5))
_ = attempt("an IPv4 socket", lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM))
_ = attempt("UDP over IPv4", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 53)))
_ = attempt("a name server", lambda: socket.getaddrinfo("localhost", 80)[0][4] and socket.socket())
