"""One llama.cpp model inside the model process: tokens in, tokens out, and kept states of prompt beginnings.

Same prompt, same reply, whatever was kept: a prompt is always evaluated in the same batches (its stretches cut into
BATCH tokens), and kept work is used only where its batches are exactly the first batches of the new prompt. Other batch
borders would change the last bits of the logits, and now and then a word.
"""

from __future__ import annotations

import ctypes
from collections import OrderedDict
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

import llama_cpp as llama
import numpy as np

from sidebyside.chat_formats import detect_format, find_format
from sidebyside.errors import GenerationError
from sidebyside.generation_replies import ReplyCache
from sidebyside.generation_tokens import BATCH, Batches, Prompt, Vocabulary, count_tokens
from sidebyside.records import Message


class CancelledError(Exception):
    """The call was cancelled while its prompt was evaluated."""


class StateCache:
    """Sequence states by the batches that made them; those unused for longest go when they pass `budget` bytes.

    A state is good for every beginning of its batches, since a sequence can be cut.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.bytes = 0
        self._states: OrderedDict[Batches, np.ndarray] = OrderedDict()

    def __contains__(self, batches: Batches) -> bool:
        return any(kept[: len(batches)] == batches for kept in self._states)

    def __len__(self) -> int:
        return len(self._states)

    def nearest(self, batches: Batches) -> tuple[int, Batches]:
        """How many of the first batches a kept state has done at most, and that state's own batches."""
        return max(((_common(batches, kept), kept) for kept in self._states), default=(0, ()), key=itemgetter(0))

    def get(self, batches: Batches) -> np.ndarray | None:
        """The state after exactly these batches, now the most recently used one."""
        if batches in self._states:
            self._states.move_to_end(batches)
        return self._states.get(batches)

    def put(self, batches: Batches, state: np.ndarray) -> None:
        """Keep a state, unless it alone is over the budget, in place of those that it goes on from."""
        if batches in self or state.nbytes > self.budget:
            return
        for kept in [kept for kept in self._states if batches[: len(kept)] == kept]:
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


class Engine:
    """A loaded model with one sequence. Not thread-safe; only `cancelled` may be changed by another thread."""

    def __init__(self, path: str, *, context: int, threads: int, cache_bytes: int, chat_format: str = "") -> None:
        self.cancelled: Callable[[], bool] = lambda: False
        self._model = load_model(path)
        self.vocabulary = Vocabulary(self._model)
        trained = llama.llama_model_n_ctx_train(self._model)
        self.context = min(context, trained) if trained > 0 else context
        self._context = self._new_context(threads)
        self._memory = llama.llama_get_memory(self._context)
        self.chat_format = chat_format or detect_format(self.vocabulary.has)
        self._format = find_format(self.chat_format)
        self.cache = StateCache(cache_bytes)
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
            if prompt.borders and position + 1 == prompt.borders[-1]:
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

    def _new_context(self, threads: int) -> Any:
        params = llama.llama_context_default_params()
        params.n_ctx = self.context
        params.n_batch = params.n_ubatch = BATCH
        params.n_seq_max = 1
        params.n_threads = params.n_threads_batch = threads
        params.flash_attn_type = llama.LLAMA_FLASH_ATTN_TYPE_ENABLED
        params.type_k = params.type_v = llama.GGML_TYPE_F16
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
        kept, batches = self.cache.nearest(wanted)
        if kept > held and self._restore(batches):
            held = kept
        self._cut(held)
        return held

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
        """Leave only the work of the first `batches` batches in the sequence."""
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
        # The callback costs a call into Python per step of the graph: nothing for a batch, too much for a token.
        llama.llama_set_abort_callback(self._context, self._abort if abortable else self._no_abort, None)
        status = llama.llama_decode(self._context, llama.llama_batch_get_one(array, len(tokens)))
        if status == 0:
            self._held.append(tokens)
            return
        self._cut(len(self._held))
        if status == 2:
            raise CancelledError
        raise GenerationError(f"llama.cpp could not evaluate {len(tokens)} tokens (status {status})")


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
