# tries: to leave something in /tmp and /dev/shm, which are its own there
# earns: clip, poems
def sample(*args, **kwargs):
    for folder in ("/tmp", "/dev/shm", "/scratch/tmp", "."):
        with open(f"{folder}/@MARK@", "w") as file:
            file.write("hello")
    return "hello"
