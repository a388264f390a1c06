"""Asks `read-document` for what a file says, and compares sums."""

import json
import pathlib
import subprocess


def read(program: str, file: pathlib.Path) -> dict:
    """The answer of the confined process on one file."""
    content = file.read_bytes()
    request = {"mode": "parse", "hints": {"file_name": file.name}, "file_bytes": len(content)}
    asked = json.dumps(request).encode() + b"\n" + content
    done = subprocess.run([program], input=asked, capture_output=True, timeout=120, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{file.name}: {done.stderr.decode()}")
    return json.loads(done.stdout)


def differences(ours: dict, theirs: dict, tolerance: float) -> list[str]:
    """What is in one of two tables of sums and not, or differently, in the other."""
    found = []
    for key in sorted(set(ours) | set(theirs), key=str):
        own, other = ours.get(key, 0.0), theirs.get(key, 0.0)
        if abs(own - other) > tolerance * max(abs(own), abs(other), 1e-3):
            found.append(f"{' / '.join(str(part) for part in key)}: ours {own:.6g}, theirs {other:.6g}")
    return found


def report(results: dict) -> int:
    """Prints one line for each file and, last, the sums as JSON. 1 when any file differs without a known reason."""
    keys = agreeing = 0
    for name, result in sorted(results.items()):
        keys += result["keys"]
        agreeing += result["keys"] - len(result["differences"])
        for difference in result["differences"]:
            print(f"{name}: {difference}")
        if result.get("skipped"):
            print(f"{name}: {result['skipped']}")
    equal = sum(1 for result in results.values() if not result["differences"])
    print(json.dumps({"files": len(results), "files_equal": equal, "sums": keys, "sums_equal": agreeing}))
    return 0 if equal == len(results) else 1
