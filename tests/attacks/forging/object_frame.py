# tries: to send a frame that announces an array of objects, and one with a pickle in it
# earns: clip, poems
def sample(*args, **kwargs):
    import json, pickle, struct
    body = pickle.dumps(print)
    header = json.dumps(["d", ["l", "value"], ["a", "|O", [len(body)]]]).encode()
    os.write(3, struct.pack("<IQ", len(header), len(body)) + header + body)
    return "hello"
