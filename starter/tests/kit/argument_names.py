"""Names under which the contracts' arguments are known: older handouts, public notes, habit.

``kit.binding`` uses them: a parameter that has one of these names means that argument, wherever it
stands; one that is known to mean something else never receives an argument by its position.
"""

from __future__ import annotations

_TEXTS = (
    "seed_text seed_str seed_string start start_text start_str start_string prefix prompt primer"
)
_STATES = "h h_prev hprev prev_h prev_hidden state hidden hidden_state init_state initial_state"
_TO_INDEX = "char2idx char2int char2id char2ix char_to_idx char_to_ix char_to_int char_to_id"
_TO_CHARACTER = "idx2char int2char id2char ix2char idx_to_char ix_to_char int_to_char id_to_char"
_VOCABULARY = "vocab_size vocab_len vocab_length n_vocab num_vocab V input_size input_dim in_dim"
_HIDDEN = "hidden_size hidden_dim num_hiddens n_hidden num_hidden hidden_units H"
_LENGTH = "n num num_chars_out gen_len gen_length num_preds n_steps max_length num_generate"
_NORMS = "collect_norms return_norms return_grad_norms collect_grad_norm grad_norms norms"
_GENERATOR = "generator gen random_state randomstate rs rnd rand random prng np_rng g r rg"
_TARGETS = "Y y_batch target targets labels label"

_TABLE = {
    "X_batch": "x X inputs input xs x_batch xb X_in tokens indices ids sentence",
    "X": "x inputs input xs X_batch x_batch",
    "x": "X inputs input xs sentence tokens",
    "inputs": "x X input xs tokens sentence",
    "sentence": "x X inputs input tokens input_sentence",
    "x_t": "x xt X inputs input",
    "y": _TARGETS,
    "targets": "y Y target labels label y_true",
    "predictions": "pred preds y_pred y_hat outputs",
    "h0": f"{_STATES} h_0 h_init init_h h_start",
    "hidden": f"{_STATES} hc hx h0 h_0 states init_hidden {_HIDDEN}",
    "state": f"{_STATES} states h0 h_0 H",
    "h_prev": f"{_STATES} h_t_1 h_old h_last",
    "c_prev": "c cprev prev_c c_t_1 c_old cell cell_state",
    "dlogits": "dy dout d_out dscores d_logits grad_logits grad_output grad dY dL",
    "caches": "cache saved history hs steps memory",
    "cache": "caches saved memory",
    "h_T": "h hT h_last last_h h_final final_h h_end last_hidden hidden h_n",
    "dh_t": "dh dht dh_next dnext_h",
    "dc_t": "dc dct dc_next dnext_c",
    "collect_grad_norms": f"{_NORMS} return_grad_norm with_norms record_norms collect_grads_norms",
    "model": "net rnn network lstm",
    "net": "model rnn network",
    "eps": "epsilon e h step step_size delta",
    "grads": "gradients gs gradient grad_list",
    "max_norm": "clip theta threshold max_grad_norm clip_norm limit clip_value",
    "theta": "max_norm clip threshold max_grad_norm clip_norm",
    "seed": _TEXTS,
    "prefix": f"{_TEXTS} seed",
    "c2i": f"{_TO_INDEX} stoi ctoi word2idx word_to_idx",
    "i2c": f"{_TO_CHARACTER} itos itoc idx2word idx_to_word",
    "vocab": _VOCABULARY,
    "vocab_size": "vocab vocab_len n_vocab V",
    "vocab_len": "vocab_length vocab_size vocab n_vocab",
    "vocab_length": "vocab_len vocab_size vocab n_vocab",
    "num_hiddens": "hidden hidden_size hidden_dim n_hidden H",
    "lstm_hidden_dim": "hidden_dim hidden_size hidden num_hiddens hidden_units",
    "embed_size": "embed_dim embedding_dim embedding_size emb_dim emb_size embed E",
    "embedding_dim": "embed_dim embed_size embedding_size emb_dim emb_size E",
    "layers": "num_layers n_layers L",
    "dropout": "drop_prob drop dropout_prob dropout_rate p_drop",
    "length": f"{_LENGTH} N L gen_size out_len output_len",
    "num_preds": f"{_LENGTH} length N",
    "temp": "temperature T t tau",
    "temperature": "temp T t tau",
    "rng": _GENERATOR,
    "loader": "train_loader dataloader data_loader train_iter data",
    "train_iter": "train_loader dataloader data_loader loader data_iter",
    "criterion": "loss loss_fn loss_func lossfn loss_function crit",
    "loss": "criterion loss_fn loss_func lossfn loss_function",
    "optim": "optimizer optimiser opt",
    "updater": "optimizer optimiser optim opt trainer",
    "device": "dev",
    "epochs": "num_epochs n_epochs epoch",
    "clip": "max_norm clip_norm grad_clip max_grad_norm theta clip_value",
    "print_every": "log_every log_interval print_freq print_interval verbose_every",
    "sequences": "seqs sents sentences",
    "pad_value": "padding_value pad_idx pad_token padding value",
    "max_len": "maxlen max_length",
    "ratio": "teacher_forcing_ratio tf_ratio",
    "training": "train is_training train_mode",
    "candidate": "cand hypothesis hyp",
    "references": "refs reference",
    "params": "parameters",
    "min_delta": "delta tol min_change",
    "betas": "beta",
    "lr0": "lr base_lr initial_lr init_lr",
    "step": "t epoch i it",
    "total": "T total_steps max_steps T_max t_max",
    "warmup": "warmup_steps n_warmup num_warmup",
    "is_test": "test testing is_testing inference is_inference eval_mode is_eval predicting",
    "poem": "text so_far poem_so_far current",
    "file_name": "filename path file fname",
    "begin_word": "start_word word begin",
    "predict": "pred prediction output probs scores",
    "int_to_word": "int_word_map vocabs words idx2word vocab",
    "poems_vec": "poems_vector poems",
    "batch_size": "batch_sz bs B",
    "keep_prob": "keep p_keep",
    "first_characters": "heads first_chars",
}

OLDER: dict[str, tuple[str, ...]] = {name: tuple(words.split()) for name, words in _TABLE.items()}
"""Argument of a contract -> other names of it."""

_ELSEWHERE = """
accumulate activation alpha average batch batch_first batch_size batch_sz beta bidirectional bos
callback callbacks carry ckpt clip clip_norm clip_value config cuda debug decay detach
deterministic dev device dim do_sample dtype early_stopping embed embed_dim embed_size
embedding_dim end end_token eos every file filename fp freq fw gpu grad_clip greedy h h0 h_0 hc
hidden hidden_dim hidden_size hidden_state hx init init_hidden init_state initial_state
input_size is_test is_train is_training k label_smoothing lam layers length_penalty log
log_every log_interval logger lr mask max_grad_norm max_history max_window message min_p mode
momentum n_hidden n_layers name num_hidden num_hiddens num_layers num_workers order out outfile
output_size p pad path patience plot prev print_every print_fn printing progress quiet
random_seed reduction reg repeat repetition_penalty return_cache return_h return_hidden
return_last return_list return_probs return_state return_states reverse rng_seed sample save
save_path scale schedule scheduler seed_value seq_len seq_length sequence_length show shuffle
silent state std steps stop stop_char stop_token strategy stream strict stride strip tie top_k
top_p topk topp tqdm train training unk unk_token use_cuda use_gpu use_tqdm verbose wandb warmup
weight_decay window window_size writer zero zero_grad
"""

ELSEWHERE = frozenset(_ELSEWHERE.split())
"""What extra parameters with defaults are called; arguments never go there by position."""

_SIZES = {
    "vocab": "vocab vocab_size vocab_len n_vocab V num_classes output_size output_dim out_dim",
    "hidden": "hidden_size hidden_dim hidden num_hiddens n_hidden num_hidden hidden_units H",
    "inputs": "input_size input_dim in_dim E D",
    "batch": "batch_size batch_sz batch bs B",
    "steps": "seq_len seq_length sequence_length num_steps time_steps n_steps T",
}


def sizes(**known: int) -> dict[str, int]:
    """Values for parameters that ask for a size beside the contract's arguments.

    `known` gives some of ``vocab``, ``hidden``, ``inputs``, ``batch`` and ``steps``.
    """
    return {word: value for size, value in known.items() for word in _SIZES[size].split()}
