"""
What ONNX Runtime makes of weightless EPContext models, on a GPU: `run.py --help`. docs/epcontext.md says how to get the parts.

Makes such a model with the provider itself, then opens it again and again, each time in a new process, with each of the
cures that keep its weights from getting lost, and compares with the processor each time. Writes epcontext-report.{json,md}:
`refit export --ep-context` makes only what that report has seen to load right.
"""

import argparse
import datetime
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx

sys.path.insert(0, str(Path(__file__).parent))
import context
from report import markdown

HERE = Path(__file__).resolve().parent
NOBODY = 65534
OWN_CONTEXT = "own_ctx.onnx"
"""Written here by Refit's writer; others by the provider, or by `refit export` itself."""
TENSORRT = "tensorrt 10.6.0"
"""As a catalog says it."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", type=Path, required=True, help="the ONNX file: models/fast-x4/prepared/model.onnx")
    parser.add_argument("--shape", default="1,256,256,3", help="of its first input")
    parser.add_argument("--pixels", type=Path, required=True, help="raw uint8 input of that shape")
    parser.add_argument("--bound", type=float, default=4, help="how far an output may be from the processor's")
    parser.add_argument("--onnxruntime", action="append", default=[], metavar="FOLDER",
                        help="unpacked onnxruntime-gpu wheels; the first that can makes the engine, all load it")
    parser.add_argument("--tensorrt", type=Path, help="folder of TensorRT 10.6's libraries, CUDA 12's runtime and cuDNN 9")
    parser.add_argument("--plugin", type=Path, help="unpacked onnxruntime-ep-nv-tensorrt-rtx wheel; loaded by this Python's onnxruntime")
    parser.add_argument("--engine", type=Path, help="a stripped engine of the network for TensorRT-RTX, not compressed")
    parser.add_argument("--node", default="", help="command that runs refit.ts, for plans of Refit's own making")
    parser.add_argument("--exported", action="append", default=[], type=Path, metavar="FOLDER",
                        help="what `refit export --ep-context --runtime tensorrt-10` made of the network; each ONNX Runtime loads it")
    parser.add_argument("--loads", type=int, default=3, help="of each model, after the process that made it")
    parser.add_argument("--work", type=Path, default=Path(".cache/epcontext"))
    parser.add_argument("--out", type=Path, default=Path("docs"))
    given = parser.parse_args()
    Proof(given).run()


class Proof:
    def __init__(self, given: argparse.Namespace) -> None:
        self.given = given
        self.work: Path = given.work.resolve()
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        self.shape = [int(side) for side in given.shape.split(",")]
        # Where a process of another user can read it, wherever the repository lies.
        self.loader = self.work / "load.py"
        shutil.copyfile(HERE / "load.py", self.loader)
        self.input = self.work / "input.npy"
        np.save(self.input, np.fromfile(given.pixels, np.uint8).reshape(self.shape))
        self.network = self.work / "network.onnx"
        fix_shape(given.network, self.shape, self.network)
        self.about = {
            **gpu(),
            "network": {
                "bytes": given.network.stat().st_size,
                "sha256": hashlib.sha256(given.network.read_bytes()).hexdigest(),
                "shape": self.shape,
            },
            "bound": given.bound,
        }
        for folder in given.exported:
            said = said_of(folder)
            if (said["runtime"], said["onnxSha256"]) != (TENSORRT, self.about["network"]["sha256"]):
                raise SystemExit(f"{folder} is not {TENSORRT}'s, or of another network")
        self.results: list[dict] = []
        self.count = 0
        self.reference: dict[str, np.ndarray] = {}

    def run(self) -> None:
        made = self.process({"model": str(self.network), "provider": "cpu"}, self.work, {})
        if "error" in made:
            raise SystemExit(made["error"])
        self.reference = made.pop("values")
        print("processor", made, flush=True)
        for test in [self.exported, self.tensorrt, self.rtx]:
            try:
                test()
            except Exception as error:  # The other provider's results are worth having.
                tested = self.tested({}, test.__name__, "none", "nothing", "tensorrt-rtx" if test == self.rtx else "tensorrt")
                self.note({**tested, "by": "provider", "error": str(error), "loads": []})
        self.write()

    # TensorRT 10.6, the provider inside onnxruntime-gpu

    def exported(self) -> None:
        """What `refit export` made, as it is, with the options that it says each load needs."""
        for folder in self.onnxruntimes():
            for made in self.given.exported:
                said = said_of(made)
                at = self.named(f"exported {said['way']}")
                shutil.copytree(made, at)
                options = said["proof"]["options"] if said["proof"] else {}
                env = {**self.environment(), "PYTHONPATH": str(folder)}
                self.loads(said["way"], "nothing", at, said["model"], options, env, by="export")

    def tensorrt(self) -> None:
        folders = self.onnxruntimes()
        if not folders:
            return
        environment = self.environment()
        dump = {
            **self.refitting(),
            "trt_fp16_enable": "True",
            "trt_engine_cache_enable": "True",
            "trt_engine_cache_path": "engines",
            "trt_dump_ep_context_model": "True",
            "trt_ep_context_file_path": "network_ctx.onnx",
        }
        made, maker = None, None
        for folder in folders:
            made, maker = self.folder(f"made {folder.name}"), folder
            task = {"model": "network.onnx", "provider": "tensorrt", "options": dump}
            result = self.process(task, made, {**environment, "PYTHONPATH": str(folder)})
            self.note({**self.tested(result, "provider", "made, first session", "nothing"), "by": "provider",
                       "loads": [self.judged(result)], "files": sizes(made)})
            if "error" not in result:
                break
        else:
            return
        (stripped,) = list(made.rglob("*.stripped.engine"))
        options = self.refitting()
        for folder in folders:
            env = {**environment, "PYTHONPATH": str(folder)}
            beside = lambda name: self.copy(made, name)  # noqa: E731
            self.loads("beside", "nothing", beside("dumped"), "network_ctx.onnx", options, env)
            self.loads("beside", "nothing", self.own(made, "own", stripped, False), OWN_CONTEXT, options, env)
            self.loads("embedded", "nothing", self.own(made, "embedded", stripped, True), OWN_CONTEXT, options, env)
            if folder != maker:
                continue
            self.loads("beside", "the refitted engine deleted before each load", beside("deleted"), "network_ctx.onnx",
                       options, env, before=delete_refitted)
            self.loads("beside", "a folder that the process cannot write to", beside("readonly"), "network_ctx.onnx",
                       options, env, before=lambda at: (delete_refitted(at), lock(at)), user=NOBODY)
            self.loads("embedded", "trt_weight_stripped_engine_enable not given",
                       self.own(made, "optionless", stripped, True), OWN_CONTEXT, {}, env)
            plan = self.plan("tensorrt-10", stripped, environment)
            if plan is None:
                continue
            self.loads("beside", "Refit's plan in the refitted engine's place", self.with_plan(made, stripped, plan),
                       "network_ctx.onnx", options, env)
            self.loads("plan", "nothing", self.own(made, "plan", plan, False), OWN_CONTEXT, {}, env)

    def onnxruntimes(self) -> list[Path]:
        return [Path(folder).resolve() for folder in self.given.onnxruntime]

    def environment(self) -> dict[str, str]:
        return {"LD_LIBRARY_PATH": f"{self.given.tensorrt.resolve()}:{os.environ.get('LD_LIBRARY_PATH', '')}"}

    def refitting(self) -> dict[str, str]:
        return {"trt_weight_stripped_engine_enable": "True", "trt_onnx_model_folder_path": "."}

    def with_plan(self, made: Path, stripped: Path, plan: Path) -> Path:
        at = self.copy(made, "replaced")
        for place in {stripped.parent.relative_to(made), Path(".")}:
            name = stripped.name.removesuffix(".stripped.engine") + ".engine"
            shutil.copyfile(plan, at / place / name)
        return at

    # TensorRT-RTX, the provider that is a plugin

    def rtx(self) -> None:
        if not self.given.plugin:
            return
        plugin = self.given.plugin.resolve()
        inside = plugin / "onnxruntime_ep_nv_tensorrt_rtx"
        env = {"PYTHONPATH": str(plugin), "LD_LIBRARY_PATH": f"{inside}:{os.environ.get('LD_LIBRARY_PATH', '')}"}
        self.shipped(env)
        self.made(env)

    def shipped(self, env: dict[str, str]) -> None:
        """Refit's own engines, as `refit export` gives them."""
        if not self.given.engine:
            return
        made = self.folder("ship rtx")
        source = "NvTensorRTRTXExecutionProvider"
        for way, embed in [("embedded", True), ("beside", False)]:
            own = self.own(made, f"rtx {way}", self.given.engine, embed, source, "1.6.1", "80+")
            self.loads(way, "nothing", own, OWN_CONTEXT, {}, env, runtime="tensorrt-rtx", provider="rtx")
        plan = self.plan("tensorrt-rtx", self.given.engine, {})
        if plan is not None:
            own = self.own(made, "rtx plan", plan, False, source, "1.6.1", "80+")
            self.loads("plan", "nothing", own, OWN_CONTEXT, {}, env, runtime="tensorrt-rtx", provider="rtx")

    def made(self, env: dict[str, str]) -> None:
        """What the provider makes: minutes of work, so last."""
        for embed in [False, True]:
            name = "rtx embedded" if embed else "rtx beside"
            made = self.folder(f"made {name}")
            session = {"ep.context_enable": "1", "ep.context_file_path": "network_ctx.onnx",
                       "ep.context_embed_mode": str(int(embed))}
            options = {"nv_weight_stripped_engine_enable_experimental": "1"}
            task = {"model": "network.onnx", "provider": "rtx", "options": options, "session": session}
            result = self.process(task, made, env)
            self.note({**self.tested(result, "provider", "made, first session", "nothing", "tensorrt-rtx"), "by": "provider",
                       "loads": [self.judged(result)], "files": sizes(made)})
            if "error" in result:
                continue
            self.loads("embedded" if embed else "beside", "nothing", made, "network_ctx.onnx", options, env, runtime="tensorrt-rtx", provider="rtx")

    # What both are tried with

    def folder(self, name: str) -> Path:
        """A folder with the network in it, as whoever installs an EPContext model has it."""
        at = self.named(name)
        at.mkdir()
        shutil.copyfile(self.network, at / "network.onnx")
        return at

    def named(self, name: str) -> Path:
        self.count += 1
        return self.work / f"{self.count:02d} {name}".replace(" ", "-")

    def copy(self, made: Path, name: str) -> Path:
        at = self.folder(name)
        shutil.copytree(made, at, dirs_exist_ok=True)
        delete_refitted(at)
        return at

    def own(self, made: Path, name: str, engine: Path, embed: bool, source: str = "TensorrtExecutionProvider",
            version: str = "10.6.0", architecture: str = "90") -> Path:
        """A folder with a model of Refit's own writing, and nothing of the provider's."""
        at = self.folder(name)
        is_plan = engine.suffix == ".plan"
        beside = at / ("own.engine" if is_plan else "own.stripped.engine")
        shutil.copyfile(engine, beside)
        context.write(context.Task(str(made / "network.onnx"), self.shape, str(beside), str(at / OWN_CONTEXT), embed,
                                   "network.onnx", source, version, architecture, ""))
        if embed:
            beside.unlink()
        return at

    def plan(self, runtime: str, engine: Path, environment: dict[str, str]) -> Path | None:
        if not self.given.node:
            return None
        plan = self.work / f"{runtime}.plan"
        command = [*self.given.node.split(), str(HERE / "refit.ts"), runtime, str(engine), str(self.network), str(plan)]
        done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120)
        print("plan", runtime, done.stdout.strip(), done.stderr.strip()[-500:], flush=True)
        return plan if done.returncode == 0 else None

    def loads(self, way: str, between: str, at: Path, model: str, options: dict[str, str], env: dict[str, str], *,
              by: str = "", runtime: str = "tensorrt", provider: str = "tensorrt", before: Callable[[Path], object] = lambda at: None,
              user: int | None = None) -> None:
        files = sizes(at)
        loads, result = [], {}
        for _ in range(self.given.loads):
            before(at)
            result = self.process({"model": model, "provider": provider, "options": options}, at, env, user)
            loads.append(self.judged(result))
        self.note({**self.tested(result, provider, way, between, runtime), "by": by or ("refit" if model == OWN_CONTEXT else "provider"),
                   "source": context.node_of(at / model).get("source", b"").decode(), "options": options, "loads": loads, "files": files,
                   "filesAfter": sizes(at)})

    def tested(self, result: dict, provider: str, way: str, between: str, runtime: str = "tensorrt") -> dict:
        return {
            "runtime": "tensorrt-rtx 1.6.1" if runtime == "tensorrt-rtx" else TENSORRT,
            "provider": result.get("provider", provider),
            "onnxruntime": result.get("onnxruntime"),
            "way": way,
            "between": between,
        }

    def judged(self, result: dict) -> dict:
        if "error" in result:
            return {"right": False, "error": result["error"]}
        off = max(float(np.max(np.abs(result["values"][name].astype(np.float64) - wanted)))
                  for name, wanted in self.reference.items())
        times = {key: round(result[key], 2) for key in ("createMs", "firstRunMs", "runMs")}
        return {"right": off <= self.given.bound, "maxAbsError": off, **times}

    def process(self, task: dict, at: Path, env: dict[str, str], user: int | None = None) -> dict:
        """Opens and runs a model in a process of its own. @returns what load.py prints, with the outputs' values."""
        self.count += 1
        # Apart from the models, where a locked folder must stay as it is.
        scratch = self.work / "tasks"
        scratch.mkdir(exist_ok=True)
        scratch.chmod(0o777)
        outputs = scratch / f"{self.count}.npz"
        file = scratch / f"{self.count}.json"
        file.write_text(json.dumps({**task, "input": str(self.input), "outputs": str(outputs)}), "utf-8")
        command = [sys.executable, "-B", "-X", "faulthandler", str(self.loader), str(file)]
        try:
            done = subprocess.run(command, cwd=at, env={**os.environ, **env}, capture_output=True, text=True, timeout=300,
                                  **({} if user is None else {"user": user}))
        except subprocess.TimeoutExpired:
            return {"error": "took longer than 300 s"}
        (scratch / f"{self.count}.log").write_text(done.stderr, "utf-8")
        if done.returncode != 0:
            return {"error": (done.stderr.strip() or f"exit code {done.returncode}")[-1500:]}
        result = json.loads(done.stdout.strip().splitlines()[-1])
        with np.load(outputs) as values:
            result["values"] = {name: values[name] for name in values.files}
        return result

    def note(self, result: dict) -> None:
        self.results.append(result)
        # Whole: what is printed may be all that comes back from a rented machine.
        print(json.dumps(result), flush=True)
        self.write()

    def write(self) -> None:
        """After each result, whole or not at all, so that a run that is cut off leaves what it saw."""
        now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
        report = {"date": now, **self.about, "results": self.results}
        self.given.out.mkdir(parents=True, exist_ok=True)
        for suffix, text in [("json", json.dumps(report, indent=2) + "\n"), ("md", markdown(report))]:
            file = self.given.out / f"epcontext-report.{suffix}"
            partial = file.with_name(f"{file.name}.partial")
            partial.write_text(text, "utf-8")
            partial.replace(file)


def said_of(exported: Path) -> dict:
    return json.loads((exported / "ep-context.json").read_text("utf-8"))


def fix_shape(network: Path, shape: list[int], out: Path) -> None:
    """The network with its dynamic sides fixed, outputs' too."""
    inputs, outputs = context.tensors_of(network, shape)
    model = onnx.load(network)
    for values, fixed in [(model.graph.input, inputs), (model.graph.output, outputs)]:
        del values[:]
        values.extend(fixed)
    del model.graph.value_info[:]
    onnx.save(model, out)


def delete_refitted(at: Path) -> None:
    """Takes away what the provider saved as the engine with its weights, and has none."""
    for file in at.rglob("*.engine"):
        if not file.name.endswith(".stripped.engine"):
            file.unlink()


def lock(at: Path) -> None:
    for folder in [at, *(path for path in at.rglob("*") if path.is_dir())]:
        folder.chmod(0o555)


def sizes(at: Path) -> dict[str, int]:
    return {str(file.relative_to(at)): file.stat().st_size for file in sorted(at.rglob("*")) if file.is_file()}


def gpu() -> dict[str, str]:
    command = ["nvidia-smi", "--query-gpu=name,driver_version,compute_cap", "--format=csv,noheader"]
    try:
        name, driver, capability = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()[0].split(", ")
    except (OSError, IndexError, ValueError):
        return {"gpu": "none", "driver": "none", "computeCapability": "none"}
    return {"gpu": name, "driver": driver, "computeCapability": capability}


if __name__ == "__main__":
    main()
