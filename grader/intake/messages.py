"""The messages of intake about a hand-in, every sentence in Chinese and English."""

from __future__ import annotations

from collections.abc import Iterable

from kit.contracts import PARTS
from kit.sources import show
from kit.text import Text

_REPACK = Text(
    "请用 zip 格式重新打包后再提交（Windows：右键 → 压缩为 ZIP 文件；macOS：右键 → 压缩；"
    "或运行 python pack.py 你的名字）。",
    "Pack the files again as an ordinary zip (Windows: right click, Compress to ZIP; macOS: "
    "right click, Compress; or run python pack.py yourname).",
)
_LEFT_OUT = Text("已略过，其余文件照常评分。", "Left out; the rest is graded.")


def _archive(kind: str) -> Text:
    return (
        Text(
            f"提交的是 {kind} 压缩包，这里只能打开 zip。",
            f"This is a {kind} archive; only zip can be opened.",
        )
        + _REPACK
    )


REFUSED: dict[str, Text] = {
    "rar": _archive("RAR"),
    "7z": _archive("7z"),
    "gzip": _archive("gzip (.tar.gz)"),
    "tar": _archive("tar"),
    "xz": _archive("xz"),
    "bzip2": _archive("bzip2"),
    "zstd": _archive("zstd"),
    "split": Text(
        "这是分卷压缩包中的一卷，缺少其余分卷。",
        "This is one volume of a split archive; the others are not here.",
    )
    + _REPACK,
    "pdf": Text(
        "提交的是一份 PDF，没有代码。请把代码打成 zip 提交，PDF 报告放在 zip 里面或旁边。",
        "This is a PDF, and there is no code. Hand in a zip of the code, with the PDF report "
        "inside it or beside it.",
    ),
    "html": Text(
        "这是一个网页（HTML），不是 zip：多半是下载时登录过期了。请重新下载或重新提交 zip。",
        "This is a web page (HTML), not a zip: most likely a download after the login had "
        "expired. Download it again, or hand in the zip again.",
    ),
    "office": Text(
        "这是一个 Office 文档（Word/PPT/Excel），里面没有代码。请提交代码的 zip，报告另存为 PDF。",
        "This is an Office document with no code in it. Hand in a zip of the code, and the "
        "report as PDF.",
    ),
    "zero": Text(
        "文件是空的（0 字节）：上传没有成功。请重新提交。",
        "The file is empty (0 bytes): the upload failed. Hand it in again.",
    ),
    "not_zip": Text("这不是 zip 文件，无法打开。", "This is not a zip file and cannot be opened.")
    + _REPACK,
    "truncated": Text(
        "zip 不完整：文件末尾缺失或目录损坏，多半是上传中断。请重新打包、重新提交，"
        "并先自己下载解压确认一次。",
        "The zip is incomplete: its end is missing or its directory is damaged, most likely by "
        "an upload that broke off. Pack it again, hand it in again, and try to unpack it "
        "yourself first.",
    ),
    "encrypted": Text(
        "zip 加了密码，无法打开。请去掉密码，重新打包后再提交。",
        "The zip is encrypted with a password and cannot be opened. Pack it again without a "
        "password.",
    ),
    "empty": Text(
        "zip（或文件夹）里没有文件。请检查打包时是否选中了代码，重新打包后再提交。",
        "There are no files in the zip or folder. Check that the code was selected when packing, "
        "and hand it in again.",
    ),
    "too_large": Text(
        "文件超过 {limit} MB，没有打开。请只打包代码和 PDF 报告，不要放数据、模型权重、虚拟环境。",
        "The file exceeds {limit} MB and was not opened. Pack only the code and the PDF report, "
        "no data, weights or virtual environment.",
    ),
    "source_too_large": Text(
        "这个文件超过 {limit} MB，不像是代码，没有读取。请只提交自己写的代码；"
        "Jupyter 笔记本请先清除输出（Clear All Outputs）。",
        "This file exceeds {limit} MB and does not look like code, so it was not read. Hand in "
        "only the code that you wrote; clear the outputs of a notebook (Clear All Outputs).",
    ),
    "bomb": Text(
        "zip 解压后大得不正常（压缩炸弹），没有解压。请只打包代码和 PDF 报告；"
        "数据和模型权重不要放进去。",
        "The zip unpacks to an abnormal size (a zip bomb) and was not unpacked. Pack only the "
        "code and the PDF report, no data and no weights.",
    ),
    "many": Text(
        "zip 里的文件多得不正常，没有解压。请只打包代码和 PDF 报告，不要放虚拟环境、数据集。",
        "The zip lists an abnormal number of files and was not unpacked. Pack only the code and "
        "the PDF report, no virtual environment and no data set.",
    ),
    "overlap": Text(
        "zip 里的文件互相重叠，这是伪造的或损坏的压缩包，没有解压。",
        "The entries of the zip overlap: it is forged or damaged, and was not unpacked.",
    )
    + _REPACK,
    "damaged": Text(
        "zip 里的文件都已损坏，无法读取。请重新打包、重新提交，并先自己下载解压确认一次。",
        "The files in the zip are damaged and cannot be read. Pack it again, hand it in again, "
        "and try to unpack it yourself first.",
    ),
    "method": Text(
        "zip 里的文件用了不支持的压缩方法，无法解压（只支持“存储”和 deflate）。",
        "The files in the zip are packed by an unusual method (only stored and deflated files "
        "can be read).",
    )
    + _REPACK,
    "nothing": Text(
        "没有一个文件可以读取；原因逐条列在下面。请按说明改正，重新打包后再提交。",
        "Not one file could be read; the reasons are listed. Fix them, pack again and hand in "
        "again.",
    ),
    "notebook": Text(
        "这个 Jupyter 笔记本无法读取；原因列在下面。请在 Jupyter 里重新保存，或导出为 .py 再提交。",
        "This notebook cannot be read; the reason is listed. Save it again in Jupyter, or export "
        "it as .py.",
    ),
    "no_cells": Text(
        "这个 Jupyter 笔记本里没有代码单元格，只有文字。请提交含有代码的 .ipynb 或 .py 文件。",
        "This notebook has no code cells, only text. Hand in the notebook that holds the code, or "
        "a .py file.",
    ),
}
"""Why nothing could be opened, and what to do."""

REFUSED_SHORTLY: dict[str, Text] = {
    **{
        kind: Text(f"{name} 压缩包", f"{name} archive")
        for kind, name in {
            "rar": "RAR", "7z": "7z", "gzip": "gzip", "tar": "tar", "xz": "xz",
            "bzip2": "bzip2", "zstd": "zstd",
        }.items()
    },
    "split": Text("分卷压缩包中的一卷", "one volume of a split archive"),
    "pdf": Text("其实是 PDF", "a PDF"),
    "html": Text("其实是网页", "a web page"),
    "office": Text("其实是 Office 文档", "an Office document"),
    "zero": Text("空文件", "an empty file"),
    "not_zip": Text("不是 zip", "not a zip"),
    "truncated": Text("不完整", "incomplete"),
    "empty": Text("里面没有文件", "no files in it"),
    "many": Text("文件多得不正常", "an abnormal number of files"),
}  # fmt: skip
"""Why a zip inside the hand-in could not be opened, in the few words that fit a list of names."""

NOTED: dict[str, Text] = {
    "absolute": Text(
        "{names}：用的是绝对路径，已去掉开头的根目录，照常评分。",
        "The path is absolute: {names}. It was read as if it were below the hand-in.",
    ),
    "drive": Text(
        "{names}：路径里带有盘符，已去掉盘符，照常评分。",
        "The path names a drive: {names}. It was read as if it were below the hand-in.",
    ),
    "parent": Text(
        "{names}：路径里含有 ..（上一级文件夹），已去掉，照常评分。",
        "The path holds .. (the folder above): {names}. It was read as if it were below the "
        "hand-in.",
    ),
    "symlink": Text(
        "{names} 是符号链接，不会跟随。请直接放入文件本身。",
        "A symbolic link is never followed: {names}. Put in the file itself.",
    )
    + _LEFT_OUT,
    "special": Text("{names} 不是普通文件。", "Not an ordinary file: {names}.") + _LEFT_OUT,
    "device": Text(
        "{names}：文件名是 Windows 的保留名。请改名。",
        "The name is reserved on Windows: {names}. Rename it.",
    )
    + _LEFT_OUT,
    "control": Text(
        "{names}：文件名里有控制字符。请改名。",
        "The name holds control characters: {names}. Rename it.",
    )
    + _LEFT_OUT,
    "long_name": Text("{names}：路径太长或为空。", "The path is too long or empty: {names}.")
    + _LEFT_OUT,
    "deep": Text("{names}：文件夹嵌套太深。", "Folders are nested too deeply: {names}.")
    + _LEFT_OUT,
    "encrypted": Text(
        "{names} 加了密码，无法打开。请去掉密码，重新打包。",
        "Encrypted with a password: {names}. Pack again without one.",
    )
    + _LEFT_OUT,
    "method": Text(
        "{names} 的压缩方法不支持（只支持“存储”和 deflate）。",
        "Packed by an unusual method (only stored and deflated can be read): {names}.",
    )
    + _LEFT_OUT,
    "damaged": Text(
        "{names} 已损坏（校验和不符或数据缺失）。请重新打包。",
        "Damaged (wrong checksum or missing data): {names}. Pack again.",
    )
    + _LEFT_OUT,
    "overlap": Text(
        "{names} 与 zip 里别的文件重叠。", "Overlaps with another entry of the zip: {names}."
    )
    + _LEFT_OUT,
    "bomb": Text(
        "{names} 解压后大得不正常，没有解压。",
        "Unpacks to an abnormal size, so it was not unpacked: {names}.",
    )
    + _LEFT_OUT,
    "source_too_large": Text(
        "{names} 太大，不像是代码，没有读取。Jupyter 笔记本请先清除输出（Clear All Outputs）。",
        "Too large to be code, so it was not read: {names}. Clear the outputs of a notebook "
        "(Clear All Outputs).",
    )
    + _LEFT_OUT,
    "report_too_large": Text(
        "{names} 是太大的 PDF，没有保留。请压缩图片后再导出。",
        "The PDF is too large and was not kept: {names}. Export it with smaller images.",
    ),
    "budget": Text(
        "{names} 没有读取：文件总量已超过上限。请只打包代码和 PDF 报告。",
        "Beyond the limit on the whole, so it was not read: {names}. Pack only the code and the "
        "PDF report.",
    ),
    "many": Text(
        "{names} 及其后的文件没有查看：文件太多。请只打包代码和 PDF 报告。",
        "Too many files; this one and what follows was not looked at: {names}. Pack only the "
        "code and the PDF report.",
    ),
    "unreadable": Text(
        "{names}：没有读取权限或读取出错。", "Cannot be read (permission or disk error): {names}."
    )
    + _LEFT_OUT,
    "duplicate": Text(
        "{names} 在 zip 里不止一个。以最后一个为准，和解压的结果一样。",
        "The zip holds the same name more than once: {names}. The last one counts, as when "
        "unpacking.",
    ),
    "case": Text(
        "{names} 的文件名只有大小写不同。在 Windows 和 macOS 上它们会互相覆盖；这里全部读取。",
        "Names that differ only in upper and lower case: {names}. On Windows and macOS one "
        "overwrites the other; here all were read.",
    ),
    "gbk_names": Text(
        "{names} 在 zip 里的文件名是 GBK 编码，已正确还原。不扣分。",
        "The names in the zip are in GBK and were decoded: {names}. This costs nothing.",
    ),
    "inner_zip": Text(
        "{names} 是 zip 里面的 zip，已打开。不扣分。",
        "A zip inside the hand-in was opened: {names}. This costs nothing.",
    ),
    "nested_deep": Text(
        "{names} 没有打开：zip 套 zip 超过一层。请直接打包代码。",
        "A zip inside a zip inside a zip is not opened: {names}. Pack the code directly.",
    ),
    "inner_archive": Text(
        "{names} 是 zip 以外的压缩包，没有打开。请直接放入里面的文件。",
        "An archive other than zip is not opened: {names}. Put in the files themselves.",
    ),
    "inner_refused": Text(
        "{names} 是 zip 里面的 zip，无法打开。", "A zip inside cannot be opened: {names}."
    )
    + _LEFT_OUT,
    "pdf_fake": Text(
        "{names} 的扩展名是 .pdf，内容却不是 PDF。请从文档软件里重新导出。",
        "Named .pdf, but not a PDF: {names}. Export it again from the word processor.",
    ),
    "report_not_pdf": Text(
        "没有找到 PDF 报告；{names} 看起来是报告，请另存为 PDF。",
        "No PDF report was found; this looks like the report, save it as PDF: {names}.",
    ),
    "many_sources": Text(
        "{names} 没有读取：代码文件太多。请只提交自己写的代码。",
        "Too many files of code, so these were not read: {names}. Hand in only what you wrote.",
    ),
    "no_cells": Text(
        "{names} 里没有代码单元格，没有可以评分的代码。",
        "There are no code cells in {names}, so nothing in it can be graded.",
    ),
    "id_cut": Text(
        "文件名太长，结果文件夹的名称截短为 {names}。请核对这份作业是谁的。",
        "The name is too long; the folder of results is called {names}. See whose hand-in it is.",
    ),
    "starter_tests": Text(
        "{names} 是课程自带的测试和工具，不参与评分（评分用的是原版）。",
        "The course's own tests and tools are not graded (the original ones are used): {names}.",
    ),
}
"""What was left out, chosen or forgiven, for one or several files."""

SEVERAL_PDFS = Text(
    "有 {count} 份 PDF：{names}。以最大的 {chosen} 为报告。",
    "There are {count} PDFs: {names}. The largest, {chosen}, is taken as the report.",
)
NO_CODE = Text(
    "没有找到代码：没有 .py 文件，也没有含代码单元格的 .ipynb。请确认打包时放进了代码。",
    "No code was found: no .py file and no notebook with code cells. Make sure that the code is "
    "in the zip.",
)
_EXAMPLES = Text(
    "、".join(f"{part.id} 的 {part.example}" for part in PARTS if part.example),
    ", or ".join(f"{part.example} of {part.id}" for part in PARTS if part.example),
)
NO_PART = Text(
    f"读到了代码，但没有找到实验的任何一部分（例如 {_EXAMPLES.zh}）。"
    "请检查提交的文件是否正确，函数名和类名是否与模板一致。",
    f"Code was read, but no part of the lab was found in it (such as {_EXAMPLES.en}). Check "
    "that these are the right files, and that the names of functions and classes are the "
    "starter's.",
)
UNREADABLE_SAFELY = Text(
    "这份作业无法读取：在时间和内存的限度内读不完，或者它使读取文件的程序崩溃。"
    "请检查文件是否损坏，用 zip 重新打包，只放代码和 PDF 报告，再提交一次。",
    "This hand-in could not be read: it takes more time or memory than is granted, or makes a "
    "program that reads files crash. See whether the files are damaged, pack them again as a zip "
    "with only the code and the PDF report, and hand it in again.",
)
NOT_A_FILE = Text(
    "{path} 既不是文件也不是文件夹。请检查路径。",
    "{path} is neither a file nor a folder. Check the path.",
)
UNREADABLE = Text(
    "无法读取 {path}（{reason}）。请检查权限和磁盘。",
    "{path} cannot be read ({reason}). Check its permissions and the disk.",
)

_SHOWN = 6
_KEPT = 500  # of the names of one kind; a hostile folder can give tens of thousands


def enumerate_names(names: Iterable[str | Text], more: int = 0) -> Text:
    """A bounded list of file names, fit for a sentence; there are `more` than `names` holds."""
    unique = list(dict.fromkeys(names))
    left = max(len(unique) - _SHOWN, 0) + more
    end = f" +{left}" if left else ""
    shown = [name if isinstance(name, Text) else Text(name, name) for name in unique[:_SHOWN]]
    return Text(
        "、".join(show(name.zh) for name in shown) + end,
        ", ".join(show(name.en) for name in shown) + end,
    )


class Notes:
    """Collects file names by kind of notice; each kind becomes one sentence."""

    def __init__(self) -> None:
        self.names: dict[str, list[str | Text]] = {}
        self.more: dict[str, int] = {}
        """How many names of a kind were not kept."""

    def add(self, kind: str, name: str | Text) -> None:
        """Note `name` under a key of ``NOTED``."""
        if kind not in NOTED:
            raise KeyError(kind)
        kept = self.names.setdefault(kind, [])
        if len(kept) < _KEPT:
            kept.append(name)
        else:
            self.more[kind] = self.more.get(kind, 0) + 1

    def __contains__(self, kind: str) -> bool:
        return kind in self.names

    def texts(self) -> tuple[Text, ...]:
        """The sentences, in the order of ``NOTED``."""
        return tuple(
            text.format(names=enumerate_names(self.names[kind], self.more.get(kind, 0)))
            for kind, text in NOTED.items()
            if kind in self.names
        )
