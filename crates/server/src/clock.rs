//! The system's clock behind the domain's port.

use std::time::{SystemTime, UNIX_EPOCH};

use domain::time::{Clock, Millis};

pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Millis {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the one clock that everything else is given"
        )]
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
        // A clock before 1970 reads as 1970; `doctor` says that it is wrong.
        since_epoch.map_or(0, |duration| duration.as_millis() as Millis)
    }
}
