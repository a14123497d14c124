//! Gauss-Legendre quadrature.

/// The `points` nodes in `(0, 1)`, ascending, each with its weight; the weights sum to 1.
///
/// Exact for polynomials up to degree `2 points - 1`.
pub(crate) fn gauss_legendre(points: usize) -> Vec<[f64; 2]> {
    let mut rule = vec![[0.5, 1.0]; points];
    for index in 0..points / 2 {
        // Between 0 and 1, the largest root first; the others mirror them.
        let angle = std::f64::consts::PI * (index as f64 + 0.75) / (points as f64 + 0.5);
        let mut root = angle.cos();
        // Newton's steps from this start converge quadratically; five reach the last digit for any
        // number of points, and further ones would change nothing.
        for _ in 0..5 {
            let (value, slope) = legendre(points, root);
            root -= value / slope;
        }
        let weight = 0.5 * weight(points, root);
        rule[index] = [0.5 * (1.0 - root), weight];
        rule[points - 1 - index] = [0.5 * (1.0 + root), weight];
    }
    if points % 2 == 1 {
        rule[points / 2] = [0.5, 0.5 * weight(points, 0.0)];
    }
    // The rounding errors of the weights would otherwise not cancel for a constant function.
    let total: f64 = rule.iter().map(|[_, weight]| weight).sum();
    for [_, weight] in &mut rule {
        *weight /= total;
    }
    rule
}

/// The weight of a root on `[-1, 1]`.
fn weight(points: usize, root: f64) -> f64 {
    let (_, slope) = legendre(points, root);
    2.0 / ((1.0 - root * root) * slope * slope)
}

/// The Legendre polynomial of this degree, at least 1, and its slope at `x` in `(-1, 1)`.
fn legendre(degree: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (1.0, x);
    for step in 2..=degree {
        let step = step as f64;
        (before, value) = (value, ((2.0 * step - 1.0) * x * value - (step - 1.0) * before) / step);
    }
    (value, degree as f64 * (before - x * value) / (1.0 - x * x))
}
