# tries: to go on computing in threads after the call has ended
# earns: clip, poems
def sample(*args, **kwargs):
    def spin():
        while True:
            pass
    threading.Thread(target=spin, daemon=True).start()
    return "hello"
