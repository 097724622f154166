# tries: netlink, raw, packet, vsock and Bluetooth sockets
# earns: clip, poems
_ = [attempt(f"socket family {f}, type {t}", lambda f=f, t=t: socket.socket(f, t, 0)) for f, t in (
    (16, 3), (2, 3), (17, 3), (40, 1), (31, 3), (38, 5), (15, 3))]
