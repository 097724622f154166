# tries: to break the parser by nesting
# earns: clip, poems
_deep = eval("lambda: " + "(" * 150 + "1" + ")" * 150) if False else None
_ = compile("-" * 100_000 + "1", "x", "eval")
