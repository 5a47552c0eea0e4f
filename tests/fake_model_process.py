"""A model process without a model: speaks the protocol of llm/worker.py, and misbehaves when a prompt says so.

The last message's text decides: "count N" writes N words slowly, "die" ends the process mid-answer, "hang" stops
reading and writing, "stubborn" writes on after a cancellation, "deaf" never reads another line, "garbage" breaks the
protocol; anything else is written back. Run with "no-load" it fails to load, with "slow-load" it takes its time.
"""

import json
import queue
import sys
import threading
import time

requests: queue.SimpleQueue = queue.SimpleQueue()
cancelled: set[int] = set()
deaf = threading.Event()


def emit(event, **data):
    print(json.dumps({"event": event, **data}), flush=True)


def read():
    for line in sys.stdin:
        request = json.loads(line)
        if request["op"] == "cancel":
            cancelled.add(request["id"])
        else:
            requests.put(request)
        if deaf.is_set() or "deaf" in line:
            time.sleep(60)
    requests.put(None)


def answer(request):
    call, text = request["id"], request["messages"][-1]["content"]
    word, _, rest = text.partition(" ")
    finish = "stop"
    if word == "die":
        emit("piece", id=call, text="half ")
        print("out of luck", file=sys.stderr)
        raise SystemExit(7)
    if word in ("hang", "deaf"):
        emit("piece", id=call, text="half ")
        time.sleep(60)
    if word == "garbage":
        print("this is not JSON", flush=True)
        time.sleep(60)
    if word in ("count", "stubborn"):
        for number in range(int(rest or 1000)):
            if call in cancelled and word == "count":
                finish = "cancelled"
                break
            emit("piece", id=call, text=f"{number} ")
            time.sleep(0.02)
    else:
        emit("piece", id=call, text=text)
    emit("done", id=call, usage={"prompt_tokens": 1, "completion_tokens": 1, "finish": finish})


def serve(request):
    if request["op"] == "generate":
        answer(request)
    elif request["op"] == "options":
        share = 1 / len(request["options"])
        emit("options", id=request["id"], probabilities=dict.fromkeys(request["options"], share))
    else:
        while request["id"] not in cancelled:  # a preparation that takes for ever
            time.sleep(0.005)
        emit("done", id=request["id"], usage={})


threading.Thread(target=read, daemon=True).start()
requests.get()
if "no-load" in sys.argv:
    emit("error", id=0, message="no such model")
    raise SystemExit(0)
if "slow-load" in sys.argv:
    time.sleep(0.5)
emit("ready", id=0)
while (job := requests.get()) is not None:
    serve(job)
