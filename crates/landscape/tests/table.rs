//! The spline through a table, and tables as text.

use std::f64::consts::{PI, TAU};

use geodyssey_landscape::{
    Grid, GridAxis, Landscape, TableLandscape,
    table_file::{read_grid, read_table, write_grid},
    text_table::TableVariable,
};
use proptest::prelude::*;

fn torus(count: usize, function: impl Fn(f64, f64) -> f64) -> TableLandscape {
    let axes = vec![GridAxis::periodic("phi", -PI, TAU, count), GridAxis::periodic("psi", -PI, TAU, count)];
    TableLandscape::new(Grid::from_function(axes, |x| function(x[0], x[1])).unwrap()).unwrap()
}

fn wavy(x: f64, y: f64) -> f64 {
    10.0 * (x.sin() + (2.0 * y + x).cos()) + 3.0 * (x - y).sin().powi(3)
}

fn wavy_gradient(x: f64, y: f64) -> [f64; 2] {
    let cube = 9.0 * (x - y).sin().powi(2) * (x - y).cos();
    [10.0 * (x.cos() - (2.0 * y + x).sin()) + cube, -20.0 * (2.0 * y + x).sin() - cube]
}

/// Largest errors of energy and gradient at points off the grid.
fn errors(table: &TableLandscape, points: &[[f64; 2]]) -> (f64, f64) {
    let mut largest = (0.0f64, 0.0f64);
    for [x, y] in points {
        let mut gradient = [0.0; 2];
        let energy = table.energy_gradient(&[*x, *y], &mut gradient);
        largest.0 = largest.0.max((energy - wavy(*x, *y)).abs());
        for (found, exact) in gradient.iter().zip(wavy_gradient(*x, *y)) {
            largest.1 = largest.1.max((found - exact).abs());
        }
    }
    largest
}

fn scattered(count: usize, lower: f64, upper: f64) -> Vec<[f64; 2]> {
    let place = |i: usize, ratio: f64| lower + (upper - lower) * (ratio * (i + 1) as f64).fract();
    (0..count).map(|i| [place(i, 0.754_877_666), place(i, 0.569_840_291)]).collect()
}

#[test]
fn errors_fall_with_the_fourth_power_of_the_spacing() {
    let points = scattered(500, -7.0, 9.0);
    let (coarse, fine) = (errors(&torus(36, wavy), &points), errors(&torus(72, wavy), &points));
    assert!(fine.0 < 5e-3 && coarse.0 / fine.0 > 13.0 && coarse.0 / fine.0 < 20.0, "{coarse:?} {fine:?}");
    assert!(fine.1 < 0.2 && coarse.1 / fine.1 > 6.5, "{coarse:?} {fine:?}");

    let bounded = |count| {
        let axes = vec![GridAxis::bounded("x", -1.0, 2.0, count), GridAxis::bounded("y", 0.0, 2.5, count)];
        TableLandscape::new(Grid::from_function(axes, |x| wavy(x[0], x[1])).unwrap()).unwrap()
    };
    let points = scattered(500, 0.0, 2.0);
    let (coarse, fine) = (errors(&bounded(20), &points), errors(&bounded(39), &points));
    assert!(fine.0 < 5e-3 && coarse.0 / fine.0 > 12.0, "{coarse:?} {fine:?}");
}

#[test]
fn nodes_are_reproduced_in_one_two_and_three_variables() {
    let all = [
        GridAxis::bounded("a", -1.0, 1.0, 4),
        GridAxis::periodic("b", 0.3, 2.0, 7),
        GridAxis::bounded("c", 5.0, 9.0, 6),
    ];
    for dimension in 1..=3 {
        let value = |x: &[f64]| x.iter().enumerate().map(|(k, x)| (k as f64 + 1.7 * x).sin() * 8.0).product();
        let grid = Grid::from_function(all[..dimension].to_vec(), value).unwrap();
        let table = TableLandscape::new(grid.clone()).unwrap();
        for (index, expected) in grid.values.iter().enumerate() {
            assert!((table.energy(&grid.point(index)) - expected).abs() < 1e-10);
        }
    }
}

#[test]
fn cubic_polynomials_are_exact_without_periods() {
    let cubic = |x: &[f64]| {
        (x[0].powi(3) - 2.0 * x[0]) * (1.0 + x[1].powi(2) - 0.5 * x[1].powi(3)) + x[2].powi(3) * x[0]
    };
    for count in [4, 5, 9] {
        let axes = ["a", "b", "c"].map(|name| GridAxis::bounded(name, -1.0, 1.5, count)).to_vec();
        let table = TableLandscape::new(Grid::from_function(axes, cubic).unwrap()).unwrap();
        for [x, y] in scattered(100, -1.0, 1.5) {
            let point = [x, y, 0.5 * (x + y)];
            assert!((table.energy(&point) - cubic(&point)).abs() < 1e-11, "{count} {point:?}");
        }
    }
}

/// Gradients against central differences, beyond the ends too, and no jump where the ends are crossed.
#[test]
fn gradients_are_those_of_the_energy_everywhere() {
    let axes = vec![
        GridAxis::bounded("a", 0.0, 1.0, 8),
        GridAxis::periodic("b", -PI, TAU, 10),
        GridAxis::bounded("c", -2.0, 2.0, 9),
    ];
    let grid = Grid::from_function(axes, |x| 6.0 * (3.0 * x[0] + x[1]).sin() + x[2] * x[0] * 4.0).unwrap();
    let table = TableLandscape::new(grid).unwrap();
    for i in 0..300 {
        let place = |ratio: f64| (ratio * f64::from(i + 1)).fract();
        let x = [3.0 * place(0.8192) - 1.0, 20.0 * place(0.6710) - 10.0, 8.0 * place(0.5497) - 4.0];
        let mut gradient = [0.0; 3];
        table.energy_gradient(&x, &mut gradient);
        for axis in 0..3 {
            let (mut above, mut below, step) = (x, x, 1e-5);
            above[axis] += step;
            below[axis] -= step;
            let difference = (table.energy(&above) - table.energy(&below)) / (2.0 * step);
            assert!(
                (difference - gradient[axis]).abs() < 1e-5 * (1.0 + difference.abs()),
                "{x:?} axis {axis}"
            );
        }
    }
    for y in [-2.0, 0.1, 4.0] {
        let (mut inside, mut outside) = ([0.0; 3], [0.0; 3]);
        table.energy_gradient(&[1.0 - 1e-9, y, 3.0], &mut inside);
        table.energy_gradient(&[1.0 + 1e-9, y, 3.0], &mut outside);
        for (a, b) in inside.iter().zip(outside) {
            assert!((a - b).abs() < 1e-4, "{inside:?} {outside:?}");
        }
    }
    let highest = table.grid().values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    assert!(table.energy(&[1.2, 0.0, 0.0]) > highest && table.energy(&[0.5, 0.0, -2.5]) > highest);
}

proptest! {
    #[test]
    fn energies_repeat_with_the_period(x in -20.0..20.0f64, y in -20.0..20.0f64, n in -5i32..6, m in -5i32..6) {
        let table = torus(12, wavy);
        let (mut here, mut there) = ([0.0; 2], [0.0; 2]);
        let energy = table.energy_gradient(&[x, y], &mut here);
        let image = table.energy_gradient(&[x + TAU * f64::from(n), y + TAU * f64::from(m)], &mut there);
        prop_assert!((energy - image).abs() < 1e-10);
        prop_assert!((here[0] - there[0]).abs() < 1e-10 && (here[1] - there[1]).abs() < 1e-10);
    }
}

fn periodic() -> [TableVariable<'static>; 2] {
    [TableVariable::own("phi", Some(4.0)), TableVariable::own("d", None)]
}

fn example() -> Grid {
    let axes = vec![GridAxis::periodic("phi", -2.0, 4.0, 5), GridAxis::bounded("d", 0.1, 0.5, 4)];
    Grid::from_function(axes, |x| (x[0] * PI / 2.0).sin() + 10.0 * x[1]).unwrap()
}

#[test]
fn tables_come_back_as_they_were_written_in_any_order() {
    let grid = example();
    let errors = vec![0.25; grid.len()];
    let text = write_grid(&grid, &[("standard_error_kj_mol", &errors)]);
    assert!(text.starts_with("phi,d,energy_kj_mol,standard_error_kj_mol\n-2,0.1,"));
    let read = read_grid(&text, &periodic()).unwrap();
    assert_eq!(read.values, grid.values);
    for (a, b) in read.axes.iter().zip(&grid.axes) {
        assert_eq!((a.count, a.start, a.period, &a.name), (b.count, b.start, b.period, &b.name));
        assert!((a.spacing - b.spacing).abs() < 1e-15);
    }

    let mut lines: Vec<&str> = text.lines().collect();
    lines[1..].reverse();
    lines[1..].rotate_left(7);
    let shuffled = format!("# a comment\n{}\n", lines.join("\n"));
    assert_eq!(read_grid(&shuffled, &periodic()).unwrap(), read);

    let swapped =
        read_grid(&text, &[TableVariable::own("d", None), TableVariable::own("phi", Some(4.0))]).unwrap();
    assert_eq!((swapped.values[1], swapped.values[5]), (grid.values[4], grid.values[1]));

    let rows = read_table(&text, &periodic()).unwrap();
    assert_eq!((rows.points.len(), &rows.points[1]), (20, &grid.point(1)));
}

#[test]
fn a_repeated_end_point_must_agree_with_the_first() {
    let grid = example();
    let mut text = write_grid(&grid, &[]);
    for row in 0..4 {
        text.push_str(&format!("2.0,{},{}\n", grid.point(row)[1], grid.values[row]));
    }
    assert_eq!(read_grid(&text, &periodic()).unwrap().values, grid.values);

    let wrong = text.replace("2.0,0.5,", "2.0,0.5,9");
    let error = read_grid(&wrong, &periodic()).unwrap_err().to_string();
    assert!(
        error.starts_with("line 25 of the table") && error.contains("one period before, on line 5"),
        "{error}"
    );
}

#[test]
fn tables_that_cannot_be_used_say_where() {
    let good = write_grid(&example(), &[]);
    let without_last = good.trim_end().rsplit_once('\n').unwrap().0;
    let line = |number: usize| good.lines().nth(number - 1).unwrap();
    for (text, expected) in [
        (
            good.replace("energy_kj_mol", "energy"),
            "line 1 of the table: unknown column `energy`; the columns are phi, d",
        ),
        (good.replace("phi,d,", "d,d,"), "line 1 of the table: the column `d` appears twice"),
        (good.replace("phi,d,energy_kj_mol", "phi,energy_kj_mol,sampled"), "there is no column `d`"),
        (
            good.replace(line(7), "-1.2,0.2,nan"),
            "line 7 of the table: `nan` in the column `energy_kj_mol` is not a finite",
        ),
        (good.replace(line(7), "-1.2,x,1"), "line 7 of the table: `x` in the column `d`"),
        (good.replace(line(7), "-1.2,0.3"), "line 7 of the table: it has 2 fields, the header has 3"),
        (
            good.replace(line(7), line(6)),
            "line 7 of the table: the point [-1.2, 0.1] was given before, on line 6",
        ),
        (without_last.to_owned(), "1 of the grid's 20 points are missing, the first is [1.2"),
        (good.replace(",0.5,", ",0.6,"), "line 3 of the table: the values of `d` are not equally spaced"),
        (
            good.lines().filter(|l| !l.starts_with("-2,")).collect::<Vec<_>>().join("\n"),
            "does not cover its period",
        ),
        ("phi,d,energy_kj_mol\n".to_owned(), "it has no rows"),
        ("phi,d,energy_kj_mol\n0,0,1\n".to_owned(), "at least 4"),
    ] {
        let error = read_grid(&text, &periodic()).unwrap_err().to_string();
        assert!(error.contains(expected), "expected {expected:?} in {error:?}");
    }
}
