//! Words on a page with their places: what a PDF's text and a recognised picture have in common.

/// A box on a page in points (1/72 inch), origin at the top left, y growing downwards.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// Left edge.
    pub x0: f32,
    /// Upper edge.
    pub y0: f32,
    /// Right edge.
    pub x1: f32,
    /// Lower edge.
    pub y1: f32,
}

/// One word: letters without a blank between them.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    /// What it says.
    pub text: String,
    /// Where it stands.
    pub area: Area,
    /// Height of its letters in points, as the font says it or as the picture shows it.
    pub size: f32,
    /// Whether the font is bold; false where that is not known.
    pub is_bold: bool,
    /// How sure the reading is: 1 for a PDF's own text, what the recogniser said otherwise.
    pub confidence: f32,
}

/// A straight line that is drawn on the page, level or upright: tables have them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// From where to where; one of its sides is thin.
    pub area: Area,
    /// Level, otherwise upright.
    pub is_level: bool,
}

/// One page, upright.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Its number, from 1.
    pub number: u32,
    /// Its width in points.
    pub width: f32,
    /// Its height in points.
    pub height: f32,
    /// Its words, in no order that can be relied on.
    pub words: Vec<Word>,
    /// Lines that are drawn on it.
    pub rules: Vec<Rule>,
    /// Its words come from a picture.
    pub is_recognised: bool,
}

impl Area {
    /// The smallest box around both.
    pub fn around(self, other: Self) -> Self {
        Self {
            x0: self.x0.min(other.x0),
            y0: self.y0.min(other.y0),
            x1: self.x1.max(other.x1),
            y1: self.y1.max(other.y1),
        }
    }
}

/// A page with fewer letters is a picture with a stamp on it, not a text.
const PICTURE: usize = 24;

impl Page {
    /// Whether it has so few words of its own that it must be a picture.
    pub fn is_picture(&self) -> bool {
        self.words.iter().map(|word| word.text.chars().count()).sum::<usize>() < PICTURE
    }

    /// A box of this page as the fractions that a document carries.
    pub fn place(&self, area: Area) -> crate::document::Place {
        let across = |x: f32| (x / self.width).clamp(0.0, 1.0);
        let down = |y: f32| (y / self.height).clamp(0.0, 1.0);
        crate::document::Place {
            page: self.number,
            x0: across(area.x0),
            y0: down(area.y0),
            x1: across(area.x1),
            y1: down(area.y1),
        }
    }
}
