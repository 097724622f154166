# tries: to reach files outside by symbolic and hard links from its scratch
# earns: clip, poems
_ = [os.symlink(t, f"link{i}") for i, t in enumerate(("@CANARY@/open.txt", "@CHECKOUT@", "/proc/1/root"))]
_ = attempt("read through a link", lambda: open("link0").read())
_ = attempt("write through a link", lambda: open("link0", "a").write("@MARK@"))
_ = attempt("read the checkout through a link", lambda: open("link1/rubric.yaml").read())
_ = attempt("a hard link to the kit", lambda: os.link("/lab/kit/text.py", "hard"))
_ = attempt("rename the kit", lambda: os.rename("/lab/kit", "/lab/@MARK@"))
