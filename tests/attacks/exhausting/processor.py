# tries: to compute without end
# earns: clip, poems
# quick: yes
def sample(*args, **kwargs):
    while True:
        pass
