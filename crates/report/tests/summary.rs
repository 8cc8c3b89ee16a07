//! `summary.json` and its schema describe the same document.

use geodyssey_report::{
    ChannelSummary, CommittorCoordinate, CommittorSummary, ConstraintSummary, DeltaFSource, DenoiserSummary,
    DirectionalWork, FailedPath, FileSummary, FreeEnergyDifference, FreeEnergySummary, FreePathsSummary,
    GeodesicSummary, LandscapeSummary, LedAgainstFree, MaxEnergy, MaxEnergySummary, MetadynamicsSummary,
    MoveSummary, RateDirectionSummary, RateSummary, ReportError, RmsdSummary, SUMMARY_SCHEMA,
    SampledConstraint, SamplesSummary, SamplingSummary, ShootingSummary, SlowestCoordinate, StateSummary,
    StructureMatch, Summary, SystemSummary, TransitionSummary, VariableSummary, Warning, WindingSummary,
    WorkSummary,
};
use serde_json::{Value, json};

fn torsion(name: &str) -> VariableSummary {
    VariableSummary {
        name: name.to_owned(),
        kind: "torsion".to_owned(),
        unit: "rad".to_owned(),
        period: Some(std::f64::consts::TAU),
        scale: 1.0,
    }
}

fn work() -> DirectionalWork {
    DirectionalWork {
        paths: 32,
        mean_kj_mol: 18.2,
        std_kj_mol: Some(4.0),
        standard_error_kj_mol: Some(0.7),
        dissipated_kt: Some(3.1),
        dissipated_error_kt: Some(0.3),
        jarzynski_delta_f_kj_mol: Some(10.9),
        jarzynski_error_kj_mol: Some(0.8),
    }
}

fn state(name: &str) -> StateSummary {
    StateSummary {
        state: name.to_owned(),
        center: vec![-2.6, 2.8],
        radius: vec![0.5, 0.5],
        structure: Some("minimised".to_owned()),
        potential_energy_kj_mol: Some(-81.5),
        moved_radii: Some(0.1),
        above_basin_minimum_kj_mol: Some(0.4),
        basin_minimum: Some(vec![-2.5, 2.7]),
    }
}

fn free_paths() -> FreePathsSummary {
    FreePathsSummary {
        method: "tps".to_owned(),
        chains: 64,
        trials: 6400,
        acceptance: 0.28,
        moves: vec![MoveSummary {
            name: "two-way-shooting".to_owned(),
            trials: 6400,
            acceptance: 0.28,
            rejected: [("wrong ends".to_owned(), 4608)].into(),
        }],
        frame_interval_ps: 0.005,
        decorrelated: Some(600.0),
        autocorrelation_trials: Some(10.0),
        mean_length_ps: 0.205,
        mean_length_error_ps: Some(0.002),
        length_quantiles_ps: vec![0.11, 0.155, 0.19, 0.245, 0.34],
        longest_ps: 0.7,
        lane_occupancy: 0.99,
        channels: vec![ChannelSummary {
            winding: vec![0, 0],
            share: 1.0,
            share_error: Some(0.01),
            chains_that_changed: 3,
        }],
        r_hat: Some(1.01),
        slowest: Some(SlowestCoordinate {
            name: "sin psi".to_owned(),
            autocorrelation_trials: 700.0,
            r_hat: Some(1.2),
        }),
        equilibrated_after: Some(10),
        renewed_after: Some(22),
        failed_first_shots: 100,
        energy_evaluations: 1_000_000,
        led: Some(LedAgainstFree {
            led_length_ps: Some(40.0),
            led_max_landscape_energy_kj_mol: Some(41.0),
            free_max_landscape_energy_kj_mol: Some(40.0),
            free_max_landscape_energy_std_kj_mol: Some(2.0),
            density_overlap: 0.4,
            free_outside_led: 0.2,
            led_outside_free: 0.1,
        }),
    }
}

fn rate() -> RateSummary {
    let direction = |direction: &str| RateDirectionSummary {
        direction: direction.to_owned(),
        rate_per_ps: 1e-4,
        rate_error_per_ps: Some(1e-5),
        flux_per_ps: 2.0,
        along: "phi".to_owned(),
        interfaces: vec![-40.0, 0.0],
        crossing_probabilities: vec![0.1, 5e-4],
        total_crossing_probability: 5e-5,
        equilibrated_after: 100,
        exchange_acceptance: vec![1.0, 0.2],
        mean_length_ps: Some(0.2),
        lane_occupancy: 0.99,
        simulations: 32,
        cycles: 400,
        energy_evaluations: 1_000_000,
    };
    RateSummary {
        time_unit: "ps".to_owned(),
        k_ab_per_ps: 1e-4,
        k_ab_error_per_ps: Some(1e-5),
        k_ba_per_ps: 1e-3,
        k_ba_error_per_ps: Some(1e-4),
        delta_f_rates_kj_mol: 5.7,
        delta_f_rates_error_kj_mol: Some(0.3),
        delta_f_check_kj_mol: Some(0.1),
        directions: vec![direction("forward"), direction("backward")],
    }
}

fn committor() -> CommittorSummary {
    CommittorSummary {
        structures: 64,
        trajectories: 6400,
        unfinished: 3,
        mean: 0.5,
        std: 0.3,
        std_without_binomial: 0.29,
        same_committor_p_value: Some(1e-9),
        transition_states: 10,
        explained_by: vec![CommittorCoordinate {
            name: "a torsion".to_owned(),
            is_variable: false,
            rank_correlation: 0.9,
            deviance_explained: Some(0.7),
        }],
        words: vec!["The committor rises with a torsion.".to_owned()],
        energy_evaluations: 1_000_000,
    }
}

/// A summary with every optional part present.
fn full() -> Summary {
    let energy = MaxEnergy {
        definition: "max over every step of F, zero at its minimum".to_owned(),
        paths: 32,
        mean_kj_mol: 37.4,
        std_kj_mol: Some(0.6),
        standard_error_kj_mol: Some(0.1),
        lower_bound_kj_mol: Some(36.3),
        above_start_mean_kj_mol: Some(30.0),
    };
    let difference = FreeEnergyDifference {
        delta_f_kj_mol: Some(9.1),
        delta_f_error_kj_mol: Some(0.4),
        forward_kj_mol: 9.4,
        forward_error_kj_mol: Some(0.6),
        backward_kj_mol: 8.8,
        backward_error_kj_mol: Some(0.5),
        directions_agree: Some(true),
        landscape_kj_mol: Some(9.0),
        covered_start: Some(0.97),
        covered_end: Some(1.0),
    };
    Summary {
        version: "0.1.0".to_owned(),
        config_hash: "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262".to_owned(),
        seed: 1,
        system: SystemSummary {
            atoms: Some(22),
            variables: vec![torsion("phi"), torsion("psi")],
            temperature_k: Some(300.0),
            thermal_energy_kj_mol: 2.494_338_785,
        },
        states: ["start", "end"].map(state).to_vec(),
        landscape: LandscapeSummary {
            lower_bound_error_kj_mol: Some(0.4),
            lower_bound_sampled: Some(true),
            metadynamics: Some(MetadynamicsSummary {
                walkers: 64,
                filling_time_ps: 100.0,
                sampling_time_ps: 300.0,
                hill_widths: vec![0.13, 0.25],
                hill_height_kj_mol: 0.2,
                bias_factor: 15.0,
                recrossed_share: 0.88,
                arrivals_at_start: 622,
                arrivals_at_end: 629,
                crossed_share: 1.0,
                sampled_share: 0.9,
                delta_f_kj_mol: 6.7,
                delta_f_error_kj_mol: 0.3,
            }),
            samples: Some(SamplesSummary {
                frames: 9600,
                effective_size: 2100.0,
                frames_without_positions: Some(3),
                independent: Some(310.0),
                lowest_exchange_rate: Some(0.3),
                round_trips: Some(40),
            }),
            method: "samples".to_owned(),
            energy_evaluations: 4_000_000,
            rms_block_error_kj_mol: Some(0.7),
            lower_bound_kj_mol: Some(36.3),
        },
        denoiser: Some(DenoiserSummary {
            kind: "neural".to_owned(),
            parameters: Some(35_000),
            steps: Some(10_000),
            held_out_loss: Some(2e-4),
            log_snr_range: Some((-4.0, 5.0)),
            device: Some("cpu".to_owned()),
        }),
        geodesic: Some(GeodesicSummary {
            kind: "geodesic".to_owned(),
            length: 7.5,
            energy: 28.1,
            constant_speed: 1.0002,
            negative_share: 0.0,
            points: 129,
            min_log_snr: 3.0,
            crest_kj_mol: Some(37.1),
            winding: vec![0, -1],
            iterations: 40,
            denoiser_evaluations: 50_000,
            stop_reason: "step below tolerance".to_owned(),
            windings: vec![WindingSummary {
                winding: vec![0, -1],
                length: Some(7.5),
                barrier_kj_mol: Some(36.3),
                crest_kj_mol: Some(37.1),
                satisfied: Some(true),
                chosen: true,
                decision: "lowest barrier".to_owned(),
            }],
        }),
        constraints: vec![ConstraintSummary {
            kind: "low-variance".to_owned(),
            description: "log SNR ≥ 3".to_owned(),
            report_only: true,
            unit: String::new(),
            threshold: Some(3.0),
            tolerance: 1e-3,
            largest_violation: 0.0,
            satisfied: true,
            sampled: Some(SampledConstraint {
                definition: "share of the paths inside".to_owned(),
                unit: "nat".to_owned(),
                value: 0.2,
                limit: 0.1,
                share_of_points_inside: Some(0.05),
                kept: false,
            }),
        }],
        sampling: Some(SamplingSummary {
            paths: 32,
            reached: 0.96875,
            backward_paths: 32,
            reached_backward: Some(1.0),
            failed: vec![FailedPath {
                path: 7,
                direction: "backward".to_owned(),
                point: 80,
                step: 3,
                energy_kj_mol: Some(1e9),
                reason: "potential energy is not finite".to_owned(),
            }],
            energy_evaluations: 2_560_000,
            path_time_ps: Some(40.0),
            share_inside_avoided: Some(0.0),
            structure_match: Some(StructureMatch {
                required: false,
                tolerance_degrees: 40.0,
                arrived: 31,
                same_structure: 30,
                arrived_backward: 32,
                same_structure_backward: 32,
                differing_bonds: vec!["VAL 2 CA – VAL 2 CB".to_owned()],
            }),
            lag: Some(0.1),
            lag_by_chance: Some(0.15),
            shooting: Some(ShootingSummary {
                length: "flexible".to_owned(),
                chains: 16,
                trials: 1000,
                accepted: 137,
                mean_steps: 812.5,
            }),
        }),
        max_energy: Some(MaxEnergySummary { landscape: Some(energy.clone()), atoms: Some(energy.clone()) }),
        transition: Some(TransitionSummary {
            definition: "cut at the nearest frame".to_owned(),
            hit_radius_rad: 0.75,
            paths: 32,
            target_hit_share: 1.0,
            energy: Some(energy.clone()),
            rmsd: RmsdSummary {
                paths: 32,
                mean_nm: 0.03,
                std_nm: Some(0.01),
                standard_error_nm: Some(0.002),
            },
        }),
        work: Some(WorkSummary {
            forward: Some(work()),
            backward: Some(work()),
            delta_f_kj_mol: Some(11.0),
            delta_f_error_kj_mol: Some(0.5),
            overlap: Some(0.75),
            landscape_delta_f_kj_mol: Some(11.6),
            dissipated_delta_f_source: Some(DeltaFSource::Bar),
        }),
        free_energy: Some(FreeEnergySummary {
            windows: 128,
            states: Some(difference.clone()),
            basins: Some(difference),
        }),
        free_paths: Some(free_paths()),
        rate: Some(rate()),
        committor: Some(committor()),
        warnings: vec![Warning::new("paths", "One path did not reach the end.")],
        files: vec![FileSummary {
            path: "geodesic.csv".to_owned(),
            content: "points of the geodesic".to_owned(),
        }],
    }
}

/// The least that a run writes: no molecule, no paths.
fn least() -> Summary {
    let mut summary = full();
    summary.system.atoms = None;
    summary.system.temperature_k = None;
    summary.system.variables.iter_mut().for_each(|v| v.period = None);
    summary.landscape.rms_block_error_kj_mol = None;
    summary.landscape.lower_bound_kj_mol = None;
    summary.denoiser = None;
    summary.geodesic = None;
    summary.sampling = None;
    summary.max_energy = None;
    summary.transition = None;
    summary.work = None;
    summary.states.clear();
    summary.free_energy = None;
    summary.free_paths = None;
    summary.rate = None;
    summary.committor = None;
    summary.constraints.clear();
    summary.files.clear();
    summary
}

fn schema() -> Value {
    serde_json::from_str(SUMMARY_SCHEMA).expect("the schema is JSON")
}

fn errors(document: &Value) -> Vec<String> {
    let validator = jsonschema::draft202012::new(&schema()).expect("the schema is a schema");
    validator.iter_errors(document).map(|e| e.to_string()).collect()
}

fn document(summary: &Summary) -> Value {
    let text = summary.to_json().expect("all numbers are finite");
    serde_json::from_str(&text).expect("what was written is JSON")
}

#[test]
fn the_schema_is_valid_and_accepts_the_fullest_and_the_least_summary() {
    assert!(jsonschema::draft202012::meta::is_valid(&schema()));
    assert_eq!(errors(&document(&full())), Vec::<String>::new());
    assert_eq!(errors(&document(&least())), Vec::<String>::new());
}

#[test]
fn a_summary_reads_back_as_written() -> Result<(), ReportError> {
    for summary in [full(), least()] {
        assert_eq!(Summary::from_json(&summary.to_json()?)?, summary);
    }
    Ok(())
}

/// Every field of the structs stands in the schema and the other way round: with all optional parts
/// present, each property that the schema names occurs in the document.
#[test]
fn the_fullest_summary_has_every_property_of_the_schema() {
    fn walk(schema: &Value, root: &Value, document: &Value, place: &str) {
        let schema = match schema.get("$ref").and_then(Value::as_str) {
            Some(reference) => root.pointer(&reference[1..]).expect("references are local"),
            None => schema,
        };
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            assert_eq!(schema["additionalProperties"], json!(false), "{place}");
            for (name, inner) in properties {
                let place = format!("{place}.{name}");
                assert!(inner.get("$ref").is_some() || inner.get("description").is_some(), "{place}");
                let value = document.get(name);
                walk(inner, root, value.unwrap_or_else(|| panic!("{place} is missing")), &place);
            }
        }
        if let Some(items) = schema.get("items") {
            for item in document.as_array().expect("an array") {
                walk(items, root, item, &format!("{place}[]"));
            }
        }
    }
    walk(&schema(), &schema(), &document(&full()), "summary");
}

#[test]
fn wrong_summaries_are_refused() {
    let wrong: [(&str, Value); 7] = [
        ("/seed", json!(-1)),
        ("/config_hash", json!("not hexadecimal")),
        ("/sampling/reached", json!(1.5)),
        ("/sampling/failed/0/direction", json!("sideways")),
        ("/geodesic/winding", json!([0.5])),
        ("/max_energy/landscape/mean_kj_mol", json!("37.4")),
        ("/system/variables", json!([])),
    ];
    for (pointer, value) in wrong {
        let mut document = document(&full());
        *document.pointer_mut(pointer).expect("the place is there") = value;
        assert_eq!(errors(&document).len(), 1, "{pointer}");
    }
    let mut extra = document(&full());
    extra["geodesic"]["seconds"] = json!(3.0);
    assert_eq!(errors(&extra).len(), 1, "wall-clock time has no place in the summary");
    let mut missing = document(&full());
    missing["geodesic"].as_object_mut().expect("an object").remove("length");
    assert_eq!(errors(&missing).len(), 1);
    assert!(Summary::from_json(&extra.to_string()).is_err());
}

#[test]
fn a_number_that_is_not_finite_is_named() {
    let mut summary = full();
    if let Some(work) = &mut summary.work {
        work.delta_f_kj_mol = Some(f64::NAN);
    }
    let message = summary.to_json().err().map(|e| e.to_string()).unwrap_or_default();
    assert_eq!(message, "summary.work.delta_f_kj_mol is not a finite number");
}
