//! The two-mode toy of the ridge paper (arXiv 2602.06021): how the error of a random-feature model along the ridge and across it
//! goes down with the training time `τ`, and what of it is the architecture's. Prints a table as CSV.
//!
//! `cargo run --release --example two_modes [FEATURES]`; 2000 features, as in the paper, are the default and take minutes.

mod toy;

use toy::{Size, Toy, curved_modes, straight_modes};

/// The name of a weight of noise levels, and the weight as a function of the noise's variance `h`.
type Weight = (&'static str, fn(f64) -> f64);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let features = std::env::args().nth(1).map_or(Ok(2000), |text| text.parse())?;
    let size = Size { features, intervals: 2000, rows_per_level: 18 };
    let times = [0.0, 20.0, 100.0, 300.0, 1000.0, 2000.0, 5000.0, f64::INFINITY];
    println!(
        "modes,weight,training_time,normal_error,tangential_error,error_x,error_y,optimisation_error,architectural_error"
    );
    let weights: [Weight; 2] = [("1", |_| 1.0), ("1/h^2", |noise| noise.powi(-2))];
    for (modes, points) in [("straight", straight_modes()), ("curved", curved_modes())] {
        for (name, weight) in weights {
            let toy = Toy::new(&points, &size, weight, 1)?;
            let flow = toy.flow()?;
            // Without the modes that are never trained, whose error stays.
            let architectural = 0.5 * flow.least_loss().sum();
            for errors in toy.errors(&flow, &times) {
                let [x, y] = errors.by_coordinate;
                println!(
                    "{modes},{name},{},{:.4e},{:.4e},{x:.4e},{y:.4e},{:.4e},{architectural:.4e}",
                    errors.time, errors.normal, errors.tangential, errors.optimisation
                );
            }
        }
    }
    Ok(())
}
