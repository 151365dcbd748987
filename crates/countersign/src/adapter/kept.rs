use std::fmt;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use countersign_core::sync::lock;
use countersign_core::target::Origin;

use super::Plan;
use crate::Authenticator;

/// Connections that were authenticated (NTLM), each for one user at one origin: a later request of the same user goes over one of them
/// in one leg. They are bounded in number and idle time, and nobody else is ever given one.
///
/// ```
/// use std::time::{Duration, Instant};
///
/// use countersign::adapter::{Kept, Plan};
/// use countersign::scheme::target::Origin;
/// use countersign::{AuthConfig, Authenticator};
///
/// let kept = Kept::new(8, Duration::from_secs(60));
/// let (user, other) = (Authenticator::new(&AuthConfig::None)?, Authenticator::new(&AuthConfig::None)?);
/// let origin = Origin::of(&"https://example.com/".parse()?).expect("absolute");
/// kept.put(&user, &Plan::new(), &origin, "connection", Instant::now());
/// assert_eq!(kept.take(&other, &Plan::new(), &origin, Instant::now()), None);
/// assert_eq!(kept.take(&user, &Plan::new(), &origin, Instant::now()), Some("connection"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Kept<C> {
    most: usize,
    idle: Duration,
    /// The least recently used first.
    entries: Mutex<Vec<Entry<C>>>,
}

struct Entry<C> {
    user: Authenticator,
    proxy: Option<Authenticator>,
    origin: Origin,
    connection: C,
    since: Instant,
}

impl<C> Entry<C> {
    fn is_of(&self, user: &Authenticator, plan: &Plan, origin: &Origin) -> bool {
        let same_proxy = match (&self.proxy, plan.proxy()) {
            (None, None) => true,
            (Some(one), Some(other)) => one.shares_with(other),
            _ => false,
        };
        same_proxy && self.user.shares_with(user) && self.origin == *origin
    }
}

impl<C> Kept<C> {
    /// Keeps at most `most` connections, and each for at most `idle` after its last use.
    #[must_use]
    pub const fn new(most: usize, idle: Duration) -> Self {
        Self { most, idle, entries: Mutex::new(Vec::new()) }
    }

    /// The connection of this user at this origin that was used last; nobody else has it then.
    pub fn take(&self, user: &Authenticator, plan: &Plan, origin: &Origin, now: Instant) -> Option<C> {
        let mut entries = lock(&self.entries);
        self.forget_old(&mut entries, now);
        let index = entries.iter().rposition(|entry| entry.is_of(user, plan, origin))?;
        Some(entries.remove(index).connection)
    }

    /// Keeps an authenticated connection with nothing under way on it. Where there are too many, the one that was idle for longest is
    /// dropped.
    pub fn put(&self, user: &Authenticator, plan: &Plan, origin: &Origin, connection: C, now: Instant) {
        let (user, proxy, origin) = (user.clone(), plan.proxy().cloned(), origin.clone());
        let mut entries = lock(&self.entries);
        self.forget_old(&mut entries, now);
        entries.push(Entry { user, proxy, origin, connection, since: now });
        let surplus = entries.len().saturating_sub(self.most);
        entries.drain(..surplus);
    }

    fn forget_old(&self, entries: &mut Vec<Entry<C>>, now: Instant) {
        entries.retain(|entry| now.saturating_duration_since(entry.since) < self.idle);
    }
}

impl<C> fmt::Debug for Kept<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = lock(&self.entries).len();
        f.debug_struct("Kept")
            .field("most", &self.most)
            .field("idle", &self.idle)
            .field("kept", &kept)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AuthConfig;

    fn user() -> Authenticator {
        Authenticator::new(&AuthConfig::None).unwrap()
    }

    fn origin(uri: &str) -> Origin {
        Origin::of(&uri.parse().unwrap()).unwrap()
    }

    #[test]
    fn a_connection_is_of_one_user_one_origin_and_one_proxys_user() {
        let (kept, now) = (Kept::new(8, Duration::from_secs(60)), Instant::now());
        let (user, proxy) = (user(), Plan::new().with_proxy(user()));
        kept.put(&user, &Plan::new(), &origin("http://h/"), 1, now);
        assert_eq!(kept.take(&self::user(), &Plan::new(), &origin("http://h/"), now), None);
        assert_eq!(kept.take(&user, &Plan::new(), &origin("https://h/"), now), None);
        assert_eq!(kept.take(&user, &proxy, &origin("http://h/"), now), None);
        assert_eq!(kept.take(&user.clone(), &Plan::new(), &origin("http://H:80/x"), now), Some(1));
        assert_eq!(kept.take(&user, &Plan::new(), &origin("http://h/"), now), None);
        kept.put(&user, &proxy, &origin("http://h/"), 2, now);
        assert_eq!(kept.take(&user, &Plan::new().with_proxy(self::user()), &origin("http://h/"), now), None);
        assert_eq!(kept.take(&user, &proxy.clone(), &origin("http://h/"), now), Some(2));
    }

    #[test]
    fn number_and_idle_time_are_bounded() {
        let (kept, now, user) = (Kept::new(2, Duration::from_secs(60)), Instant::now(), user());
        let (plan, origin) = (Plan::new(), origin("http://h/"));
        for connection in 1..=3 {
            kept.put(&user, &plan, &origin, connection, now);
        }
        let later = now + Duration::from_secs(59);
        assert_eq!(kept.take(&user, &plan, &origin, later), Some(3));
        assert_eq!(kept.take(&user, &plan, &origin, now + Duration::from_secs(60)), None);
        assert!(format!("{kept:?}").contains("kept: 0"));
    }
}
