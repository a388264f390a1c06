//! From cells that differ to boxes around things: specks go, gaps close, holes fill, fragments join.

use domain::frame::PixelBox;

use super::background::Mask;
use super::split::Shape;

/// Cells that a thing's own gaps are closed over.
const CLOSE: usize = 2;
/// Cells that a thing's own gaps are closed over where what touches is told apart.
const CLOSE_FINE: usize = 1;
/// A hole of at most this many cells is part of a thing even then: a larger one may be tray that things surround.
const SMALL_HOLE: usize = 40;
/// A fragment this near to a larger piece belongs to it, in cells.
const JOIN_GAP: usize = 3;
/// A fragment is at most this share of the larger piece, in percent of its cells.
const FRAGMENT_PERCENT: usize = 15;

/// One thing, in cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Blob {
    left: usize,
    top: usize,
    right: usize,
    bottom: usize,
    /// How many of its cells are set.
    pub(super) cells: usize,
}

/// The blobs of a frame, and which cells are whose.
#[derive(Debug, Clone)]
pub(super) struct Blobs {
    /// In no order.
    pub(super) all: Vec<Blob>,
    /// For each cell of the frame the blob it belongs to, as a place in `all`.
    pub(super) owner: Vec<Option<u16>>,
    /// The same things with the tray that they surround left out, and the gaps between them.
    fine: Vec<bool>,
    /// Cells in a row.
    pub(super) width: usize,
}

/// The things that a mask shows, the longer side of each at least `min_side` cells.
pub(super) fn find(mask: &Mask, min_side: usize) -> Blobs {
    let bare = drop_specks(mask);
    let cleaned = fill_holes(&erode(&dilate(&bare, CLOSE), CLOSE), usize::MAX);
    let fine = fill_holes(&erode(&dilate(&bare, CLOSE_FINE), CLOSE_FINE), SMALL_HOLE).set;
    let (pieces, mut owner) = components(&cleaned);
    let (blobs, joined) = join_fragments(&pieces);
    // A sliver is a rim that shines, not a thing.
    let is_thing = |blob: &Blob| blob.longer_side() >= min_side && blob.shorter_side() * 3 > min_side * 2;
    let mut place = vec![None; blobs.len()];
    let mut all = Vec::with_capacity(blobs.len());
    for (index, blob) in blobs.into_iter().enumerate().filter(|(_, blob)| is_thing(blob)) {
        place[index] = u16::try_from(all.len()).ok();
        all.push(blob);
    }
    for cell in &mut owner {
        *cell = cell.and_then(|piece: u16| place[joined[usize::from(piece)]]);
    }
    Blobs { all, owner, fine, width: mask.width }
}

impl Blobs {
    /// For each cell of the frame whether something lies there.
    pub(super) fn set(&self) -> &[bool] {
        &self.fine
    }

    /// True when one of them comes in from outside the picture: it covers so many cells of one of its sides.
    pub(super) fn reach_in(&self, cells: usize) -> bool {
        let rows = self.owner.len() / self.width.max(1);
        let covered = |cells_of_side: &mut dyn Iterator<Item = usize>| {
            cells_of_side.filter(|&cell| self.owner[cell].is_some() && self.fine[cell]).count()
        };
        let (width, last) = (self.width, (rows.saturating_sub(1)) * self.width);
        [
            covered(&mut (0..width)),
            covered(&mut (last..last + width)),
            covered(&mut (0..rows).map(|row| row * width)),
            covered(&mut (0..rows).map(|row| row * width + width - 1)),
        ]
        .into_iter()
        .any(|side| side >= cells)
    }

    /// The cells of one of them.
    pub(super) fn shape(&self, number: usize) -> Shape {
        let (columns, rows) = self.all[number].span();
        let number = u16::try_from(number).ok();
        let cells = rows.clone().flat_map(|row| columns.clone().map(move |column| row * self.width + column));
        Shape {
            corner: (columns.start, rows.start),
            width: columns.len(),
            height: rows.len(),
            set: cells
                .map(|cell| self.fine[cell] && self.owner[cell].is_some() && self.owner[cell] == number)
                .collect(),
        }
    }
}

/// The mask grown by a margin, so that the blurred edge of a thing is not taken for the tray.
pub(super) fn grown(mask: &Mask) -> Mask {
    dilate(mask, CLOSE)
}

impl Blob {
    fn longer_side(&self) -> usize {
        (self.right - self.left).max(self.bottom - self.top)
    }

    fn shorter_side(&self) -> usize {
        (self.right - self.left).min(self.bottom - self.top)
    }

    /// The box in pixels of a frame.
    pub(super) fn bounds(&self, step: usize, frame: (u32, u32)) -> PixelBox {
        to_pixels([self.left, self.top, self.right, self.bottom], step, frame)
    }

    /// The cells that it spans, as columns and rows.
    pub(super) fn span(&self) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
        (self.left..self.right, self.top..self.bottom)
    }

    fn gap_to(&self, other: &Self) -> usize {
        let along =
            |a0: usize, a1: usize, b0: usize, b1: usize| b0.saturating_sub(a1).max(a0.saturating_sub(b1));
        let across = along(self.left, self.right, other.left, other.right);
        across.max(along(self.top, self.bottom, other.top, other.bottom))
    }

    fn join(&mut self, other: &Self) {
        self.left = self.left.min(other.left);
        self.top = self.top.min(other.top);
        self.right = self.right.max(other.right);
        self.bottom = self.bottom.max(other.bottom);
        self.cells += other.cells;
    }
}

/// A box of cells (left, top, right, bottom, the last two exclusive) in pixels of a frame.
pub(super) fn to_pixels([left, top, right, bottom]: [usize; 4], step: usize, frame: (u32, u32)) -> PixelBox {
    let pixels = |cells: usize| u32::try_from(cells * step).expect("a frame's size fits");
    let (x, y) = (pixels(left), pixels(top));
    let (width, height) = (pixels(right).min(frame.0) - x, pixels(bottom).min(frame.1) - y);
    PixelBox { x, y, width: width.max(1), height: height.max(1) }
}

/// Keeps cells that have at least three of their eight neighbours with them.
fn drop_specks(mask: &Mask) -> Mask {
    let (width, height) = (mask.width, mask.height);
    let mut set = vec![false; mask.set.len()];
    for y in 0..height {
        for x in 0..width {
            let (columns, rows) =
                (x.saturating_sub(1)..(x + 2).min(width), y.saturating_sub(1)..(y + 2).min(height));
            let around = rows.flat_map(|row| columns.clone().map(move |column| row * width + column));
            set[y * width + x] =
                mask.set[y * width + x] && around.filter(|&index| mask.set[index]).count() >= 4;
        }
    }
    Mask { width, height, set }
}

/// Sets every cell within `radius` (a square) of a set one: rows, then columns.
fn dilate(mask: &Mask, radius: usize) -> Mask {
    spread(mask, radius, true)
}

/// Clears every cell within `radius` of a clear one. Beyond the border counts as set, so that things at the border stay.
fn erode(mask: &Mask, radius: usize) -> Mask {
    spread(mask, radius, false)
}

fn spread(mask: &Mask, radius: usize, value: bool) -> Mask {
    let (width, height) = (mask.width, mask.height);
    let mut across = vec![!value; mask.set.len()];
    for (row, out) in mask.set.chunks_exact(width).zip(across.chunks_exact_mut(width)) {
        for x in (0..width).filter(|&x| row[x] == value) {
            out[x.saturating_sub(radius)..(x + radius + 1).min(width)].fill(value);
        }
    }
    let mut set = vec![!value; mask.set.len()];
    for y in 0..height {
        for x in (0..width).filter(|&x| across[y * width + x] == value) {
            for row in y.saturating_sub(radius)..(y + radius + 1).min(height) {
                set[row * width + x] = value;
            }
        }
    }
    Mask { width, height, set }
}

/// Sets every clear cell that no way of clear cells leads to from the border, in holes of at most `largest` cells.
fn fill_holes(mask: &Mask, largest: usize) -> Mask {
    let (width, height) = (mask.width, mask.height);
    let mut set = mask.set.clone();
    let mut seen = mask.set.clone();
    let mut open = Vec::new();
    let mut hole = Vec::new();
    for start in 0..seen.len() {
        let mut is_outside = false;
        hole.clear();
        open.push(start);
        while let Some(index) = open.pop() {
            if std::mem::replace(&mut seen[index], true) {
                continue;
            }
            hole.push(index);
            let (x, y) = (index % width, index / width);
            is_outside |= x == 0 || y == 0 || x + 1 == width || y + 1 == height;
            let next = [
                (x > 0).then(|| index - 1),
                (x + 1 < width).then_some(index + 1),
                (y > 0).then(|| index - width),
                (y + 1 < height).then_some(index + width),
            ];
            open.extend(next.into_iter().flatten().filter(|&next| !seen[next]));
        }
        if !is_outside && hole.len() <= largest {
            hole.iter().for_each(|&index| set[index] = true);
        }
    }
    Mask { width, height, set }
}

/// Groups set cells that touch, diagonally too; which group each cell is of. Of more groups than can be numbered, the
/// rest belong to none.
fn components(mask: &Mask) -> (Vec<Blob>, Vec<Option<u16>>) {
    let (width, height) = (mask.width, mask.height);
    let mut left = mask.set.clone();
    let mut owner = vec![None; mask.set.len()];
    let mut blobs = Vec::new();
    let mut open = Vec::new();
    for start in 0..left.len() {
        if !std::mem::replace(&mut left[start], false) {
            continue;
        }
        let (x, y) = (start % width, start / width);
        let mut blob = Blob { left: x, top: y, right: x + 1, bottom: y + 1, cells: 0 };
        let Ok(number) = u16::try_from(blobs.len()) else { break };
        open.push(start);
        while let Some(index) = open.pop() {
            owner[index] = Some(number);
            let (x, y) = (index % width, index / width);
            blob.join(&Blob { left: x, top: y, right: x + 1, bottom: y + 1, cells: 1 });
            for row in y.saturating_sub(1)..(y + 2).min(height) {
                for column in x.saturating_sub(1)..(x + 2).min(width) {
                    let next = row * width + column;
                    if std::mem::replace(&mut left[next], false) {
                        open.push(next);
                    }
                }
            }
        }
        blobs.push(blob);
    }
    (blobs, owner)
}

/// Gives small pieces to the large one that they lie beside: a leaf, a label, a handle. Also tells which one each went to.
fn join_fragments(pieces: &[Blob]) -> (Vec<Blob>, Vec<usize>) {
    let mut order: Vec<usize> = (0..pieces.len()).collect();
    order.sort_by_key(|&piece| std::cmp::Reverse(pieces[piece].cells));
    let mut whole: Vec<Blob> = Vec::with_capacity(pieces.len());
    let mut joined = vec![0; pieces.len()];
    for piece in order {
        let blob = pieces[piece];
        let owner = whole.iter().position(|larger| {
            blob.cells * 100 <= larger.cells * FRAGMENT_PERCENT && larger.gap_to(&blob) <= JOIN_GAP
        });
        joined[piece] = owner.unwrap_or(whole.len());
        match owner {
            Some(owner) => whole[owner].join(&blob),
            None => whole.push(blob),
        }
    }
    (whole, joined)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bare cells around each picture, so that nothing lies at the border.
    const MARGIN: usize = 4;

    fn mask(picture: &[&str]) -> Mask {
        let (width, height) = (picture[0].len() + 2 * MARGIN, picture.len() + 2 * MARGIN);
        let mut set = vec![false; width * height];
        for (y, row) in picture.iter().enumerate() {
            for (x, byte) in row.bytes().enumerate() {
                set[(y + MARGIN) * width + x + MARGIN] = byte == b'#';
            }
        }
        Mask { width, height, set }
    }

    fn boxes(picture: &[&str], min_side: usize) -> Vec<(usize, usize, usize, usize)> {
        let inner = |blob: Blob| [blob.left, blob.top, blob.right, blob.bottom].map(|edge| edge - MARGIN);
        let found = find(&mask(picture), min_side).all.into_iter().map(inner);
        let mut found: Vec<_> = found.map(|[left, top, right, bottom]| (left, top, right, bottom)).collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn specks_go_and_things_stay_apart() {
        let picture = [
            "....................",
            ".####.........#.....",
            ".####...............",
            ".####..........####.",
            ".####..........####.",
            "...............####.",
            "#..............####.",
            "....................",
        ];
        assert_eq!(boxes(&picture, 3), [(1, 1, 5, 5), (15, 3, 19, 7)]);
        assert_eq!(boxes(&picture, 5), [], "both are too small to be things");
    }

    #[test]
    fn a_ring_is_one_thing_with_its_hole() {
        let picture = [
            "..............",
            "..##########..",
            "..##########..",
            "..##......##..",
            "..##......##..",
            "..##......##..",
            "..##......##..",
            "..##########..",
            "..##########..",
            "..............",
        ];
        assert_eq!(boxes(&picture, 4), [(2, 1, 12, 9)]);
        let found = find(&mask(&picture), 4);
        assert_eq!(found.all[0].cells, 80, "the hole is part of it");
        assert_eq!(found.shape(0).set, [true; 80]);
    }
}
