"""Compares speed and accuracy of the methods that look at one series alone with statsforecast, on the same series in one run.

    pip install statsforecast pandas
    cargo build --release -p cloud-demand --example speed
    python3 speed.py target/release/examples/speed [--sales FILE.csv] [--made 200] [--horizon 14] [--json]

FILE.csv has the columns `unique_id,ds,y`, one row a day on which something was sold: each series is filled with zeros from its first day
to the last day of all, and those with at least 168 days and 10 selling days are kept. `--made N` adds N made-up series with level, trend,
weekdays and noise, always above zero, as the models with relative errors need them. The horizon's last days are kept back; both sides
forecast them from the days before on one thread. Theirs is called directly, without its data frames and without fitted values, after a
warm-up; ours gives fitted values as well. Both times are those on the processor, which others on the machine do not lengthen. MASE is scaled by the seasonal naive method within the history. Prints a table, or with
`--json` one object as its last line.
"""

import os

os.environ.update({name: "1" for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")})

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np
import pandas as pd
from statsforecast import models

SEASON = 7
SMOOTH = {
    "ets": models.AutoETS(season_length=SEASON),
    "theta": models.AutoTheta(season_length=SEASON),
    "ces": models.AutoCES(season_length=SEASON),
    "mstl": models.MSTL(season_length=SEASON),
}
INTERMITTENT = {
    "croston": models.CrostonClassic(),
    "croston_optimised": models.CrostonOptimized(),
    "croston_sba": models.CrostonSBA(),
    "tsb": models.TSB(alpha_d=0.1, alpha_p=0.1),
    "adida": models.ADIDA(),
    "imapa": models.IMAPA(),
}


def main() -> int:
    warnings.filterwarnings("ignore")
    arguments = argparse.ArgumentParser()
    arguments.add_argument("program")
    arguments.add_argument("--sales", type=pathlib.Path)
    arguments.add_argument("--made", type=int, default=200)
    arguments.add_argument("--horizon", type=int, default=14)
    arguments.add_argument("--methods", nargs="*", default=[*SMOOTH, *INTERMITTENT])
    arguments.add_argument("--json", action="store_true")
    told = arguments.parse_args()

    sets = {"made": made(told.made)} if told.made else {}
    if told.sales:
        sets["sales"] = sold(told.sales)
    rows = []
    for name, series in sets.items():
        for method in told.methods:
            if name == "made" and method in INTERMITTENT:
                continue
            rows.append({"set": name, **beside(told.program, series, method, told.horizon)})
            if not told.json:
                print(rows[-1], flush=True)
    print(json.dumps({"horizon": told.horizon, "methods": rows}) if told.json else markdown(rows))
    return 0


def sold(path: pathlib.Path) -> list[np.ndarray]:
    """The series of a file of sales, filled with zeros."""
    sales = pd.read_csv(path, parse_dates=["ds"])
    last = sales.ds.max()
    series = []
    for _, days in sales.groupby("unique_id"):
        days = days.groupby("ds").y.sum()
        days = days.reindex(pd.date_range(days.index.min(), last), fill_value=0.0).to_numpy(dtype=float)
        if len(days) >= 168 and (days > 0).sum() >= 10:
            series.append(days)
    return series


def made(count: int) -> list[np.ndarray]:
    """Series above zero with a wandering level, a trend, weekdays and noise; the same ones every time."""
    draw = np.random.default_rng(7)
    series = []
    for _ in range(count):
        days = int(draw.integers(200, 800))
        level = draw.lognormal(3.0, 1.0)
        wander = np.cumsum(draw.normal(0, draw.uniform(0, 0.03), days))
        trend = draw.normal(0, 0.0007) * np.arange(days)
        week = draw.normal(0, draw.uniform(0, 0.4), SEASON)
        noise = draw.normal(0, draw.uniform(0.05, 0.3), days)
        series.append(level * np.exp(np.clip(wander + trend, -3, 3) + week[np.arange(days) % SEASON] + noise) + 0.01)
    return series


def beside(program: str, series: list[np.ndarray], method: str, horizon: int) -> dict:
    """Both sides' time and error for one method."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "series.csv"
        rows = (f"{place},{day},{y!r}" for place, days in enumerate(series) for day, y in enumerate(days.tolist()))
        path.write_text("unique_id,ds,y\n" + "\n".join(rows) + "\n")
        command = [program, str(path), str(horizon), str(SEASON), method]
        said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    ours = json.loads(said)
    model = {**SMOOTH, **INTERMITTENT}[method]
    for days in series[:3]:
        model.forecast(y=days[:-horizon], h=horizon)
    took, errors = 0.0, []
    for days in series:
        history = days[:-horizon].copy()
        began = time.thread_time()
        ahead = model.forecast(y=history, h=horizon)["mean"]
        took += time.thread_time() - began
        scale = np.mean(np.abs(history[SEASON:] - history[:-SEASON]))
        if scale > 0:
            errors.append(np.mean(np.abs(np.clip(ahead, 0, None) - days[-horizon:])) / scale)
    theirs = took * 1e3 / len(series)
    return {
        "method": method,
        "series": len(series),
        "ours_ms": round(ours["ms_per_series"], 5),
        "theirs_ms": round(theirs, 5),
        "ratio": round(theirs / ours["ms_per_series"], 1),
        "ours_mase": round(ours["mase"], 4),
        "theirs_mase": round(float(np.mean(errors)), 4),
        "million_s": round(ours["ms_per_series"] * 1e3),
    }


def markdown(rows: list[dict]) -> str:
    lines = ["| series | method | ours, ms | theirs, ms | ratio | MASE, ours | MASE, theirs | a million series on one thread, s |"]
    lines.append("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for row in rows:
        cells = ("set", "method", "ours_ms", "theirs_ms", "ratio", "ours_mase", "theirs_mase", "million_s")
        lines.append("| " + " | ".join(str(row[cell]) for cell in cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
