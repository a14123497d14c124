//! temporary: profile_one width layer pass seconds
use herring_kernels::convolution::{self, Geometry};
use std::time::Instant;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let n: Vec<usize> = a[1].split(',').map(|s| s.parse().unwrap()).collect();
    // ci,co,size,k,s
    let g = Geometry {
        batch: 16,
        in_channels: n[0],
        height: n[2],
        width: n[2],
        out_channels: n[1],
        kernel: [n[3]; 2],
        stride: [n[4]; 2],
        padding: [n[3] / 2; 2],
    };
    let f = |l: usize| -> Vec<f32> { (0..l).map(|i| (i % 17) as f32 / 8.0 - 1.0).collect() };
    let (x, w, dy) = (f(g.input_len()), f(g.weight_len()), f(g.output_len()));
    let (mut ox, mut ow, mut oy) = (x.clone(), w.clone(), dy.clone());
    let st = Instant::now();
    let mut best = f64::MAX;
    let mut all = vec![];
    while st.elapsed().as_secs_f64() < 1.0 {
        let t = Instant::now();
        match a[2].as_str() {
            "f" => convolution::forward(&g, &x, &w, &mut oy),
            "i" => convolution::input_gradient(&g, &w, &dy, &mut ox),
            _ => convolution::weight_gradient(&g, &x, &dy, &mut ow),
        }
        let t = t.elapsed().as_secs_f64() * 1e3;
        best = best.min(t);
        all.push(t);
    }
    let cpu: u64 = std::fs::read_dir("/proc/self/task")
        .unwrap()
        .map(|e| {
            std::fs::read_to_string(e.unwrap().path().join("schedstat"))
                .unwrap()
                .split(' ')
                .next()
                .unwrap()
                .parse::<u64>()
                .unwrap()
        })
        .sum();
    println!("cpu per call {:.3} ms", cpu as f64 / 1e6 / all.len() as f64);
    all.sort_by(f64::total_cmp);
    println!(
        "{} {}: min {best:.3} median {:.3} ms ({:.0} GF)",
        a[1],
        a[2],
        all[all.len() / 2],
        g.operations() as f64 / best / 1e6
    );
}
