//! How many connections a listener has room for, what each of them waits for, and who gives way when there is no room: nobody who has
//! shown no key keeps others out by doing nothing.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, sleep_until};

/// How often is looked who may give way by now.
const LOOK: Duration = Duration::from_millis(100);

/// What a connection is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing has come yet.
    Silent,
    /// A head has begun.
    Head,
    /// A request is being answered.
    Busy,
    /// Between two requests.
    Idle,
}

/// A connection, as its listener knows it.
#[derive(Debug)]
pub(super) struct Guest {
    peer: IpAddr,
    at: Mutex<At>,
    leave: Notify,
}

#[derive(Debug)]
struct At {
    phase: Phase,
    since: Instant,
    /// Since when the peer takes nothing of what is written.
    stuck: Option<Instant>,
    /// It has shown a right key.
    known: bool,
    /// It has been told to go.
    leaving: bool,
}

impl Guest {
    pub(super) fn new(peer: IpAddr) -> Guest {
        let at = At { phase: Phase::Silent, since: Instant::now(), stuck: None, known: false, leaving: false };
        Guest { peer, at: Mutex::new(at), leave: Notify::new() }
    }

    pub(super) fn peer(&self) -> IpAddr {
        self.peer
    }

    /// Bytes have come.
    pub(super) fn read(&self) {
        let mut at = self.at.lock();
        match at.phase {
            // The first head is timed from the connection on.
            Phase::Silent => at.phase = Phase::Head,
            Phase::Idle => (at.phase, at.since) = (Phase::Head, Instant::now()),
            Phase::Head | Phase::Busy => {}
        }
    }

    /// Bytes have gone, or would not.
    pub(super) fn wrote(&self, gone: bool) {
        let mut at = self.at.lock();
        at.stuck = if gone { None } else { at.stuck.or_else(|| Some(Instant::now())) };
    }

    /// A head is whole.
    pub(super) fn begin(&self) {
        let mut at = self.at.lock();
        (at.phase, at.since) = (Phase::Busy, Instant::now());
    }

    /// An answer is made.
    fn end(&self) {
        let mut at = self.at.lock();
        (at.phase, at.since) = (Phase::Idle, Instant::now());
    }

    /// A right key was shown.
    pub(super) fn welcome(&self) {
        self.at.lock().known = true;
    }

    /// Whether a head has begun that is not whole.
    pub(super) fn is_in_head(&self) -> bool {
        self.at.lock().phase == Phase::Head
    }

    /// Waits until a head has taken longer than it may, or somebody else needs the place.
    pub(super) async fn is_over(&self, patience: Duration) {
        let late = async {
            loop {
                let until = {
                    let at = self.at.lock();
                    match at.phase {
                        Phase::Silent | Phase::Head => at.since + patience,
                        // A head that begins from now on may take as long.
                        Phase::Busy | Phase::Idle => Instant::now() + patience,
                    }
                };
                sleep_until(until).await;
                let at = self.at.lock();
                if matches!(at.phase, Phase::Silent | Phase::Head) && at.since.elapsed() >= patience {
                    return;
                }
            }
        };
        tokio::select! {
            () = late => {}
            () = self.leave.notified() => {}
        }
    }

    /// Since when it could give way; `None`: it stays. Who takes nothing of an answer for so long is as good as idle.
    fn waits_since(&self, patience: Duration) -> Option<Instant> {
        let at = self.at.lock();
        match at.phase {
            _ if at.known || at.leaving => None,
            Phase::Busy => at.stuck.filter(|since| since.elapsed() >= patience),
            Phase::Silent | Phase::Head | Phase::Idle => Some(at.since),
        }
    }
}

/// An answer that is on its way; gone once it is made.
pub(super) struct Busy(pub(super) Arc<Guest>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// The places of a listener.
pub(super) struct Room {
    places: Arc<Semaphore>,
    guests: Mutex<Guests>,
    patience: Duration,
}

#[derive(Default)]
struct Guests {
    here: HashMap<u64, Arc<Guest>>,
    last: u64,
}

/// The place of a connection, free again when it is dropped.
pub(super) struct Seat {
    room: Arc<Room>,
    number: u64,
    _place: OwnedSemaphorePermit,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.room.guests.lock().here.remove(&self.number);
    }
}

impl Room {
    pub(super) fn new(places: usize, patience: Duration) -> Room {
        Room { places: Arc::new(Semaphore::new(places)), guests: Mutex::default(), patience }
    }

    /// A place for a connection, as soon as there is one.
    pub(super) async fn seat(self: &Arc<Room>, guest: &Arc<Guest>) -> Option<Seat> {
        let place = loop {
            if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
                break place;
            }
            self.make_way();
            tokio::select! {
                place = Arc::clone(&self.places).acquire_owned() => break place.ok()?,
                () = sleep(LOOK) => {}
            }
        };
        let mut guests = self.guests.lock();
        guests.last += 1;
        let number = guests.last;
        guests.here.insert(number, Arc::clone(guest));
        Some(Seat { room: Arc::clone(self), number, _place: place })
    }

    /// Sends one away: of the peer with the most connections that could go, the one that waits longest. Of peers with as many, the one
    /// with who waits longest; of who waits as long, who came first.
    fn make_way(&self) {
        let guests = self.guests.lock();
        let waits = |(number, guest): (&u64, &Arc<Guest>)| {
            Some((guest.waits_since(self.patience)?, *number, Arc::clone(guest)))
        };
        let waiting: Vec<_> = guests.here.iter().filter_map(waits).collect();
        let mut of_peer: HashMap<IpAddr, usize> = HashMap::new();
        waiting.iter().for_each(|(.., guest)| *of_peer.entry(guest.peer).or_default() += 1);
        let first =
            waiting.iter().min_by_key(|(since, number, guest)| (Reverse(of_peer[&guest.peer]), *since, *number));
        if let Some((.., guest)) = first {
            guest.at.lock().leaving = true;
            guest.leave.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    fn guest(last: u8) -> Arc<Guest> {
        Arc::new(Guest::new(IpAddr::from([10, 0, 0, last])))
    }

    async fn over(guest: &Guest) -> Duration {
        let begun = Instant::now();
        guest.is_over(PATIENCE).await;
        begun.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_has_its_time_and_an_answer_any() {
        assert_eq!(over(&guest(1)).await, PATIENCE, "silent");
        let one = guest(1);
        sleep(Duration::from_secs(4)).await;
        one.read();
        assert_eq!(over(&one).await, Duration::from_secs(6), "from the connection on");
        let one = guest(1);
        one.begin();
        let drip = async {
            sleep(Duration::from_secs(95)).await;
            drop(Busy(Arc::clone(&one)));
            sleep(Duration::from_secs(30)).await;
            one.read();
            sleep(Duration::from_secs(5)).await;
            one.read();
            std::future::pending::<()>().await;
        };
        let took = tokio::select! { took = over(&one) => took, () = drip => PATIENCE };
        assert_eq!(took, Duration::from_secs(95 + 30 + 10), "from its first byte on");
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_longest_of_the_most_gives_way_and_who_is_known_stays() {
        let room = Arc::new(Room::new(5, PATIENCE));
        let (mut all, mut seats) = (Vec::new(), Vec::new());
        for last in [1, 2, 2, 2, 3] {
            all.push(guest(last));
            seats.push(room.seat(all.last().unwrap()).await.unwrap());
            sleep(Duration::from_millis(1)).await;
        }
        all[1].welcome();
        all[4].begin();
        room.make_way();
        let leaving = || all.iter().map(|guest| guest.at.lock().leaving).collect::<Vec<_>>();
        assert_eq!(leaving(), [false, false, true, false, false]);
        room.make_way();
        room.make_way();
        room.make_way();
        assert_eq!(leaving(), [true, false, true, true, false], "neither a key nor an answer gives way");
        all[4].wrote(false);
        sleep(PATIENCE).await;
        all[4].wrote(false);
        room.make_way();
        assert!(all[4].at.lock().leaving, "an answer that nobody takes");
        assert_eq!(over(&all[4]).await, Duration::ZERO);
        let next = guest(9);
        let seated = room.seat(&next);
        drop(seats.remove(2));
        assert!(seated.await.is_some());
        assert_eq!(room.guests.lock().here.len(), 4);
    }

    /// The clock stands still: all have waited as long.
    #[tokio::test(start_paused = true)]
    async fn of_who_waits_as_long_who_came_first_gives_way() {
        for _ in 0..50 {
            let room = Arc::new(Room::new(4, PATIENCE));
            let all: Vec<_> = [1, 2, 1, 2].map(guest).into();
            let mut seats = Vec::new();
            for guest in &all {
                seats.push(room.seat(guest).await.unwrap());
            }
            for (n, guest) in all.iter().enumerate() {
                assert!(!guest.at.lock().leaving, "{n}");
                room.make_way();
                assert!(guest.at.lock().leaving, "{n}");
            }
        }
    }
}
