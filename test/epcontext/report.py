"""The report of run.py as text."""


def markdown(report: dict) -> str:
    network = report["network"]
    lines = [
        "# EPContext report",
        "",
        "This page shows which providers of ONNX Runtime open what Refit exports, what each load took and gave, and what did not open.",
        "",
        f"{report['gpu']} (compute capability {report['computeCapability']}), driver {report['driver']}, {report['date'][:10]}.",
        f"Written by test/epcontext/run.py; [epcontext.md](epcontext.md) says what it means. Network: {network['bytes']:,} bytes of",
        f"ONNX at {network['shape']}. Each load is a process of its own; *off* is the largest difference from the processor's",
        f"outputs, right up to {report['bound']:g}. Bytes are those of the files beside the ONNX before the loads; what the loads",
        "left is new or changed since.",
        "",
        "| runtime | ONNX Runtime | engine, model by | between loads | loads: off | session s | run ms | bytes: context, engine | left by the loads |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    faults = []
    for result in report["results"]:
        loads = result["loads"]
        off = [f"{load['maxAbsError']:g} {'✓' if load['right'] else '✗'}" if "maxAbsError" in load else "✗" for load in loads]
        cells = [
            result.get("runtime", result["provider"]),
            str(result.get("onnxruntime")),
            f"{result['way']}, {result['by']}",
            result["between"],
            ", ".join(off) or "–",
            ", ".join(f"{load['createMs'] / 1000:.2f}" for load in loads if "createMs" in load) or "–",
            ", ".join(f"{load['runMs']:.2f}" for load in loads if "runMs" in load) or "–",
            listed({name: size for name, size in result.get("files", {}).items() if is_context(name)}),
            left(result),
        ]
        lines.append(f"| {' | '.join(cells)} |")
        errors = {load["error"] for load in loads if "error" in load} | ({result["error"]} if "error" in result else set())
        faults += [f"- {cells[0]}, {cells[1]}, {cells[2]}, {cells[3]}: {' '.join(error.split())[-400:]}" for error in errors]
    if faults:
        lines += ["", "## Faults", "", *faults]
    return "\n".join(lines) + "\n"


def is_context(name: str) -> bool:
    """Neither the network's ONNX, whatever it is called, nor what `refit export` says about the folder."""
    return name.endswith("_ctx.onnx") or not name.endswith((".onnx", ".json"))


def left(result: dict) -> str:
    if "filesAfter" not in result:
        return "–"
    before, after = result["files"], result["filesAfter"]
    gone = [f"{name} gone" for name in before if name not in after]
    changed = {name: size for name, size in after.items() if before.get(name) != size}
    return ", ".join([*gone, *([listed(changed)] if changed else [])]) or "nothing"


def listed(files: dict[str, int]) -> str:
    return ", ".join(f"{size:,}" for size in files.values()) or "–"
