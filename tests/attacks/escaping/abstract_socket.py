# tries: to connect to an abstract socket, which has no place in the file system
# earns: clip, poems
# quick: yes
_ = attempt("an abstract socket", lambda: socket.socket(socket.AF_UNIX).connect("@ABSTRACT@"))
_ = attempt("connect the channel elsewhere", lambda: socket.socket(fileno=os.dup(3)).connect("@ABSTRACT@"))
