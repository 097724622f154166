# tries: to speak to the marker with the grader's voice, and to inject markup into the page
# earns: clip, poems
def _speak():
    class Full(Exception):
        pass
    Full.__name__ = "<script>fetch('http://127.0.0.1:@PORT4@')</script>\x1b]0;owned\x07"
    raise Full("<img src=x onerror=alert(1)>")
_ = _speak()
