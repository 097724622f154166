# tries: to lose itself in a regular expression
# earns: clip, poems
import re
def sample(*args, **kwargs):
    return re.match("(a+)+$", "a" * 60 + "b")
