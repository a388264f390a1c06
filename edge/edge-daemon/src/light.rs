//! The light over the tray: pictures corrected by the card beside it, and staff told when that does not do.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use domain::frame::Frame;
use service::health::Part;
use tokio::sync::mpsc;
use vision::light::{CardWatch, Light};

use crate::event::Event;
use crate::notices::NoticeCode;

/// How long the card must say the same before anybody is told: hands reach over it.
const LASTING: Duration = Duration::from_secs(20);
/// The notices of the card; one at a time holds.
const CODES: [NoticeCode; 2] = [NoticeCode::LightWrong, NoticeCode::CardHidden];

/// Corrects frames and tells of the light.
pub struct LightKeeper {
    watch: CardWatch,
    part: Part,
    events: mpsc::Sender<Event>,
    /// What is wrong, since when, and whether it was told.
    wrong: Option<Wrong>,
}

struct Wrong {
    code: NoticeCode,
    since: Instant,
    told: bool,
}

impl LightKeeper {
    /// Begins with light that nothing is known of.
    pub fn new(watch: CardWatch, part: Part, events: &mpsc::Sender<Event>) -> Self {
        part.ok();
        Self { watch, part, events: events.clone(), wrong: None }
    }

    /// Looks at a frame and gives it back as it would look in good light.
    pub fn see(&mut self, frame: &Frame) -> Frame {
        let light = self.watch.look(frame);
        self.note(light, Instant::now());
        self.watch.correct(frame)
    }

    fn note(&mut self, light: Light, now: Instant) {
        let (code, detail) = match light {
            Light::Seen(gain) => {
                for (gain, channel) in gain.into_iter().zip(["red", "green", "blue"]) {
                    metrics::gauge!("tillsight_light_gain_ratio", "channel" => channel).set(f64::from(gain));
                }
                return self.good();
            }
            Light::TooFarOff([red, green, blue]) => (
                NoticeCode::LightWrong,
                format!(
                    "the light over the tray would have to be {red:.1} (red), {green:.1} (green) and {blue:.1} (blue) times what it is: look at the lamp"
                ),
            ),
            Light::Hidden => (
                NoticeCode::CardHidden,
                "the card that tells of the light is covered or in a shadow: clear it, or correct `vision.card`".to_owned(),
            ),
        };
        if self.wrong.as_ref().is_none_or(|wrong| wrong.code != code) {
            self.clear_but(code);
            self.wrong = Some(Wrong { code, since: now, told: false });
        }
        let Some(wrong) = self.wrong.as_mut() else { return };
        if !wrong.told && now.duration_since(wrong.since) >= LASTING {
            tracing::warn!(detail, "the light is not as it should be");
            self.part.degraded(detail);
            // A full channel is tried again with the next frame.
            let event = Event::Fault { code, fault: Some(BTreeMap::new()) };
            wrong.told = self.events.try_send(event).is_ok();
        }
    }

    fn good(&mut self) {
        let Some(wrong) = &self.wrong else { return };
        if wrong.told {
            let event = Event::Fault { code: wrong.code, fault: None };
            if self.events.try_send(event).is_err() {
                return;
            }
            tracing::info!("the light is good again");
        }
        self.part.ok();
        self.wrong = None;
    }

    /// Takes back what was told before something else is.
    fn clear_but(&self, code: NoticeCode) {
        if self.wrong.as_ref().is_some_and(|wrong| wrong.told) {
            for other in CODES.into_iter().filter(|other| *other != code) {
                // Where the channel is full the notice stays until the light is good again.
                let _ = self.events.try_send(Event::Fault { code: other, fault: None });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use service::health::{Health, PartState};
    use vision::light::Card;

    use super::*;

    #[test]
    fn what_lasts_is_told_once_and_taken_back() {
        let (events, mut inbox) = mpsc::channel(8);
        let health = Health::new();
        let part = health.part("light", false);
        let card = Card { area: [0, 0, 100, 100], level: 180 };
        let mut keeper = LightKeeper::new(CardWatch::new(card), part.clone(), &events);
        let mut told = || {
            let mut all = Vec::new();
            while let Ok(event) = inbox.try_recv() {
                if let Event::Fault { code, fault } = event {
                    all.push((code, fault.is_some()));
                }
            }
            all
        };
        let began = Instant::now();
        keeper.note(Light::Hidden, began);
        keeper.note(Light::Hidden, began + LASTING / 2);
        assert_eq!((told(), part.state()), (vec![], PartState::Ok), "a hand");
        keeper.note(Light::Hidden, began + LASTING);
        keeper.note(Light::Hidden, began + LASTING * 2);
        assert_eq!((told(), part.state()), (vec![(NoticeCode::CardHidden, true)], PartState::Degraded));
        keeper.note(Light::TooFarOff([9.0; 3]), began + LASTING * 3);
        keeper.note(Light::TooFarOff([9.0; 3]), began + LASTING * 4);
        assert_eq!(told(), [(NoticeCode::CardHidden, false), (NoticeCode::LightWrong, true)]);
        keeper.note(Light::Seen([1.0; 3]), began + LASTING * 5);
        assert_eq!((told(), part.state()), (vec![(NoticeCode::LightWrong, false)], PartState::Ok));
    }
}
