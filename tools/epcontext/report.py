"""The report of run.py as text."""


def markdown(report: dict) -> str:
    network = report["network"]
    lines = [
        "# EPContext report",
        "",
        f"{report['gpu']} (compute capability {report['computeCapability']}), driver {report['driver']}, {report['date'][:10]}.",
        f"Written by tools/epcontext/run.py; [epcontext.md](epcontext.md) says what it means. Network: {network['bytes']:,} bytes of",
        f"ONNX at {network['shape']}. Each load is a process of its own; *off* is the largest difference from the processor's",
        f"outputs, right up to {report['bound']:g}.",
        "",
        "| runtime | ONNX Runtime | engine, model by | between loads | loads: off | session s | run ms | bytes: context, engine |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
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
            ", ".join(f"{size:,}" for name, size in result.get("files", {}).items() if name != "network.onnx") or "–",
        ]
        lines.append(f"| {' | '.join(cells)} |")
        errors = {load["error"] for load in loads if "error" in load} | ({result["error"]} if "error" in result else set())
        faults += [f"- {cells[0]}, {cells[1]}, {cells[2]}, {cells[3]}: {' '.join(error.split())[-400:]}" for error in errors]
    if faults:
        lines += ["", "## Faults", "", *faults]
    return "\n".join(lines) + "\n"
