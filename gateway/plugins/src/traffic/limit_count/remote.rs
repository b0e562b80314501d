//! Quotas on a Redis, which all gateways that use it count together.

use gateway_outbound::redis::{Failure, Script, cmd};

use super::super::policy::{Remote, number_of, wall_ms};
use super::super::windows::{Limit, Verdict};

/// A window that begins with its key's first request: the key lives as long as the window.
static FIXED: Script = Script::new(
    "local left = redis.call('PTTL', KEYS[1]) \
     if left < 0 then \
       redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2]) \
       return {tonumber(ARGV[1]), ARGV[2] * 1000} \
     end \
     return {redis.call('INCRBY', KEYS[1], ARGV[1]), left}",
);

/// A window that slides. The one before is the second key, or, where both may not be in one script, the sixth argument.
static SLIDING: Script = Script::new(
    "local cost, limit, window, left = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]) \
     local before = tonumber(ARGV[6] or redis.call('GET', KEYS[2]) or 0) \
     before = math.min(before, limit) \
     local used = tonumber(redis.call('GET', KEYS[1]) or 0) \
     if used >= limit or before / window * left + used >= limit then return {0, used, before} end \
     local now = redis.call('INCRBY', KEYS[1], cost) \
     if now == cost then redis.call('EXPIRE', KEYS[1], ARGV[5]) end \
     return {1, now, before}",
);

/// Adds what has been allowed already, whatever the limit says by now.
static SLIDING_ADD: Script = Script::new(
    "local now = redis.call('INCRBY', KEYS[1], ARGV[1]) \
     if now == tonumber(ARGV[1]) then redis.call('EXPIRE', KEYS[1], ARGV[2]) end \
     return {now, 0}",
);

/// Counts `cost` in a window of the kind that is asked for.
///
/// # Errors
/// Redis did not count.
pub(super) async fn count(
    remote: &Remote,
    sliding: bool,
    key: &[u8],
    limit: Limit,
    cost: u64,
) -> Result<Verdict, Failure> {
    match sliding {
        false => fixed(remote, key, limit, cost).await,
        true => self::sliding(remote, key, limit, cost).await,
    }
}

async fn fixed(remote: &Remote, key: &[u8], limit: Limit, cost: u64) -> Result<Verdict, Failure> {
    let (cost, window) = (cost.to_string(), (limit.window_ms / 1000).to_string());
    let [total, left] = remote.numbers(&FIXED, &[key], &[cost.as_bytes(), window.as_bytes()]).await?;
    let total = whole(total);
    Ok(Verdict { allowed: total <= limit.count, remaining: limit.count.saturating_sub(total), reset_ms: whole(left) })
}

async fn sliding(remote: &Remote, key: &[u8], limit: Limit, cost: u64) -> Result<Verdict, Failure> {
    let window = Window::at(wall_ms(), limit.window_ms);
    let (present, before) = (window.name(key), window.before().name(key));
    // Seconds, with their fraction.
    #[allow(clippy::cast_precision_loss)]
    let (length_s, left_s) = (limit.window_ms as f64 / 1000.0, window.left_ms as f64 / 1000.0);
    let mut args = vec![
        cost.to_string(),
        limit.count.to_string(),
        length_s.to_string(),
        left_s.to_string(),
        (limit.window_ms / 1000 * 2).to_string(),
    ];
    let mut keys: Vec<&[u8]> = vec![&present, &before];
    if remote.redis().is_cluster() {
        // It may lie on another node; nobody writes it any more.
        args.push(used_before(remote, &before).await?.to_string());
        keys.pop();
    }
    let args: Vec<&[u8]> = args.iter().map(String::as_bytes).collect();
    let [allowed, used, before] = remote.numbers(&SLIDING, &keys, &args).await?;
    Ok(window.verdict(allowed != 0.0, whole(used), before, limit))
}

/// Adds what has been allowed already: what is left then, and for how long.
///
/// # Errors
/// Redis did not count.
pub(super) async fn add(
    remote: &Remote,
    sliding: bool,
    key: &[u8],
    limit: Limit,
    delta: u64,
) -> Result<Verdict, Failure> {
    if !sliding {
        return fixed(remote, key, limit, delta).await;
    }
    let window = Window::at(wall_ms(), limit.window_ms);
    let before = used_before(remote, &window.before().name(key)).await?;
    let args = [delta.to_string(), (limit.window_ms / 1000 * 2).to_string()];
    let args = [args[0].as_bytes(), args[1].as_bytes()];
    let [used, _] = remote.numbers(&SLIDING_ADD, &[&window.name(key)], &args).await?;
    // Doubles hold counts exactly.
    #[allow(clippy::cast_precision_loss)]
    Ok(window.verdict(true, whole(used), before.min(limit.count as f64), limit))
}

async fn used_before(remote: &Remote, key: &[u8]) -> Result<f64, Failure> {
    let mut call = cmd("GET");
    call.arg(key);
    let answer = remote.redis().call(key, call).await.inspect_err(|failure| remote.failed(failure))?;
    Ok(number_of(&answer).unwrap_or(0.0))
}

/// One of the windows that all gateways agree on, because they count them from 1970 on.
#[derive(Clone, Copy)]
struct Window {
    number: u64,
    length_ms: u64,
    left_ms: u64,
}

impl Window {
    fn at(now_ms: u64, length_ms: u64) -> Window {
        let length_ms = length_ms.max(1);
        Window { number: now_ms / length_ms, length_ms, left_ms: length_ms - now_ms % length_ms }
    }

    fn before(self) -> Window {
        Window { number: self.number.saturating_sub(1), ..self }
    }

    fn name(self, key: &[u8]) -> Vec<u8> {
        let mut name = Vec::with_capacity(key.len() + 24);
        name.extend_from_slice(key);
        name.push(b'.');
        name.extend_from_slice(itoa::Buffer::new().format(self.number).as_bytes());
        name.extend_from_slice(b".counter");
        name
    }

    #[allow(clippy::cast_precision_loss)]
    fn verdict(self, allowed: bool, used: u64, before: f64, limit: Limit) -> Verdict {
        let weighs = before * self.left_ms as f64 / self.length_ms as f64;
        let remaining = limit.count as f64 - used as f64 - weighs;
        let remaining = if allowed && remaining > 0.0 { whole(remaining) } else { 0 };
        if allowed || used >= limit.count || before <= 0.0 {
            return Verdict { allowed, remaining, reset_ms: self.left_ms };
        }
        // Until so much of the window before has gone by that there is room again.
        let room = self.left_ms as f64 - (limit.count - used) as f64 / before * self.length_ms as f64;
        Verdict { allowed, remaining, reset_ms: if room > 0.0 { whole(room.ceil()) } else { 0 } }
    }
}

/// A count of Redis: whole, not negative.
fn whole(number: f64) -> u64 {
    // Saturates.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = number as u64;
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_named_and_weighed() {
        let window = Window::at(12_250, 1000);
        assert_eq!((window.number, window.left_ms), (12, 750));
        assert_eq!(window.name(b"plugin-limit-count:k"), b"plugin-limit-count:k.12.counter");
        assert_eq!(window.before().name(b"k"), b"k.11.counter");
        let limit = Limit { count: 4, window_ms: 1000 };
        let told = |allowed, used, before| {
            let verdict = window.verdict(allowed, used, before, limit);
            (verdict.remaining, verdict.reset_ms)
        };
        assert_eq!(told(true, 1, 0.0), (3, 750));
        // Three quarters of four weigh still.
        assert_eq!(told(true, 1, 4.0), (0, 750));
        assert_eq!(told(false, 4, 0.0), (0, 750));
        // Half of the window before must go by until there is room for one more.
        assert_eq!(told(false, 2, 4.0), (0, 250));
    }
}
