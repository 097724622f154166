# tries: to write what is no frame to the channel's descriptor
# earns: clip, poems
# quick: yes
def sample(*args, **kwargs):
    os.write(3, b"\xff" * 64)
    return "hello"
