//! Who is told of what, when, and how fast: subscriptions, quiet hours, digests, and the pace that a channel allows.
//!
//! Times of day are minutes from midnight where the person is; whoever asks knows the time zone and makes moments of the answers.

mod throttle;

pub use throttle::Throttle;

/// Minutes of a day.
pub const DAY_MINUTES: u16 = 24 * 60;

/// How soon somebody wants to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pace {
    /// At once.
    AtOnce,
    /// With everything else of an hour.
    Hourly,
    /// With everything else of a day.
    Daily,
}

words!(Pace: AtOnce = "at_once", Hourly = "hourly", Daily = "daily");

/// What somebody wants to be told of at one address. `E` is what happens, `S` where, `R` how bad it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish<E, S, R> {
    /// What; `None` is everything that no other wish of the address names.
    pub event: Option<E>,
    /// Where; `None` is everywhere that no other wish of the address names.
    pub store: Option<S>,
    /// Nothing less bad than this.
    pub least: R,
    /// How soon.
    pub pace: Pace,
}

/// What happened, as wishes are asked about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened<E, S, R> {
    /// What.
    pub event: E,
    /// Where; `None` is the whole organisation.
    pub store: Option<S>,
    /// How bad it is.
    pub severity: R,
}

/// When somebody wants to be left alone, and when their daily digest comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Habit {
    /// First minute of the quiet time.
    pub quiet_from: u16,
    /// First minute after it; the same as the first means that there is none, an earlier one lies on the next day.
    pub quiet_until: u16,
    /// What is critical comes at any time.
    pub critical_always: bool,
    /// When the daily digest comes.
    pub digest_minute: u16,
}

/// When somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// At once.
    Now,
    /// Alone, at a time of day.
    At(TimeOfDay),
    /// With others, at a time of day.
    Together(TimeOfDay),
}

/// A minute of this day or a later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay {
    /// 0 is today.
    pub days: u16,
    /// The minute of that day.
    pub minute: u16,
}

/// The pace at which an address is told of something; `None` where it does not want to be. Of several wishes the one that is most
/// exact counts alone (what before where), so that an exception can be louder or quieter than the rule.
pub fn wanted<E: PartialEq, S: PartialEq, R: Ord>(
    wishes: &[Wish<E, S, R>],
    happened: &Happened<E, S, R>,
) -> Option<Pace> {
    wanted_of(wishes, happened).map(|place| wishes[place].pace)
}

/// The place of the wish by which an address is told of something; `None` where it does not want to be.
pub fn wanted_of<E: PartialEq, S: PartialEq, R: Ord>(
    wishes: &[Wish<E, S, R>],
    happened: &Happened<E, S, R>,
) -> Option<usize> {
    let fits = |(_, wish): &(usize, &Wish<E, S, R>)| {
        wish.event.as_ref().is_none_or(|event| *event == happened.event)
            && wish.store.as_ref().is_none_or(|store| Some(store) == happened.store.as_ref())
    };
    let exactness = |(_, wish): &(usize, &Wish<E, S, R>)| (wish.event.is_some(), wish.store.is_some());
    let (place, wish) = wishes.iter().enumerate().filter(fits).max_by_key(exactness)?;
    (happened.severity >= wish.least).then_some(place)
}

impl Habit {
    /// When somebody is told of what happens at a minute of the day.
    pub fn when(&self, pace: Pace, is_critical: bool, minute: u16) -> When {
        if is_critical && self.critical_always {
            return When::Now;
        }
        match pace {
            Pace::AtOnce => self.end_of_quiet(TimeOfDay { days: 0, minute }).map_or(When::Now, When::At),
            Pace::Hourly => {
                let next = (minute / 60 + 1) * 60;
                When::Together(self.after_quiet(TimeOfDay { days: 0, minute: 0 }.later(next)))
            }
            // Whoever chose the time wants it then, quiet or not.
            Pace::Daily => {
                let days = u16::from(minute >= self.digest_minute);
                When::Together(TimeOfDay { days, minute: self.digest_minute })
            }
        }
    }

    fn after_quiet(&self, time: TimeOfDay) -> TimeOfDay {
        self.end_of_quiet(time).unwrap_or(time)
    }

    /// When the quiet time ends that a moment lies in; `None` where it lies in none.
    fn end_of_quiet(&self, time: TimeOfDay) -> Option<TimeOfDay> {
        let (from, until) = (self.quiet_from, self.quiet_until);
        let today = TimeOfDay { days: time.days, minute: until };
        let tomorrow = TimeOfDay { days: time.days + 1, minute: until };
        match from.cmp(&until) {
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Less => (from..until).contains(&time.minute).then_some(today),
            std::cmp::Ordering::Greater if time.minute >= from => Some(tomorrow),
            std::cmp::Ordering::Greater => (time.minute < until).then_some(today),
        }
    }
}

impl TimeOfDay {
    fn later(self, minutes: u16) -> Self {
        let minute = self.minute + minutes;
        Self { days: self.days + minute / DAY_MINUTES, minute: minute % DAY_MINUTES }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(days: u16, hour: u16, minute: u16) -> TimeOfDay {
        TimeOfDay { days, minute: hour * 60 + minute }
    }

    fn habit(from: u16, until: u16) -> Habit {
        Habit { quiet_from: from * 60, quiet_until: until * 60, critical_always: true, digest_minute: 8 * 60 }
    }

    #[test]
    fn the_most_exact_wish_counts_alone() {
        let wish = |event, store, least, pace| Wish { event, store, least, pace };
        let wishes = [
            wish(None, None, 1, Pace::Daily),
            wish(Some("offline"), None, 2, Pace::AtOnce),
            wish(None, Some("north"), 0, Pace::Hourly),
            wish(Some("stock"), Some("north"), 3, Pace::AtOnce),
        ];
        let told = |event, store, severity| wanted(&wishes, &Happened { event, store, severity });
        assert_eq!(told("drift", None, 1), Some(Pace::Daily));
        assert_eq!(told("drift", None, 0), None);
        assert_eq!(told("offline", Some("south"), 2), Some(Pace::AtOnce));
        assert_eq!(told("offline", Some("north"), 1), None, "what counts before where");
        assert_eq!(told("drift", Some("north"), 0), Some(Pace::Hourly));
        assert_eq!(told("stock", Some("north"), 2), None, "an exception can be quieter");
        assert_eq!(wanted::<&str, &str, u8>(&[], &Happened { event: "x", store: None, severity: 9 }), None);
    }

    #[test]
    fn quiet_hours_hold_back_until_they_end() {
        let night = habit(22, 7);
        for (hour, expected) in [
            (21, When::Now),
            (22, When::At(at(1, 7, 0))),
            (23, When::At(at(1, 7, 0))),
            (0, When::At(at(0, 7, 0))),
            (6, When::At(at(0, 7, 0))),
            (7, When::Now),
        ] {
            assert_eq!(night.when(Pace::AtOnce, false, hour * 60), expected, "{hour}");
            assert_eq!(night.when(Pace::AtOnce, true, hour * 60), When::Now, "critical at {hour}");
        }
        let strict = Habit { critical_always: false, ..night };
        assert_eq!(strict.when(Pace::AtOnce, true, 0), When::At(at(0, 7, 0)));
        assert_eq!(habit(13, 15).when(Pace::AtOnce, false, 14 * 60 + 59), When::At(at(0, 15, 0)));
        assert_eq!(habit(0, 0).when(Pace::AtOnce, false, 3), When::Now, "no quiet time");
    }

    #[test]
    fn digests_come_at_the_hour_and_at_the_chosen_minute() {
        let night = habit(22, 7);
        for (pace, hour, minute, expected) in [
            (Pace::Hourly, 9, 0, at(0, 10, 0)),
            (Pace::Hourly, 9, 59, at(0, 10, 0)),
            (Pace::Hourly, 21, 30, at(1, 7, 0)),
            (Pace::Hourly, 23, 30, at(1, 7, 0)),
            (Pace::Daily, 7, 59, at(0, 8, 0)),
            (Pace::Daily, 8, 0, at(1, 8, 0)),
        ] {
            let told = night.when(pace, false, hour * 60 + minute);
            assert_eq!(told, When::Together(expected), "{pace:?} {hour}:{minute}");
        }
    }

    proptest! {
        #[test]
        fn nobody_is_woken(from in 0..DAY_MINUTES, until in 0..DAY_MINUTES, minute in 0..DAY_MINUTES) {
            let habit = Habit { quiet_from: from, quiet_until: until, critical_always: true, digest_minute: 0 };
            let is_quiet = |time: TimeOfDay| habit.end_of_quiet(time).is_some();
            let now = TimeOfDay { days: 0, minute };
            for pace in [Pace::AtOnce, Pace::Hourly] {
                let told = match habit.when(pace, false, minute) {
                    When::Now => now,
                    When::At(time) | When::Together(time) => time,
                };
                prop_assert!(told >= now && !is_quiet(told), "{pace:?}: {told:?}");
                prop_assert!(told.days <= 1 || told == TimeOfDay { days: 2, minute: until }, "{told:?}");
            }
        }
    }
}
