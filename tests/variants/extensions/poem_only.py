# 藏头诗
def acrostic(words, next_word):
    result = []
    for w in words:
        s = [w]
        while True:
            c = next_word("".join(s))
            if c == "。":
                break  # 句号不放进去
            s.append(c)
            if len(s) >= 24:
                break
        result.append("".join(s))
    return tuple(result)


if __name__ == "__main__":
    print(acrostic(input("四个字："), lambda p: "。"))
