//! Evaluates forecasts of a file of daily sales without the server: `evaluate FILE [LEAVE_OUT [ORIGINS [HORIZON [statistical]]]]`.

use std::time::Instant;

use cloud_demand::forecast::evaluate::{Plan, evaluate, table};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let told: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, default: usize| told.get(at).map_or(Ok(default), |text| text.parse());
    let file = told.first().ok_or("name a file")?;
    let plan = Plan {
        horizon: number(3, 14)?,
        origins: number(2, 4)?,
        season: 7,
        min_length: 168,
        min_selling_days: 10,
        leave_out: number(1, 0)?,
        statistical_only: told.get(4).is_some(),
        holidays: Vec::new(),
    };
    let start = Instant::now();
    let series = table::read(&std::fs::read_to_string(file)?)?;
    let seconds = || start.elapsed().as_secs_f64();
    let report = evaluate(&series, &plan, &seconds, &mut |text| eprintln!("{text}"))?;
    print!("{}", report.table());
    println!("{}", report.json());
    Ok(())
}
