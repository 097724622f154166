"""The patterns by which things are found in a report, in Chinese and English.

Each looks at one line or sentence of bounded length, and repeats nothing inside a repetition: a
hostile text costs time in proportion to its length.
"""

from __future__ import annotations

import re

# ---------------------------------------------------------------- headings, captions, phenomena

NUMBER = (
    r"(?:第?[一二三四五六七八九十\d]{1,3}(?:[.．]\d{1,2}){0,3}[章节部分步]{0,2}[、.．:：)）\s]*"
    r"|[（(][一二三四五六七八九十\d]{1,2}[)）]\s*|[IVX]{1,4}\.\s*)?"
)
SECTIONS = {
    "purpose": r"目的|引言|背景|任务|概述|简介|introduction|purpose|objective|motivation|overview",
    "principle": r"原理|理论|推导|公式|方法|theory|method|derivation|principle|background",
    "implementation": r"实现|代码|设计|模块|步骤|过程|implementation|design|modules",
    "setup": r"环境|设置|配置|超参数|数据集?|set-?up|hyper-?parameter|environment|dataset|settings",
    "results": r"结果|results?|experiments?",
    "analysis": r"分析|讨论|analysis|discussion",
    "conclusion": r"总结|结论|心得|体会|收获|conclusion|summary|reflection",
    "module_lstm": r"字符级|char[-_ ]?(?:level|lstm)|character|\bpart a\b|[ａa] ?部分|部分 ?a\b",
    "module_rnn": r"numpy|手写|手工|从零|from scratch|\bpart b\b|[ｂb] ?部分|部分 ?b\b",
    "module_poems": r"写诗|诗歌|古诗|唐诗|作诗|poem|poetry",
}
HEADING = {
    id: re.compile(rf"^{NUMBER}[^。，；,;]{{0,24}}?(?:{words})[^。，；,;]{{0,24}}$", re.IGNORECASE)
    for id, words in SECTIONS.items()
}
CONTENTS = re.compile(r"(?:\.{3,}|…{1,}|·{3,}|(?:\. ){3,})\s*\d{1,3}$")
CAPTION = re.compile(
    r"^(图|表|figure|fig\.?|table|tab\.?)\s{0,2}([a-z]?\d{1,3}(?:[-.–]\d{1,3})?|[一二三四五六七八九十]{1,3})"
    r"(?=$|[\s:：.、，,(（)）]|[\u4e00-\u9fff])(.{0,200})",
    re.IGNORECASE,
)
REFERS = re.compile(
    r"^(?:中|所示|可[见以知]|给出|显示|说明|展示|是|为|里|shows?\b|gives?\b|is\b|and\b)",
    re.IGNORECASE,
)
LOSS_CURVE = re.compile(
    r"(?:损失|loss|perplexity|困惑度).{0,40}?(?:曲线|变化|下降|curves?|plot|figure|over|during|against)"
    r"|(?:曲线|curves?|plot) .{0,20}?(?:损失|loss)",
    re.IGNORECASE,
)
GRADIENT_NORMS = re.compile(
    r"(?:梯度|gradients?).{0,20}?(?:范数|模长|大小|norms?|magnitudes?).{0,60}?"
    r"(?:时间步|时刻|时间|步数|\bt\b|time ?-?steps?|over time|steps?)"
    r"|(?:时间步|time ?-?steps?).{0,40}?(?:梯度|gradients?).{0,20}?(?:范数|norms?)"
    r"|norms? of .{0,20}?gradients?.{0,40}?(?:steps?|time|\bt\b)",
    re.IGNORECASE,
)
TEMPERATURE = re.compile(
    r"(?:温度|temperatures?|temp\b|\bτ|\bT ?=)"
    r"(?:[^\d。；;]{0,24}?)((?:\d{1,2}(?:\.\d{1,3})?(?:\s*(?:、|,|，|/|和|与|及|and|or|,\s*and)\s*)?){1,6})",
    re.IGNORECASE,
)
DECIMAL = re.compile(r"\d{1,2}(?:\.\d{1,3})?")
QUESTIONS = re.compile(r"阅读|思考题|问题回答|问答|reading|questions?\b", re.IGNORECASE)
QUESTION = re.compile(
    r"^(?:阅读|思考|reading )?(?:问题|题目?|questions?|q)\s{0,2}([1-9一二三四五])(?![\d年月])"
    r"|^(?:第\s?([一二三1-3])\s?[题问])",
    re.IGNORECASE,
)
ITEM = re.compile(r"^[（(]?([1-3])[)）.、．]\s*\S")
CHINESE = {char: str(number) for number, char in enumerate("一二三四五", 1)}
END = re.compile(r"(?<=[。！？；!?;])|(?<=\.)\s+(?=[A-Z\u4e00-\u9fff])")
CJK = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
NO_HEADING_ENDS = "。，；;,.=:："
"""Characters at the end of a line that is no heading."""

# ---------------------------------------------------------------- numbers, and those of logs

VALUE = r"\d{1,6}(?:\.\d{1,8})?"
LOSS = re.compile(
    # The value comes last: "from 4.2 to 1.8" ends at 1.8.
    rf"(?:最终|最后|末轮|final|last)[^\d。;；]{{0,30}}?(?:损失|loss)[^\d。;；]{{0,30}}?({VALUE})"
    rf"|(?:损失|loss)[^。;；]{{0,60}}?(?:降[到至为]|收敛[到于在]?|下降[到至]|稳定在|\bto|reaches|at)"
    rf"[^\d。;；]{{0,12}}?({VALUE})"
    rf"|(?:final|最终|最后)[^\d。;；]{{0,12}}?(?:损失|loss)[^\d。;；]{{0,12}}?({VALUE})",
    re.IGNORECASE,
)
EPOCHS = re.compile(
    r"(?<![\d.])(\d{1,4})\s?个?\s?(?:轮|epochs?\b|代)|(?:epochs?|轮数)\s?(?:=|:|：|为|设为|is)\s?(\d{1,4})",
    re.IGNORECASE,
)
WORDS = {"five": "5", "ten": "10", "twenty": "20", "thirty": "30", "十": "10", "二十": "20"}
LOGGED_LOSS = re.compile(
    rf"(?:loss|损失|ce)[\"'\s:=\]|]{{1,6}}({VALUE}(?:e-?\d{{1,2}})?)", re.IGNORECASE
)
LOGGED_EPOCH = re.compile(r"(?:epoch|轮次?|第)[\"'\s:=\[|]{0,6}(\d{1,5})", re.IGNORECASE)
# Neither inside a longer number nor with half a word for its unit ("17400 steps", "5 hidden").
_TIME = (
    r"(?<![\d.,])(\d{1,7}(?:\.\d{1,20})?)\s?"
    r"(秒|分钟|小时|(?:(?-i:s|h)|secs?|seconds?|mins?|minutes?|hrs?|hours?)(?![A-Za-z\d_-]))"
)
_ONE_EPOCH = (
    r"(?:(?:每一?|(?<![十百千])一)个?\s?epoch|每一?轮|(?<![十百千])一轮|(?<![\d.])1\s?(?:个\s?)?epoch"
    r"|(?<![\d个a-z])(?<![\d个]\s)epoch)(?![a-z])"
)
"""Not several: "20 epochs took 40 minutes" says nothing of one."""

EPOCH_SECONDS = re.compile(
    rf"{_TIME}\.?\s?(?:/|per |每)\s?(?:epoch|it|轮)(?![a-z])"
    rf"|{_ONE_EPOCH}[^\d。;；]{{0,12}}?(?:用时|耗时|需要?|要|takes?|took)\s?(?:约|about)?\s?{_TIME}",
    re.IGNORECASE,
)
"""How long one epoch, or one step of a bar of progress, takes: a number and its unit."""

SECONDS_OF = {"m": 60, "分": 60, "h": 3600, "小": 3600}
"""Of a unit, by its first letter; seconds otherwise."""

SAYS_SLOW = re.compile(
    r"(?:训练|运行|代码|程序|速度|每轮|采样).{0,12}?(?:太慢|过慢|很慢|非常慢|极慢|特别慢)"
    r"|\b(?:training|runs?|running|code|program|epochs?|sampling)\b.{0,30}?"
    r"\b(?:too|very|extremely|painfully|really) slow\b",
    re.IGNORECASE,
)
CLAUSE_END = re.compile(r"[，；;。！!：:\n]|[.,](?!\d)")
SUPPOSED = re.compile(
    # A condition, or a fear.
    r"如果|若|假如|假设|要是|倘|否则|不然|的话|避免|防止|以免|免得|担心|害怕|为了"
    r"|怎么|如何|为什么|为何|是否|吗|[?？]"
    # What was so once, and is not any more.
    r"|[之以此先]前|原[来本先]|本来|[起最]初|一?开始|曾|后来|改[用成为进写]|换[成用为]|优化(?!器)|加速|提速|快"
    r"|[向矢]量化|矩阵运算|解决|缩短|降[到至为]|减[到至]"
    # What is said of such models in general.
    r"|通常|一般|往往|可能|也许|理论上|据说|听说|同学"
    r"|\b(?:without|if|unless|otherwise|lest|whether|why|how|would|could|might|may|should|can|will"
    r"|avoid\w*|prevent\w*|afraid|fear\w*|worr\w+|expect\w*|instead|before|previous\w*|original\w*"
    r"|initial\w*|at first|used to|once|earlier|until|now|no longer|any ?more|vectori[sz]\w*"
    r"|optimi[sz](?:e|ed|ing|ation)|fix\w*|solv\w+|resolv\w+|replac\w+|switch\w*|chang\w+|rewr\w+"
    r"|fast\w*|quick\w*|sped|speed\w*|einsum|matmul|reduced to"
    r"|usual\w*|general\w*|often|typical\w*|known|tends?|theor\w+|perhaps|probably)\b",
    re.IGNORECASE,
)
"""In a sentence that does not simply say how it is. Advice is better left out than false."""

# 会 and 将 speak of the future; 会议 is a meeting.
DENIED = re.compile(
    r"[没不未无]|[会将](?!议)|以内|最多|至多|\b(?:not?|never|none|nor|hardly|cannot|at most|up to"
    r"|under|less|within)\b|n['’]t\b",
    re.IGNORECASE,
)
"""In the clause itself."""

OF_SOMETHING_ELSE = re.compile(
    r"收敛|[下上]?降|学习|损失|误差|准确率|困惑度|梯度|提升|更新|下载|网|读取|加载|打字"
    r"|converg|loss|perplexity|accuracy|gradient|learn|decreas|fall|drop|declin|improv|decay"
    r"|go\w* down|download|network|internet|load|student|start",
    re.IGNORECASE,
)
"""That the loss falls slowly, or a download: not that computing is slow."""

EPOCHS_IN_WORDS = re.compile(r"\b(five|ten|twenty|thirty) epochs\b|([二]?十)轮")
