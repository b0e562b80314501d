//! Threads that step back where a request wants the processor.

/// How much lower than that of the workers the priority of the control plane is ("niceness", setpriority(2)). A change then
/// waits for requests rather than the other way round; where all cores are busy it still gets about a tenth of one.
#[cfg(target_os = "linux")]
const STEP: i32 = 10;

/// Lowers the priority of the calling thread, and of the threads that it starts.
pub(crate) fn step_back() {
    // Elsewhere the priority is the whole process's.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(STEP) {
        tracing::debug!(%error, "the control plane runs at the priority of the workers");
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::{STEP, step_back};
    use rustix::process::getpriority_process;

    #[test]
    fn only_the_thread_steps_back() {
        let before = getpriority_process(None).unwrap();
        let there = std::thread::spawn(|| {
            step_back();
            getpriority_process(None).unwrap()
        });
        assert_eq!(there.join().unwrap(), (before + STEP).min(19));
        assert_eq!(getpriority_process(None).unwrap(), before);
    }
}
