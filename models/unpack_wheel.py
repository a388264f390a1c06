#!/usr/bin/env python3
"""Takes one file out of a wheel: unpack_wheel.py WHEEL MEMBER TARGET. Needs nothing but Python."""

import shutil
import sys
import zipfile
from pathlib import Path


def main(wheel: str, member: str, target: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        if member not in archive.namelist():
            sys.exit(f"error: `{wheel}` holds no `{member}`")
        with archive.open(member) as source, Path(target).open("wb") as copy:
            shutil.copyfileobj(source, copy)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
