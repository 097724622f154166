"""Training and generation, from another file than the model's; steps in functions."""

import torch
from net import CharLSTM
from torch.nn.utils import clip_grad_norm_


def one_step(model, x, y, criterion, optim, clip):
    loss = criterion(model.forward(x)[0], y)
    optim.zero_grad()
    loss.backward()
    clip_grad_norm_(list(model.parameters()), clip)
    optim.step()
    return loss


def train(model, loader, criterion, optim, device, epochs, clip, print_every):
    model.train()
    return [
        torch.stack(
            [
                one_step(model, x.to(device), y.to(device), criterion, optim, clip).detach()
                for x, y in loader
            ]
        )
        .mean()
        .item()
        for _ in range(epochs)
    ]


def draw(logits, temp):
    return int(torch.multinomial((logits / temp).softmax(-1), 1))


def generate(model, seed, c2i, i2c, vocab, length=400, temp=1.0, device="cpu"):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        x, state, text = [c2i[c] for c in seed], None, seed
        for _ in range(length):
            logits, state = model(torch.tensor([x]).to(device), state)
            x = [draw(logits[0], temp)]
            text += i2c[x[0]]
    model.train(was_training)
    return text


def main():
    model = CharLSTM(10)
    print(model)


if __name__ == "__main__":
    main()
