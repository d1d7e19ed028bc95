"""
One process that opens a model with ONNX Runtime and runs it: `load.py <task.json>`, whose fields are `Task`'s; run.py starts it
anew for each load, since what a provider keeps in a process would hide what it finds on the disk. Prints JSON.
"""

import json
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnxruntime

TIMED_RUNS = 20


@dataclass
class Task:
    model: str
    provider: str
    """`cpu`, `tensorrt` (in onnxruntime-gpu) or `rtx` (the plugin of TensorRT-RTX)."""
    input: str
    """.npy"""
    outputs: str
    """.npz to write"""
    options: dict[str, str] = field(default_factory=dict)
    session: dict[str, str] = field(default_factory=dict)
    """Session configuration entries."""


def load(task: Task) -> dict:
    options = onnxruntime.SessionOptions()
    # What the optimizer renames or folds the parser could not find again in the original file.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    for key, value in task.session.items():
        options.add_session_config_entry(key, value)
    if task.provider != "cpu":
        # Else a provider that does not load is silently the processor.
        options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
    started = time.perf_counter()
    if task.provider == "rtx":
        session = rtx_session(task, options)
    elif task.provider == "tensorrt":
        providers = [("TensorrtExecutionProvider", task.options)]
        session = onnxruntime.InferenceSession(task.model, options, providers=providers, enable_fallback=0)
    else:
        session = onnxruntime.InferenceSession(task.model, options, providers=["CPUExecutionProvider"])
    create_ms = (time.perf_counter() - started) * 1000
    used = session.get_providers()[0]
    if (task.provider == "cpu") != (used == "CPUExecutionProvider"):
        raise RuntimeError(f"The session runs on {used}")
    (value,) = session.get_inputs()
    feeds = {value.name: np.load(task.input)}
    started = time.perf_counter()
    results = session.run(None, feeds)
    first_ms = (time.perf_counter() - started) * 1000
    times = []
    for _ in range(TIMED_RUNS if task.provider != "cpu" else 0):
        started = time.perf_counter()
        session.run(None, feeds)
        times.append((time.perf_counter() - started) * 1000)
    np.savez(task.outputs, **{out.name: array for out, array in zip(session.get_outputs(), results, strict=True)})
    return {
        "onnxruntime": onnxruntime.__version__,
        "provider": used,
        "createMs": create_ms,
        "firstRunMs": first_ms,
        "runMs": statistics.median(times) if times else None,
    }


def rtx_session(task: Task, options: onnxruntime.SessionOptions) -> onnxruntime.InferenceSession:
    import onnxruntime_ep_nv_tensorrt_rtx as plugin

    name = plugin.get_ep_name()
    onnxruntime.register_execution_provider_library(name, plugin.get_library_path())
    others = {"CPUExecutionProvider"}
    devices = [device for device in onnxruntime.get_ep_devices() if device.ep_name not in others]
    if not devices:
        raise RuntimeError("The plugin of TensorRT-RTX finds no device it would serve")
    options.add_provider_for_devices(devices[:1], task.options)
    return onnxruntime.InferenceSession(task.model, options)


if __name__ == "__main__":
    print(json.dumps(load(Task(**json.loads(Path(sys.argv[1]).read_text("utf-8"))))))
