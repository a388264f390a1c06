"""Compares how accurate forecasts are with statsforecast and LightGBM, on the same series, days and scale in one run.

    pip install statsforecast mlforecast lightgbm pandas
    cargo build --release -p cloud-demand --example evaluate
    python3 beside.py FILE.csv --ours target/release/examples/evaluate [--origins 4] [--horizon 14] [--leave-out 0] [--json]

FILE.csv has the columns `unique_id,ds,y[,unit_price]`. Each series is filled with zeros from its first day to the last day of the file; those with
at least 168 days and 10 selling days are kept. At each of the last origins, a horizon apart, every method is fitted anew to the days before, and
forecasts are clipped at zero. MASE is the mean absolute error over the horizon by that of the seasonal naive method within the days before, then the
mean over series and origins. `docs/reference/forecast.md` says the same of ours. LightGBM is asked twice: for the mean (Tweedie) and for the median
(absolute error), because MASE rewards the median. Prints a table, and with `--json` one object as its last line.
"""

import argparse
import json
import subprocess
import sys
import time
import warnings

import lightgbm
import numpy as np
import pandas as pd
from mlforecast import MLForecast
from mlforecast.lag_transforms import ExpandingMean, RollingMean, RollingStd
from statsforecast import models

SEASON = 7
LENGTH_MIN, SELLING_DAYS_MIN = 168, 10


def main() -> int:
    warnings.filterwarnings("ignore")
    arguments = argparse.ArgumentParser()
    arguments.add_argument("file")
    arguments.add_argument("--ours", required=True, help="the example `evaluate`, or `tillsight-cloud`")
    arguments.add_argument("--origins", type=int, default=4)
    arguments.add_argument("--horizon", type=int, default=14)
    arguments.add_argument("--leave-out", type=int, default=0)
    arguments.add_argument("--json", action="store_true")
    told = arguments.parse_args()

    series = read(told.file, told.leave_out)
    found = theirs(series, told.origins, told.horizon)
    ours = run_ours(told)
    for name in ("best", "statistical"):
        found[f"ours: {name}"] = ours[name]["mase"]
        found[f"ours: {name}, of the mean"] = ours[name]["mase_of_mean"]
    for name, figures in ours["methods"].items():
        found[f"ours: {name}"] = figures["mase"]
    if ours["series"] != len(series):
        sys.exit(f"ours kept {ours['series']} series and theirs {len(series)}: the filters differ")
    print(f"| method | MASE, {len(series)} series, {told.origins} origins |\n| --- | ---: |")
    for name, mase in sorted(found.items(), key=lambda entry: entry[1]):
        print(f"| {name} | {mase:.4f} |")
    if told.json:
        print(json.dumps({"series": len(series), "mase": found}))
    return 0


def read(file: str, leave_out: int) -> dict[str, pd.Series]:
    table = pd.read_csv(file, parse_dates=["ds"])
    last = table["ds"].max()
    kept = {}
    for name, rows in table.groupby("unique_id"):
        days = pd.date_range(rows["ds"].min(), last)
        filled = rows.set_index("ds")["y"].reindex(days, fill_value=0.0).astype(float)
        if len(filled) >= LENGTH_MIN and (filled > 0).sum() >= SELLING_DAYS_MIN:
            kept[name] = filled.iloc[: len(filled) - leave_out]
    return kept


def theirs(series: dict[str, pd.Series], origins: int, horizon: int) -> dict[str, float]:
    single = {
        "statsforecast SeasonalNaive": models.SeasonalNaive(season_length=SEASON),
        "statsforecast AutoETS": models.AutoETS(season_length=SEASON),
        "statsforecast AutoCES": models.AutoCES(season_length=SEASON),
        "statsforecast AutoTheta": models.AutoTheta(season_length=SEASON),
    }
    errors: dict[str, list[float]] = {}
    for origin in range(origins, 0, -1):
        left = origin * horizon
        known = {name: values.iloc[: len(values) - left] for name, values in series.items()}
        after = {name: values.iloc[len(values) - left :][:horizon].to_numpy() for name, values in series.items()}
        scale = {name: in_sample(values.to_numpy()) for name, values in known.items()}
        said = {method: {} for method in single}
        for method, model in single.items():
            start = time.monotonic()
            for name, values in known.items():
                said[method][name] = forecast_one(model, values.to_numpy(), horizon)
            print(f"origin {origins + 1 - origin}: {method} took {time.monotonic() - start:.1f} s", file=sys.stderr)
        said |= boosted(known, horizon)
        for method, by_name in said.items():
            for name, days in by_name.items():
                if scale[name] > 0:
                    error = np.abs(np.clip(days, 0, None) - after[name]).mean() / scale[name]
                    errors.setdefault(method, []).append(error)
    return {method: float(np.mean(list_of)) for method, list_of in errors.items()}


def in_sample(values: np.ndarray) -> float:
    return float(np.abs(values[SEASON:] - values[:-SEASON]).mean())


def forecast_one(model, values: np.ndarray, horizon: int) -> np.ndarray:
    try:
        return np.asarray(model.forecast(y=values, h=horizon)["mean"])
    except Exception as failed:  # Some of its models refuse series that hardly ever sell; they are forecast by their mean then.
        print(f"{type(model).__name__} refused a series of {len(values)} days: {failed}", file=sys.stderr)
        return np.full(horizon, values.mean())


def boosted(known: dict[str, pd.Series], horizon: int) -> dict[str, dict[str, np.ndarray]]:
    long = pd.concat(
        [pd.DataFrame({"unique_id": name, "ds": values.index, "y": values.to_numpy()}) for name, values in known.items()]
    )
    settings = {"n_estimators": 400, "learning_rate": 0.04, "num_leaves": 31, "min_child_samples": 40, "subsample": 0.7,
                "subsample_freq": 1, "colsample_bytree": 0.5, "n_jobs": 1, "verbose": -1, "seed": 1}
    learners = {
        "LightGBM Tweedie": lightgbm.LGBMRegressor(objective="tweedie", tweedie_variance_power=1.3, **settings),
        "LightGBM absolute error": lightgbm.LGBMRegressor(objective="l1", **settings),
    }
    forecaster = MLForecast(
        models=learners,
        freq="D",
        lags=[*range(1, 8), 14, 21, 28, 35],
        lag_transforms={
            1: [RollingMean(7), RollingMean(14), RollingMean(28), RollingMean(56), RollingStd(28), ExpandingMean()],
            7: [RollingMean(28)],
        },
        date_features=["dayofweek", "day", "month"],
    )
    start = time.monotonic()
    forecaster.fit(long, static_features=[], dropna=False)
    table = forecaster.predict(horizon)
    print(f"LightGBM took {time.monotonic() - start:.1f} s", file=sys.stderr)
    return {name: {series: rows[name].to_numpy() for series, rows in table.groupby("unique_id")} for name in learners}


def run_ours(told: argparse.Namespace) -> dict:
    if told.ours.endswith("evaluate"):
        command = [told.ours, told.file, str(told.leave_out), str(told.origins), str(told.horizon)]
    else:
        command = [told.ours, "admin", "eval-forecast", told.file, "--json", "--min-length", str(LENGTH_MIN)]
        command += ["--horizon", str(told.horizon), "--origins", str(told.origins), "--leave-out", str(told.leave_out)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    sys.exit(main())
