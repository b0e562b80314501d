//! How much memory the program's own code takes.
//!
//! A start runs some three thousand functions once, spread over the whole text of the program, and the kernel maps sixteen pages
//! around each that is touched: 8 MiB of the 15 of an idle process were code that never runs again. [`forget_code`] takes the text
//! out of the process's page tables; what runs afterwards comes back, page by page, from the page cache. Nothing is read from disk
//! and nothing changes for the code that runs: the first request after it takes some dozen minor faults.
//!
//! This is the only crate of the workspace with `unsafe` code: one call, of `madvise(2)`.

use std::io;

/// Takes the program's code out of this process's page tables. Gives the bytes of the mappings it was told of; 0 where the system
/// does not say what is mapped (no `/proc`).
///
/// # Errors
/// What the system said; nothing is lost then.
pub fn forget_code() -> io::Result<usize> {
    let (Ok(maps), Ok(program)) = (std::fs::read_to_string("/proc/self/maps"), std::fs::read_link("/proc/self/exe"))
    else {
        return Ok(0);
    };
    let Some(program) = program.to_str() else { return Ok(0) };
    let mut bytes = 0;
    for text in maps.lines().filter_map(|line| Mapping::of_code(line, program)) {
        forget(text)?;
        bytes += text.len;
    }
    Ok(bytes)
}

/// A part of the address space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mapping {
    start: usize,
    len: usize,
}

impl Mapping {
    /// The mapping that a line of `/proc/self/maps` (proc_pid_maps(5)) tells of, if it is code of `program`: of its file, private,
    /// to be read and executed and not to be written.
    fn of_code(line: &str, program: &str) -> Option<Mapping> {
        let mut words = line.splitn(6, ' ');
        let (start, end) = words.next()?.split_once('-')?;
        let rights = words.next()?;
        // Offset, device, inode; then the path, after spaces.
        let path = words.nth(3)?.trim_start();
        if rights != "r-xp" || path != program {
            return None;
        }
        let [start, end] = [start, end].map(|at| usize::from_str_radix(at, 16).ok());
        Some(Mapping { start: start?, len: end?.checked_sub(start?)? })
    }
}

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "madvise(2) has no safe form: with another range or advice it would throw data away")]
fn forget(text: Mapping) -> io::Result<()> {
    let start = std::ptr::with_exposed_provenance_mut(text.start);
    // SAFETY: the range is one mapping of this process as the kernel has just told it, private, of a file, and never to be
    // written (`Mapping::of_code`; the program is position-independent and has no text relocations). So each of its pages is what
    // the file holds, and one that is touched again reads the same: the advice cannot be seen but by its time. The file itself
    // cannot change while it runs (ETXTBSY), and the mapping stays for as long as the process does.
    unsafe { rustix::mm::madvise(start, text.len, rustix::mm::Advice::LinuxDontNeed) }?;
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn forget(_text: Mapping) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_of_the_program_is_meant() {
        let program = "/usr/bin/gate way";
        let line = |rights, path| {
            format!("55d0c0505000-55d0c1446000 {rights} 00504000 fe:00 4711                       {path}")
        };
        let text = Mapping { start: 0x55d0_c050_5000, len: 0x00f4_1000 };
        assert_eq!(Mapping::of_code(&line("r-xp", program), program), Some(text));
        for (rights, path) in [
            ("r--p", program),
            ("rwxp", program),
            ("r-xs", program),
            ("rw-p", program),
            ("r-xp", "/usr/bin/gate"),
            ("r-xp", "/usr/bin/gate way (deleted)"),
            ("r-xp", "[vdso]"),
            ("r-xp", ""),
        ] {
            assert_eq!(Mapping::of_code(&line(rights, path), program), None, "{rights} {path}");
        }
        for line in [
            "",
            "x",
            "1-2",
            "2-1 r-xp 0 0:0 1 /usr/bin/gate way",
            "zz-yy r-xp 0 0:0 1 /usr/bin/gate way",
            "1-2 r-xp 0 0:0 1",
        ] {
            assert_eq!(Mapping::of_code(line, program), None, "{line}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_program_runs_on() {
        // A page of code is a page of code: this one, the standard library's, what other threads run meanwhile.
        let others: Vec<_> = (0..4u64)
            .map(|n| {
                std::thread::spawn(move || {
                    (0..100_000u64).fold(n, |sum, i| sum.rotate_left(5) ^ format!("{i}").len() as u64)
                })
            })
            .collect();
        let expected = |n: u64| (0..100_000u64).fold(n, |sum, i| sum.rotate_left(5) ^ i.to_string().len() as u64);
        for _ in 0..20 {
            assert!(forget_code().unwrap() > 4096);
        }
        for (n, other) in others.into_iter().enumerate() {
            assert_eq!(other.join().unwrap(), expected(n as u64));
        }
    }
}
