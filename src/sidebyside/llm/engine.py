"""One llama.cpp model inside the model process: tokens in, tokens out, and kept states of prompt beginnings.

Same prompt, same reply, whatever was kept: a prompt is always evaluated in the same batches (its stretches cut into
BATCH tokens), and kept work is used only where its batches are exactly the first batches of the new prompt. Other batch
borders would change the last bits of the logits, and now and then a word.
"""

from __future__ import annotations

import ctypes
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import llama_cpp as llama
import numpy as np

from sidebyside.errors import GenerationError
from sidebyside.llm.chat_formats import ChatFormat, detect_format, find_format, render
from sidebyside.records import Message

# Tokens evaluated in one go. On 2 cores 64 was 10% slower than 128, and 256 or 512 no faster.
BATCH = 128

Batches = tuple[tuple[int, ...], ...]
# Tokens by which both ways of computing attention are compared: 4 s on 2 cores with a model of 1.5B.
TRIED = 1 + 2 * BATCH


class CancelledError(Exception):
    """The call was cancelled while its prompt was evaluated."""


class StateCache:
    """Sequence states by the batches that made them; those unused for longest go when they pass `budget` bytes.

    With `partly` a state is good for every beginning of its batches, since the model's sequences can be cut; without,
    it is good for all of them together only.
    """

    def __init__(self, budget: int, *, partly: bool = True) -> None:
        self.budget = budget
        self.bytes = 0
        self._partly = partly
        self._states: OrderedDict[Batches, np.ndarray] = OrderedDict()

    def __contains__(self, batches: Batches) -> bool:
        if not self._partly:
            return batches in self._states
        return any(kept[: len(batches)] == batches for kept in self._states)

    def __len__(self) -> int:
        return len(self._states)

    def nearest(self, batches: Batches) -> tuple[int, Batches]:
        """How many of the first batches a kept state has done at most, and that state's own batches."""
        useful = ((_common(batches, kept), kept) for kept in self._states)
        whole = ((count, kept) for count, kept in useful if self._partly or count == len(kept))
        return max(whole, default=(0, ()), key=itemgetter(0))

    def get(self, batches: Batches) -> np.ndarray | None:
        """The state after exactly these batches, now the most recently used one."""
        if batches in self._states:
            self._states.move_to_end(batches)
        return self._states.get(batches)

    def put(self, batches: Batches, state: np.ndarray) -> None:
        """Keep a state, unless it alone is over the budget, in place of those that it goes on from."""
        if batches in self or state.nbytes > self.budget:
            return
        for kept in [kept for kept in self._states if self._partly and batches[: len(kept)] == kept]:
            self.bytes -= self._states.pop(kept).nbytes
        self._states[batches] = state
        self.bytes += state.nbytes
        self.shrink(self.budget)

    def shrink(self, budget: int) -> None:
        """Keep to a smaller budget from now on."""
        self.budget = min(self.budget, budget)
        while self.bytes > self.budget:
            self.bytes -= self._states.popitem(last=False)[1].nbytes


def _common(one: Sequence[tuple[int, ...]], other: Sequence[tuple[int, ...]]) -> int:
    """How many first batches are the same."""
    count = 0
    while count < min(len(one), len(other)) and one[count] == other[count]:
        count += 1
    return count


@dataclass(frozen=True, slots=True)
class Reply:
    """What was written; `finish` as in Usage, where "cancelled" means that more may have followed."""

    text: str
    tokens: int
    finish: str


class ReplyCache:
    """The replies that were wanted last, by whatever decides a reply."""

    def __init__(self, most: int = 256) -> None:
        self._most = most
        self._replies: OrderedDict[Hashable, Reply] = OrderedDict()

    def get(self, key: Hashable) -> Reply | None:
        """The reply, now the most recently used one."""
        if key in self._replies:
            self._replies.move_to_end(key)
        return self._replies.get(key)

    def put(self, key: Hashable, reply: Reply) -> None:
        """Keep a reply, unless more of it is known."""
        known = self._replies.get(key)
        if known is None or known.tokens < reply.tokens or known.finish == "cancelled" != reply.finish:
            self._replies[key] = reply
        self._replies.move_to_end(key)
        while len(self._replies) > self._most:
            self._replies.popitem(last=False)


class Engine:
    """A loaded model with one sequence. Not thread-safe; only `cancelled` may be changed by another thread.

    Most models remember every token and can forget the last ones. Two kinds cannot. Recurrent models and hybrids (LFM2,
    Qwen3.5) have one state of all that was read: it is used whole or not at all. Of models whose layers look back a
    window of tokens (Gemma 3, gpt-oss), llama.cpp writes the last window alone: only what fits into it is kept.
    """

    def __init__(
        self,
        path: str,
        *,
        context: int,
        threads: int,
        cache_bytes: int,
        chat_format: str = "",
        flash: bool | None = True,
    ) -> None:
        """`flash` is whether to use flash attention; with None both ways are measured, and the faster one is used.

        Then `tried` has the tokens per second with it and without. Raises GenerationError.
        """
        self.cancelled: Callable[[], bool] = lambda: False
        self._model = load_model(path)
        self.vocabulary = Vocabulary(self._model)
        trained = llama.llama_model_n_ctx_train(self._model)
        self.context = min(context, trained) if trained > 0 else context
        self.tried = self.try_flash(threads) if flash is None else None
        self.flash = flash if flash is not None else self.tried is None or self.tried[0] >= self.tried[1]
        self._context = self._new_context(threads, flash=self.flash)
        self._memory = llama.llama_get_memory(self._context)
        self.chat_format = chat_format or detect_format(self.vocabulary.has)
        self._format = find_format(self.chat_format)
        self._recurrent = bool(llama.llama_model_is_recurrent(self._model) or llama.llama_model_is_hybrid(self._model))
        self._window = int(llama.llama_model_n_swa(self._model))
        self.cache = StateCache(cache_bytes, partly=not self._recurrent)
        self.replies = ReplyCache()
        self._held: list[tuple[int, ...]] = []  # the batches whose work the sequence holds now
        self._abort = llama.ggml_abort_callback(lambda _: self.cancelled())
        self._no_abort = llama.ggml_abort_callback()
        self._touch_weights()

    def tokenise(self, messages: Sequence[Message]) -> Prompt:
        """The prompt for these messages. Raises GenerationError if it leaves no room for a reply."""
        prompt = self.vocabulary.tokenise(messages, self._format)
        if prompt.tokens >= self.context:
            raise GenerationError(
                f"the prompt has {prompt.tokens} tokens and the model's window {self.context}; "
                "ask about fewer things, or set SIDEBYSIDE_CONTEXT_TOKENS higher"
            )
        return prompt

    def evaluate(self, prompt: Prompt) -> int:
        """Bring the sequence to the end of the prompt; returns how many tokens were spared. Raises CancelledError."""
        spared = self._reuse(prompt)
        for position in range(spared, len(prompt.batches)):
            self._decode(prompt.batches[position], abortable=True)
            # Where a state can be cut, that of the last border is good for those before it.
            if position + 1 in (prompt.borders if self._recurrent or self._window else prompt.borders[-1:]):
                self._keep()
        return count_tokens(prompt.batches[:spared])

    def evaluate_reusable(self, prompt: Prompt) -> None:
        """Do and keep the work for the prompt's longest reusable beginning. Raises CancelledError."""
        if prompt.borders and prompt.batches[: prompt.borders[-1]] not in self.cache:
            self.evaluate(Prompt(prompt.batches[: prompt.borders[-1]], prompt.borders))

    def extend(self, token: int) -> None:
        """Add one token of the reply to the sequence."""
        self._decode((token,), abortable=False)

    @property
    def position(self) -> int:
        """Tokens in the sequence now."""
        return count_tokens(self._held)

    def logits(self) -> np.ndarray:
        """Scores of all tokens as the next one: float32 (vocabulary,). Valid until the next call."""
        return np.ctypeslib.as_array(llama.llama_get_logits_ith(self._context, -1), shape=(self.vocabulary.size,))

    def try_flash(self, threads: int) -> tuple[float, float] | None:
        """Tokens per second with flash attention and without, batch by batch in turns; None if that cannot be told."""
        tokens = [number % self.vocabulary.size for number in range(min(TRIED, self.context - 1))]
        batches = [(tokens[0],), *(tuple(tokens[start : start + BATCH]) for start in range(1, len(tokens), BATCH))]
        contexts: dict[bool, Any] = {}
        seconds = {True: 0.0, False: 0.0}
        try:
            for flash in seconds:
                contexts[flash] = self._new_context(threads, flash=flash)
            for place, batch in enumerate(batches):
                for flash, context in contexts.items():
                    started = time.perf_counter()
                    array = (llama.llama_token * len(batch))(*batch)
                    if llama.llama_decode(context, llama.llama_batch_get_one(array, len(batch))):
                        return None
                    llama.llama_synchronize(context)
                    # The first one reads the weights in.
                    seconds[flash] += time.perf_counter() - started if place else 0.0
        except GenerationError:
            return None
        finally:
            for context in contexts.values():
                llama.llama_free(context)
        return (len(tokens) - 1) / seconds[True], (len(tokens) - 1) / seconds[False]

    def _new_context(self, threads: int, *, flash: bool) -> Any:
        params = llama.llama_context_default_params()
        params.n_ctx = self.context
        params.n_batch = params.n_ubatch = BATCH
        params.n_seq_max = 1
        params.n_threads = params.n_threads_batch = threads
        types = (llama.LLAMA_FLASH_ATTN_TYPE_DISABLED, llama.LLAMA_FLASH_ATTN_TYPE_ENABLED)
        params.flash_attn_type = types[flash]
        params.type_k = params.type_v = llama.GGML_TYPE_F16
        # Layers with a window remember everything while they work, so that the sequence itself can be cut.
        params.swa_full = True
        params.no_perf = True
        context = llama.llama_init_from_model(self._model, params)
        if not context:
            raise GenerationError(f"no memory for a window of {self.context} tokens; lower SIDEBYSIDE_CONTEXT_TOKENS")
        return context

    def _touch_weights(self) -> None:
        """Read the weights in, so that the first question does not pay for it."""
        self._decode((max(self.vocabulary.beginning, 0),), abortable=False)
        self._forget()

    def _reuse(self, prompt: Prompt) -> int:
        """Make the sequence hold as many of the prompt's first batches as are known; returns how many those are."""
        # The last batch is always evaluated: its logits are wanted.
        wanted = prompt.batches[:-1]
        held = _common(wanted, self._held)
        if not self._can_cut(held):
            held = 0
        kept, batches = self.cache.nearest(wanted)
        if kept > held and self._restore(batches):
            held = kept
        self._cut(held)
        return len(self._held)

    def _can_cut(self, batches: int) -> bool:
        """Whether the sequence can be brought back to the end of its first `batches` batches."""
        if batches == len(self._held):
            return True
        first = llama.llama_memory_seq_pos_min(self._memory, 0)
        return not self._recurrent and first <= max(0, count_tokens(self._held[:batches]) - self._window)

    def _restore(self, batches: Batches) -> bool:
        state = self.cache.get(batches)
        if state is None:
            return False
        self._forget()
        data = state.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))
        if not llama.llama_state_seq_set_data(self._context, data, state.nbytes, 0):
            self._forget()
            return False
        self._held = list(batches)
        return True

    def _keep(self) -> None:
        batches = tuple(self._held)
        if self._window and count_tokens(batches) > self._window:
            return
        if batches in self.cache:
            self.cache.get(self.cache.nearest(batches)[1])
            return
        try:
            state = np.empty(llama.llama_state_seq_get_size(self._context, 0), dtype=np.uint8)
        except MemoryError:
            self.cache.shrink(self.cache.bytes // 2)
            return
        data = state.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))
        if llama.llama_state_seq_get_data(self._context, data, state.nbytes, 0) == state.nbytes:
            self.cache.put(batches, state)

    def _cut(self, batches: int) -> None:
        """Leave only the work of the first `batches` batches in the sequence; nothing, where the model refuses."""
        tokens = count_tokens(self._held[:batches])
        if not tokens or not llama.llama_memory_seq_rm(self._memory, 0, tokens, -1):
            self._forget()
        del self._held[batches:]

    def _forget(self) -> None:
        llama.llama_memory_clear(self._memory, False)
        self._held = []

    def _decode(self, tokens: tuple[int, ...], *, abortable: bool) -> None:
        """Evaluate one batch after what the sequence holds."""
        array = (llama.llama_token * len(tokens))(*tokens)
        # The callback is a call into Python for every step of the graph: that is nothing beside a batch of tokens, but
        # slows single tokens down.
        llama.llama_set_abort_callback(self._context, self._abort if abortable else self._no_abort, None)
        status = llama.llama_decode(self._context, llama.llama_batch_get_one(array, len(tokens)))
        if status == 0:
            self._held.append(tokens)
            return
        # A batch that was broken off may already be in a recurrent state.
        self._cut(0 if self._recurrent else len(self._held))
        if status == 2:
            raise CancelledError
        raise GenerationError(f"llama.cpp could not evaluate {len(tokens)} tokens (status {status})")


@dataclass(frozen=True, slots=True)
class Prompt:
    """A tokenised prompt: its batches, and after which of them a reusable beginning ends."""

    batches: Batches
    borders: tuple[int, ...]

    @property
    def tokens(self) -> int:
        """How many tokens it has."""
        return count_tokens(self.batches)


def count_tokens(batches: Sequence[tuple[int, ...]]) -> int:
    """Tokens in all batches together."""
    return sum(map(len, batches))


def plan_prompt(stretches: Sequence[Sequence[int]], batch: int = BATCH) -> Prompt:
    """Cut the token stretches of a prompt into batches; no batch spans two stretches."""
    batches: list[tuple[int, ...]] = []
    borders: list[int] = []
    for stretch in stretches:
        batches += [tuple(stretch[start : start + batch]) for start in range(0, len(stretch), batch)]
        borders.append(len(batches))
    return Prompt(tuple(batches), tuple(borders[:-1]))


class Vocabulary:
    """The tokens of a model."""

    def __init__(self, model: Any) -> None:
        self._vocab = llama.llama_model_get_vocab(model)
        self.size: int = llama.llama_vocab_n_tokens(self._vocab)

    def tokenise(self, messages: Sequence[Message], chat_format: ChatFormat) -> Prompt:
        """The prompt for these messages."""
        stretches = [
            [token for part in parts for token in self.tokens_of(part.text, markers=part.marker)]
            for parts in render(messages, chat_format)
        ]
        if llama.llama_vocab_get_add_bos(self._vocab):
            stretches[0].insert(0, self.beginning)
        return plan_prompt(stretches)

    def tokens_of(self, text: str, *, markers: bool = False) -> list[int]:
        """The tokens of a text; without `markers` nothing in it becomes a control token."""
        data = text.encode("utf-8", "replace")
        room = len(data) + 8
        tokens = (llama.llama_token * room)()
        count = llama.llama_tokenize(self._vocab, data, len(data), tokens, room, False, markers)
        return list(tokens[:count])

    def bytes_of(self, token: int) -> bytes:
        """The token's text, which may be part of a character; control tokens have none."""
        buffer = ctypes.create_string_buffer(64)
        length = llama.llama_token_to_piece(self._vocab, token, buffer, 64, 0, False)
        if length < 0:
            buffer = ctypes.create_string_buffer(-length)
            length = llama.llama_token_to_piece(self._vocab, token, buffer, -length, 0, False)
        return buffer.raw[:length]

    def is_end(self, token: int) -> bool:
        """Whether the token ends a reply."""
        return bool(llama.llama_vocab_is_eog(self._vocab, token))

    def has(self, text: str) -> bool:
        """Whether a text is one single token."""
        return len(self.tokens_of(text, markers=True)) == 1

    @property
    def beginning(self) -> int:
        """The token that begins a text, -1 if there is none."""
        return int(llama.llama_vocab_bos(self._vocab))


def load_model(path: str, *, vocabulary_only: bool = False) -> Any:
    """A llama.cpp model. The file's chat template is not looked at. Raises GenerationError."""
    params = llama.llama_model_default_params()
    params.vocab_only = vocabulary_only
    # Most weights are copied into an order that suits the processor; a mapped file would stay in memory beside them
    # (1.9 instead of 1.3 GB for the default model, which loads 0.6 s faster that way).
    params.load_mode = llama.LLAMA_LOAD_MODE_NONE
    model = llama.llama_model_load_from_file(path.encode("utf-8", "surrogateescape"), params)
    if not model:
        raise GenerationError("llama.cpp cannot read it")
    return model
