//! tmp
fn main() {
    let mut a = std::env::args().skip(1);
    let from: u64 = a.next().and_then(|x| x.parse().ok()).unwrap_or(0);
    let to: u64 = a.next().and_then(|x| x.parse().ok()).unwrap_or(from + 1);
    for seed in from..to {
        let o = farthing_simulation::simulate(std::path::Path::new("/dev/shm/sim"), seed);
        let o = o.unwrap_or_else(|e| panic!("{e}"));
        println!("{seed} {:?} {}", o.violation, o.digest);
        if to == from + 1 { println!("{}\n{:#?}", o.trace.join("\n"), o.coverage); }
        if o.violation.is_some() && to > from+1 { break; }
    }
}
