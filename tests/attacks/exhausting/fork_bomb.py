# tries: to fork without end
# earns: clip, poems
# quick: yes
def sample(*args, **kwargs):
    for _ in range(200):
        attempt("fork", os.fork)
    return "hello"
_ = sample()
