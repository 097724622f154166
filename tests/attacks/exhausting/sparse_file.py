# tries: to make one file larger than any disk
# earns: clip, poems
def sample(*args, **kwargs):
    with open("large", "wb") as file:
        file.truncate(1 << 45)
    return "hello"
