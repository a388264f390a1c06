//! Evaluations of files of sales.

use std::fmt::Write as _;

use cloud_demand::forecast::evaluate::{NotEvaluated, Plan, evaluate, table};

fn plan() -> Plan {
    Plan {
        horizon: 7,
        origins: 2,
        season: 7,
        min_length: 0,
        min_selling_days: 10,
        leave_out: 0,
        statistical_only: true,
        holidays: Vec::new(),
    }
}

/// Ten weeks in which each product sells more each day of the week.
fn file() -> String {
    let mut file = "unique_id,ds,y,unit_price\n".to_owned();
    for product in 1..=3 {
        for day in 0..70 {
            // January, February and the first days of March.
            let (month, before) = [(1, 0), (2, 31), (3, 59)][usize::from(day >= 31) + usize::from(day >= 59)];
            let of_month = 1 + day - before;
            let sold = product * (1 + day % 7) + (day * 13 + product) % 3;
            writeln!(file, "\"bread, {product}\",2026-{month:02}-{of_month:02},{sold},2.5").unwrap();
        }
    }
    file
}

#[test]
fn a_file_is_read_with_its_gaps_and_prices() {
    let text = "\u{feff}ds,unique_id,y,unit_price\r\n2026-01-30,a,2,\r\n2026-02-02,a,3.5,4\r\n2026-02-03 00:00:00,\"b \"\"x\"\"\",1,0\r\n";
    let series = table::read(text).unwrap();
    assert_eq!(series.len(), 2);
    assert_eq!(series[0].values, [2.0, 0.0, 0.0, 3.5, 0.0]);
    assert_eq!(series[0].prices, [4.0; 5]);
    assert_eq!((series[1].name.as_str(), series[1].values.len()), ("b \"x\"", 1));
    assert!(series[1].prices.is_empty());
}

#[test]
fn holidays_of_a_name_are_the_same_every_year() {
    let text =
        "name,ds,who\nEaster,2025-04-20,all\n\"May, the first\",2025-05-01,all\nEaster,2026-04-05,all\n";
    let holidays = table::read_holidays(text).unwrap();
    let days: Vec<i64> = holidays.iter().map(|holiday| holiday.day).collect();
    assert_eq!(days, [20_198, 20_209, 20_548]);
    assert_eq!(holidays[0].kind, holidays[2].kind);
    assert_ne!(holidays[0].kind, holidays[1].kind);
    let refused = |text: &str| table::read_holidays(text).unwrap_err().to_string();
    assert!(refused("ds\n2026-01-01\n").contains("line 1 names no column `name`"));
    assert!(refused("ds,name\nNew Year,2026-01-01\n").contains("line 2: `New Year` is no date"));
    assert_eq!(table::read_holidays("ds,name\n").unwrap(), []);
}

#[test]
fn a_bad_file_is_refused_by_its_line_and_told_the_way_out() {
    let refused = |text: &str| table::read(text).unwrap_err().to_string();
    for (text, said) in [
        ("", "line 1 names no column `unique_id`"),
        ("unique_id,ds,y\n", "no line after the first"),
        ("unique_id,ds,y\na,2026-02-30,1\n", "line 2: `2026-02-30` is no date: write it as 2026-11-23"),
        ("unique_id,ds,y\na,2026-02-03,-1\n", "line 2: `-1` in column `y` is no number of at least zero"),
        ("unique_id,ds,y\na,2026-02-03,nan\n", "line 2: `nan` in column `y`"),
        ("unique_id,ds,y\na,2026-02-03,1\n\na,2026-02-03,1\n", "line 4: `a` has that day already"),
        (
            "unique_id,ds,y\na,b,2026-02-03,1\n",
            "line 2 has 4 fields and the first line has 3: put names that hold commas in quotes",
        ),
        ("unique_id,ds,y\n\"a,2026-02-03,1\n", "line 2 has a quote that is not closed"),
        ("unique_id,ds,y\na,0026-02-03,1\na,2026-02-03,1\n", "`a` runs over 730486 days"),
    ] {
        let found = refused(text);
        assert!(found.contains(said), "`{found}` does not say `{said}`");
    }
}

#[test]
fn each_method_is_scored_at_each_origin_and_the_last_line_is_json() {
    let series = table::read(&file()).unwrap();
    let mut heard = Vec::new();
    let report = evaluate(&series, &plan(), &|| 0.0, &mut |text| heard.push(text)).unwrap();
    assert_eq!(heard, ["origin 1 of 2: 3 series forecast", "origin 2 of 2: 3 series forecast"]);
    assert_eq!((report.series, report.origins), (3, 2));
    let naive = report.methods.iter().find(|figures| figures.method == "seasonal_naive").unwrap();
    assert!(naive.mase > 0.3 && naive.pinball.is_none());
    assert!(report.best.mase < naive.mase, "{} is not below {}", report.best.mase, naive.mase);
    assert!(report.best.coverage_80.is_some_and(|share| (0.5..=1.0).contains(&share)));
    let json = report.json();
    assert!(json.starts_with("{\"series\":3,\"origins\":2,\"best\":{\"method\":") && !json.contains('\n'));
    assert!(json.contains("\"methods\":{\"seasonal_naive\":{\"method\":\"seasonal_naive\",\"mase\":"));
    assert!(report.table().contains("| seasonal_naive | "));
}

#[test]
fn sums_are_scored_by_themselves_and_agreed() {
    let plain = evaluate(&table::read(&file()).unwrap(), &plan(), &|| 0.0, &mut |_| {}).unwrap();
    assert!(plain.reconciled.by_value && plain.reconciled.categories_count == 1);
    assert!(!plain.json().contains("\"categories\""), "one category is the whole");
    let mut lines = file();
    for (product, category) in [(1, "rolls"), (2, "rolls"), (3, "loaves")] {
        let name = format!("\"bread, {product}\",");
        lines =
            lines
                .lines()
                .map(|line| {
                    if line.starts_with(&name) { format!("{line},{category}\n") } else { format!("{line}\n") }
                })
                .collect();
    }
    // Otherwise what one sells more of the others sell less of, and nothing is left to be wrong about.
    let lines = lines.replacen("unit_price", "unit_price,category", 1).replace("2.5,loaves", "5,loaves");
    let series = table::read(&lines).unwrap();
    assert_eq!(
        series.iter().map(|one| one.category.as_str()).collect::<Vec<_>>(),
        ["rolls", "rolls", "loaves"]
    );
    let report = evaluate(&series, &plan(), &|| 0.0, &mut |_| {}).unwrap();
    let found = report.reconciled;
    assert_eq!(found.categories_count, 2);
    for level in [found.products, found.categories, found.whole] {
        for way in [level.own, level.summed, level.agreed] {
            assert!(way.mase > 0.0 && way.mase < 2.0 && way.rmsse < 2.0, "{found:?}");
        }
    }
    assert!((found.products.own.mase - report.best.mase_of_mean).abs() < 1e-9);
    assert!(report.json().contains("\"reconciled\":{\"by_value\":true,\"products\":{\"own\":{\"mase\":"));
    assert!(report.table().contains("| categories | "));
}

#[test]
fn what_comes_later_changes_no_earlier_forecast() {
    let before = table::read(&file()).unwrap();
    let mut after = before.clone();
    for series in &mut after {
        let known = series.values.len() - 7;
        series.values[known..].fill(1_000.0);
    }
    let plan = Plan { leave_out: 7, ..plan() };
    let said = |series| evaluate(series, &plan, &|| 0.0, &mut |_| {}).unwrap().json();
    assert_eq!(said(&before), said(&after));
}

#[test]
fn too_short_series_are_left_out() {
    let series = table::read(&file()).unwrap();
    let plan = Plan { min_length: 100, ..plan() };
    let refused = evaluate(&series, &plan, &|| 0.0, &mut |_| {}).unwrap_err();
    assert_eq!(refused, NotEvaluated::NoSeries { found: 3, length: 100, selling: 10 });
}
