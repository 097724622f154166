"""Reports for tests: of lines in any language, of scanned pages, locked, hostile."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pypdfium2 as pdfium
from fpdf import FPDF
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdfium2 import raw

_TOP, _LINE = 800, 18


def lines_pdf(*pages: Sequence[str]) -> bytes:
    """A PDF of lines; its font is one that readers of PDFs bring along, for Chinese too."""
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "",  # the pages, once their numbers are known
        "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UTF16-H "
        "/DescendantFonts [4 0 R] >>",
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo "
        "<< /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> /FontDescriptor 5 0 R /DW 1000 >>",
        "<< /Type /FontDescriptor /FontName /STSong-Light /Flags 4 /FontBBox [0 -200 1000 900] "
        "/ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 700 /StemV 80 >>",
    ]
    kids = []
    for lines in pages:
        shown = [
            f"BT /F1 12 Tf 40 {_TOP - _LINE * i} Td "
            f"<{line.encode('utf-16-be', 'surrogatepass').hex()}> Tj ET"
            for i, line in enumerate(lines)
        ]
        stream = "\n".join(shown)
        kids.append(f"{len(objects) + 1} 0 R")
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources "
            f"<< /Font << /F1 3 0 R >> >> /Contents {len(objects) + 2} 0 R >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    made, places = io.BytesIO(b"%PDF-1.7\n"), []
    made.seek(0, io.SEEK_END)
    for number, content in enumerate(objects, 1):
        places.append(made.tell())
        made.write(f"{number} 0 obj\n{content}\nendobj\n".encode("latin-1"))
    start = made.tell()
    made.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode())
    made.write("".join(f"{place:010d} 00000 n \n" for place in places).encode())
    made.write(
        f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF".encode()
    )
    return made.getvalue()


def scanned_pdf(pages: int = 2) -> bytes:
    """Pages that are pictures and hold no text."""
    made = FPDF()
    for number in range(pages):
        made.add_page()
        picture = Image.new("RGB", (300, 420), (200, 200, 20 * number))
        made.image(picture, x=0, y=0, w=210, h=297)
    return bytes(made.output())


def drawn_pdf() -> bytes:
    """A table of lines, two plots of lines, and these two again as embedded drawings."""
    made = FPDF()
    made.add_page()
    for cell in range(24):
        made.rect(20 + 30 * (cell % 4), 40 + 8 * (cell // 4), 30, 8)
    made.add_page()
    for top in (40, 160):
        made.line(20, top + 50, 180, top + 50)
        made.line(20, top, 20, top + 50)
        made.polyline([(20 + 3 * i, top + i * 37 % 40) for i in range(50)])
    document = pdfium.PdfDocument(bytes(made.output()))
    embedded = raw.FPDF_NewXObjectFromPage(document, document, 1)
    page = document.new_page(595, 842)
    for up in (0, 420):
        thing = pdfium.PdfObject(raw.FPDF_NewFormObjectFromXObject(embedded), pdf=document)
        thing.set_matrix(pdfium.PdfMatrix().scale(0.45, 0.45).translate(60, up))
        page.insert_obj(thing)
    page.gen_content()
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def locked_pdf() -> bytes:
    """A PDF that opens with a password alone."""
    writer = PdfWriter(PdfReader(io.BytesIO(lines_pdf(["secret"]))))
    writer.encrypt("password", algorithm="RC4-128")
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


CHINESE = lines_pdf(
    [
        "实验六：循环神经网络",
        "目录",
        "一、实验目的 ........ 1",
        "三、实验结果 ........ 3",
        "一、实验目的",
        "本实验实现字符级语言模型，理解梯度的传播。",
        "二、原理与推导",
        "隐状态按时间步展开。",
    ],
    [
        "三、实现",
        "3.1 NumPy 手写 RNN",
        "3.2 字符级 LSTM",
        "3.3 唐诗生成",
        "超参数如下，训练 25 轮。",
        "表 1：超参数",
    ],
    [
        "四、实验结果",
        "图 1：训练损失曲线",
        "最终损失为 1.53，而不是 2.40。",
        "图 2：梯度范数随时间步 t 的变化",
        "图 2 中可以看到梯度消失。",
        "温度为 0.5、1.0、1.5 时的样例见表 2。",
        "表 2 不同温度的样例",
    ],
    ["五、结果分析", "梯度消失是因为谱半径小于一。", "六、阅读问题", "1. 因为损失只在最后一步。",
     "2. 因为门控。", "3. 困惑度是指数。", "七、总结"],
)  # fmt: skip
"""A good report in Chinese, with a table of contents, which is no section."""

ENGLISH = lines_pdf(
    ["Lab 6", "1 Introduction", "We train recurrent networks.", "2 Theory", "h = tanh(z)."],
    ["3 Implementation", "Part A: character LSTM", "Part B: RNN in NumPy", "Tang poems",
     "4 Setup", "We train for 10 epochs."],
    ["5 Results", "Figure 1: Training loss curve of both models.",
     "The loss falls from 4.2 to 1.8 at the end.",
     "Fig. 2. Gradient norm over time steps", "Samples at temperature 0.5, 1.0 and 1.5 follow.",
     "Table 1: Samples"],
    ["6 Analysis", "Gradients vanish.", "Reading questions", "Question 1 The last step alone.",
     "Question 2 Gates.", "7 Conclusion", "It works."],
)  # fmt: skip
