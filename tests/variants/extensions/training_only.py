# 只做了训练相关的选做题
import math

import numpy as np


class Adam(object):
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-08, weight_decay=0):
        self.params = list(params)
        self.lr, (self.beta1, self.beta2), self.eps = lr, betas, eps
        self.iter = 0
        self.m = self.v = None

    def step(self, grads):
        if self.m is None:
            self.m = [np.zeros(p.shape) for p in self.params]
            self.v = [np.zeros(p.shape) for p in self.params]
        self.iter += 1
        a = self.lr * math.sqrt(1 - self.beta2**self.iter) / (1 - self.beta1**self.iter)
        e = self.eps * math.sqrt(1 - self.beta2**self.iter)
        for i in range(len(self.params)):
            self.m[i] += (1 - self.beta1) * (grads[i] - self.m[i])
            self.v[i] += (1 - self.beta2) * (grads[i] ** 2 - self.v[i])
            self.params[i][:] = self.params[i] - a * self.m[i] / (np.sqrt(self.v[i]) + e)
        return self.params


class EarlyStopping:
    def __init__(self, patience=5, min_delta=0.0, verbose=True):
        self.patience, self.min_delta, self.verbose = patience, min_delta, verbose
        self.best_loss, self.counter, self.early_stop = None, 0, False

    def update(self, val_loss):
        if self.best_loss is None:
            self.best_loss = val_loss
        elif val_loss < self.best_loss - self.min_delta:
            self.best_loss = val_loss
            self.counter = 0
        else:
            self.counter += 1
            if self.verbose:
                print(f"EarlyStopping counter: {self.counter} out of {self.patience}")
            if self.counter >= self.patience:
                self.early_stop = True
        return self.early_stop


def exponential_decay(initial, gamma, t):
    return initial * math.exp(t * math.log(gamma))


def cosine_decay(base_lr, t, T, warmup_steps=0):
    if t < warmup_steps:
        return base_lr * (t + 1) / warmup_steps
    progress = (t - warmup_steps) / (T - warmup_steps)
    return np.array(base_lr * math.cos(progress * math.pi / 2) ** 2)
