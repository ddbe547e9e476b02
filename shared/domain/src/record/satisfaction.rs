//! The five-point scale. The number is what is stored; labels are presentation.

use serde::{Deserialize, Serialize};

/// How satisfied a person was: 1 (very dissatisfied) to 5 (very satisfied).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Satisfaction(u8);

/// A rating outside the scale.
#[derive(Debug, thiserror::Error)]
#[error("must be a whole number from 1 to 5")]
pub struct OutsideScale;

impl Satisfaction {
    /// The label that forms and reports show beside the number.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self.0 {
            5 => "Very satisfied",
            4 => "Satisfied",
            3 => "Neither satisfied nor dissatisfied",
            2 => "Dissatisfied",
            _ => "Very dissatisfied",
        }
    }

    /// The whole scale, best first, as forms show it.
    #[must_use]
    pub const fn scale() -> [Self; 5] {
        [Self(5), Self(4), Self(3), Self(2), Self(1)]
    }
}

impl TryFrom<u8> for Satisfaction {
    type Error = OutsideScale;

    fn try_from(number: u8) -> Result<Self, OutsideScale> {
        if (1..=5).contains(&number) {
            Ok(Self(number))
        } else {
            Err(OutsideScale)
        }
    }
}

impl From<Satisfaction> for u8 {
    fn from(satisfaction: Satisfaction) -> Self {
        satisfaction.0
    }
}

#[cfg(test)]
mod tests {
    use super::Satisfaction;

    #[test]
    fn the_scale_has_five_points() {
        assert!(Satisfaction::try_from(0).is_err() && Satisfaction::try_from(6).is_err());
        assert_eq!(Satisfaction::scale().map(u8::from), [5, 4, 3, 2, 1]);
        assert_eq!(
            Satisfaction::try_from(1).unwrap().label(),
            "Very dissatisfied"
        );
    }
}
