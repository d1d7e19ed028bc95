"""
Makes a model's prepared ONNX: `build_onnx.py <model folder> <out.onnx> <source file>…`.

Imports `convert` from the folder's convert.py and writes what it returns. Called by prepare.ts, which checked the sources and
checks the result against the card.
"""

import importlib.util
import sys
from pathlib import Path

import onnx


def main(folder: Path, out: Path, sources: list[Path]) -> None:
    spec = importlib.util.spec_from_file_location("convert", folder / "convert.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(folder / "convert.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    model = module.convert({source.name: source for source in sources})
    onnx.checker.check_model(model, full_check=True)
    out.write_bytes(model.SerializeToString(deterministic=True))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), [Path(source) for source in sys.argv[3:]])
