"""Chinese names, annotations of the future, everything below ``if True``."""

from __future__ import annotations

import functools

if True:
    import torch
    from torch import Tensor, nn

    def 计时(函数):
        @functools.wraps(函数)
        def 包装(*参数, **选项):
            return 函数(*参数, **选项)

        return 包装

    class CharLSTM(nn.Module):
        def __init__(self, vocab: int, embed_size: int, hidden: int, layers: int, dropout: float):
            super().__init__()
            self.embed = nn.Embedding(vocab, embed_size)
            self.lstm = nn.LSTM(embed_size, hidden, layers, batch_first=True, dropout=dropout)
            self.fc = nn.Linear(hidden, vocab)

        @计时
        def forward(self, x: Tensor, hidden: tuple[Tensor, Tensor] | None = None):
            输出, (隐状态, 单元) = self.lstm(self.embed(x), hidden)
            最后 = 隐状态[-1]  # the top layer after the last step
            return self.fc(最后), (隐状态, 单元)

    @计时
    def train(model, loader, criterion, optim, device, epochs, clip, print_every) -> list[float]:
        各轮 = []
        轮 = 0
        while 轮 < epochs:
            model.train()
            总和 = 批数 = 0
            for 输入, 目标 in loader:
                optim.zero_grad()
                损失 = criterion(model(输入.to(device))[0], 目标.to(device))
                损失.backward()
                范数 = torch.sqrt(sum((p.grad**2).sum() for p in model.parameters()))
                if 范数 > clip:
                    for p in model.parameters():
                        p.grad.mul_(clip / 范数)
                optim.step()
                总和, 批数 = 总和 + 损失.item(), 批数 + 1
            各轮.append(总和 / 批数)
            轮 += 1
        return 各轮

    @计时
    def generate(model, seed, c2i, i2c, vocab, length=400, temp=1.0, device="cpu") -> str:
        model.eval()
        文本 = seed
        with torch.inference_mode():
            for _ in range(length):  # the whole text again for each character
                编号 = torch.tensor([[c2i[字] for 字 in 文本]], device=device)
                分数 = model(编号)[0].flatten().double() / temp
                噪声 = -torch.log(-torch.log(torch.rand(vocab, dtype=torch.float64)))
                文本 += i2c[int((分数 + 噪声.to(分数.device)).argmax())]
        return 文本
