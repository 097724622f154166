# tries: the same while it is loaded, by which a whole part would wait for a person
# earns: poems
# spoils: clip
_ = os.closerange(0, 64), time.sleep(10**6)
