# tries: to fill the disk
# earns: clip, poems
def sample(*args, **kwargs):
    for i in range(1000):
        with open(f"/scratch/tmp/{i}", "wb") as file:
            file.write(bytes(8 << 20))
    return "hello"
