# tries: to compute without end inside numpy
# earns: clip, poems
def sample(*args, **kwargs):
    a = np.ones((1500, 1500))
    while True:
        a = a @ a * 0 + 1
