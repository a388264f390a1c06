//! Where a blob might be cut into things that touch: at its necks.
//!
//! The distance of each cell from the blob's edge is a landscape whose hills are the thick parts and whose passes are
//! the necks between them. Where a network has looked at the tray, what it says of how deep inside its thing each cell
//! lies is the landscape: things that overlap may have no neck, but it sees the outline that runs through them. Flooding it from the tops down (a watershed, after Vincent and Soille, 1991, with hills told
//! apart by their persistence) gives the pieces. The pieces hang together in a tree, the widest neck joined first. What
//! is one thing and what are several is not decided here: that takes recognition, see `partition`.

use crate::outlines::Map;

/// A hill whose top rises above its pass by less than this share of its height is part of the next one.
const PERSISTENCE: f32 = 0.06;
/// The same for what a network has seen, which is never quite even.
const PERSISTENCE_SEEN: f32 = 0.1;
/// Height of the cells that the network says lie deepest.
const DEEPEST: f32 = 1000.0;
/// Chamfer distances of straight and diagonal neighbours, in thirds of a cell (Borgefors, 1986).
const STRAIGHT: u16 = 3;
const DIAGONAL: u16 = 4;
/// Pieces at most; a blob with more hills is no heap of groceries.
const PIECES_MAX: usize = 24;

/// The cells of one blob within its box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    /// The box's left upper cell in the frame.
    pub(super) corner: (usize, usize),
    /// Columns.
    pub(super) width: usize,
    /// Rows.
    pub(super) height: usize,
    /// True where the blob is.
    pub(super) set: Vec<bool>,
}

/// A piece, or pieces that are joined.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    /// One bit for each piece.
    pub(super) pieces: u32,
    /// The two that it joins; `None` for a single piece.
    pub(super) parts: Option<(usize, usize)>,
    /// How many cells.
    pub(super) cells: usize,
    /// Its box within the shape: left, top, right, bottom (the last two exclusive).
    pub(super) bounds: [usize; 4],
    /// Width of the neck between its two parts as a share of the smaller one's; 1.0 for a single piece.
    pub(super) neck: f32,
}

/// A blob's pieces and how they hang together.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tree {
    /// For each cell of the shape its piece, counted from 0; `None` outside.
    pub(super) piece: Vec<Option<u8>>,
    /// Single pieces first; each other node after its parts, so the last is the whole blob.
    pub(super) nodes: Vec<Node>,
}

/// Cuts a blob at its necks: those of its shape, or those that a network has seen in it.
pub(super) fn cut(shape: &Shape, map: Option<&Map>) -> Tree {
    let (height, persistence) = match map {
        None => (distances(shape), PERSISTENCE),
        Some(map) => (depths(shape, map), PERSISTENCE_SEEN),
    };
    let mut hills = Hills::flood(shape, &height, persistence);
    hills.name();
    let piece: Vec<Option<u8>> =
        hills.of_cell.iter().map(|hill| hill.map(|hill| hills.number(hill))).collect();
    let mut nodes = leaves(shape, &piece, hills.count());
    join(&mut nodes, &hills.passes());
    Tree { piece, nodes }
}

/// Distance of each cell from the nearest cell that is not of the blob, in thirds of a cell.
fn distances(shape: &Shape) -> Vec<u16> {
    let (width, height) = (shape.width, shape.height);
    let mut far: Vec<u16> = shape.set.iter().map(|&set| if set { u16::MAX / 2 } else { 0 }).collect();
    let at = |far: &[u16], x: isize, y: isize| {
        let inside = (0..width as isize).contains(&x) && (0..height as isize).contains(&y);
        if inside { far[y as usize * width + x as usize] } else { 0 }
    };
    let forward = [(-1, 0, STRAIGHT), (-1, -1, DIAGONAL), (0, -1, STRAIGHT), (1, -1, DIAGONAL)];
    for reversed in [false, true] {
        for index in 0..far.len() {
            let index = if reversed { far.len() - 1 - index } else { index };
            let (x, y) = ((index % width) as isize, (index / width) as isize);
            let turn = if reversed { -1 } else { 1 };
            let nearest = forward.map(|(dx, dy, step)| at(&far, x + dx * turn, y + dy * turn) + step);
            far[index] = far[index].min(nearest.into_iter().min().unwrap_or(u16::MAX));
        }
    }
    far
}

/// What the map of the whole frame says of each cell of the shape.
fn depths(shape: &Shape, map: &Map) -> Vec<u16> {
    let (left, top) = shape.corner;
    let cells = (0..shape.set.len()).map(|cell| (left + cell % shape.width, top + cell / shape.width));
    // From 0 to 1 times a thousand: it fits.
    cells.map(|(x, y)| (map.depth[y * map.columns + x] * DEEPEST).round() as u16).collect()
}

/// Hills of the landscape, and the passes between them.
struct Hills {
    /// The hill of each cell, as first named; see [`Hills::find`].
    of_cell: Vec<Option<usize>>,
    /// Which hill each was joined to; its own number when it stands by itself.
    joined: Vec<usize>,
    top: Vec<u16>,
    /// The highest pass between two hills: the two, and its height.
    found: Vec<(usize, usize, u16)>,
    /// The hills that stand by themselves, in order.
    names: Vec<usize>,
    /// The share of its height that a hill rises above its pass by at least.
    persistence: f32,
}

impl Hills {
    fn flood(shape: &Shape, height: &[u16], persistence: f32) -> Self {
        let count = height.len();
        let mut hills = Self {
            of_cell: vec![None; count],
            joined: Vec::new(),
            top: Vec::new(),
            found: Vec::new(),
            names: Vec::new(),
            persistence,
        };
        let mut order: Vec<usize> = (0..count).filter(|&index| shape.set[index]).collect();
        order.sort_by_key(|&index| (std::cmp::Reverse(height[index]), index));
        for index in order {
            let near = hills.around(shape, height, index);
            let Some(&(_, uphill)) =
                near.iter().max_by_key(|(height, hill)| (*height, std::cmp::Reverse(*hill)))
            else {
                hills.of_cell[index] = Some(hills.joined.len());
                hills.joined.push(hills.joined.len());
                hills.top.push(height[index]);
                continue;
            };
            // Up the steepest way, or a low rim would creep around the next hill.
            hills.of_cell[index] = Some(uphill);
            for (_, other) in near {
                hills.meet(uphill, other, height[index]);
            }
        }
        hills
    }

    /// The flooded neighbours of a cell: their heights and their hills.
    fn around(&self, shape: &Shape, height: &[u16], index: usize) -> Vec<(u16, usize)> {
        let (x, y) = (index % shape.width, index / shape.width);
        let rows = y.saturating_sub(1)..(y + 2).min(shape.height);
        let cells = rows.flat_map(|row| {
            (x.saturating_sub(1)..(x + 2).min(shape.width)).map(move |column| row * shape.width + column)
        });
        cells.filter_map(|cell| Some((height[cell], self.find(self.of_cell[cell]?)))).collect()
    }

    /// Two hills meet at a pass: the lower one is swallowed unless it stands out.
    fn meet(&mut self, a: usize, b: usize, pass: u16) {
        let (a, b) = (self.find(a), self.find(b));
        let (higher, lower) = if (self.top[a], b) >= (self.top[b], a) { (a, b) } else { (b, a) };
        if a == b || self.found.iter().any(|&(c, d, _)| self.same(a, b, c, d)) {
            return;
        }
        let stands_out = f32::from(self.top[lower] - pass) > self.persistence * f32::from(self.top[lower]);
        if stands_out {
            self.found.push((higher, lower, pass));
        } else {
            self.joined[lower] = higher;
        }
    }

    fn same(&self, a: usize, b: usize, c: usize, d: usize) -> bool {
        let (a, b, c, d) = (self.find(a), self.find(b), self.find(c), self.find(d));
        (a, b) == (c, d) || (a, b) == (d, c)
    }

    fn find(&self, mut hill: usize) -> usize {
        while self.joined[hill] != hill {
            hill = self.joined[hill];
        }
        hill
    }

    /// Numbers the hills that stand by themselves. Of too many the lowest are joined to what they touch.
    fn name(&mut self) {
        let standing = |hills: &Self| -> Vec<usize> {
            (0..hills.joined.len()).filter(|&hill| hills.joined[hill] == hill).collect()
        };
        self.names = standing(self);
        while self.names.len() > PIECES_MAX {
            let lowest =
                self.names.iter().copied().min_by_key(|&hill| self.top[hill]).expect("there are many");
            let pass =
                self.found.iter().filter(|&&(a, b, _)| (self.find(a) == lowest) != (self.find(b) == lowest));
            let next = pass
                .max_by_key(|pass| pass.2)
                .map(|&(a, b, _)| if self.find(a) == lowest { self.find(b) } else { self.find(a) });
            // A blob is connected, so there is a neighbour; the first will do should it ever not be.
            let next = next
                .unwrap_or_else(|| self.names.iter().copied().find(|&hill| hill != lowest).unwrap_or(lowest));
            self.joined[lowest] = next;
            self.names = standing(self);
        }
    }

    fn count(&self) -> usize {
        self.names.len()
    }

    fn number(&self, hill: usize) -> u8 {
        let name = self.find(hill);
        let place = self.names.iter().position(|&standing| standing == name).expect("every hill has a name");
        u8::try_from(place).expect("there are few pieces")
    }

    /// Pairs of pieces with the width of the neck between them as a share of the smaller one's, the widest first.
    fn passes(&self) -> Vec<(u8, u8, f32)> {
        let share = |&(a, b, pass): &(usize, usize, u16)| {
            let lower = self.top[self.find(a)].min(self.top[self.find(b)]).max(1);
            (self.number(a), self.number(b), (f32::from(pass) / f32::from(lower)).min(1.0))
        };
        let mut passes: Vec<_> = self.found.iter().map(share).filter(|pass| pass.0 != pass.1).collect();
        passes.sort_by(|a, b| b.2.total_cmp(&a.2));
        passes
    }
}

fn leaves(shape: &Shape, piece: &[Option<u8>], count: usize) -> Vec<Node> {
    let empty = [usize::MAX, usize::MAX, 0, 0];
    let leaf = |number: usize| Node { pieces: 1 << number, parts: None, cells: 0, bounds: empty, neck: 1.0 };
    let mut nodes: Vec<Node> = (0..count).map(leaf).collect();
    for (index, piece) in piece.iter().enumerate() {
        let Some(number) = *piece else { continue };
        let (x, y) = (index % shape.width, index / shape.width);
        let node = &mut nodes[usize::from(number)];
        node.cells += 1;
        node.bounds = union(node.bounds, [x, y, x + 1, y + 1]);
    }
    nodes
}

/// Joins the pieces two by two, the widest neck first, and at last those that only seemed to touch.
fn join(nodes: &mut Vec<Node>, passes: &[(u8, u8, f32)]) {
    let count = nodes.len();
    let apart = (1..count).map(|piece| (0, u8::try_from(piece).expect("there are few pieces"), 0.0));
    for (a, b, neck) in passes.iter().copied().chain(apart) {
        let newest = |piece: u8| nodes.iter().rposition(|node| node.pieces & (1 << piece) != 0);
        let (Some(a), Some(b)) = (newest(a), newest(b)) else { continue };
        if a != b {
            let node = Node {
                pieces: nodes[a].pieces | nodes[b].pieces,
                parts: Some((a, b)),
                cells: nodes[a].cells + nodes[b].cells,
                bounds: union(nodes[a].bounds, nodes[b].bounds),
                neck,
            };
            nodes.push(node);
        }
    }
}

fn union(a: [usize; 4], b: [usize; 4]) -> [usize; 4] {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Discs of the given radius around these centres.
    fn discs(width: usize, height: usize, discs: &[(f32, f32, f32)]) -> Shape {
        let inside = |index: usize| {
            let (x, y) = ((index % width) as f32, (index / width) as f32);
            discs.iter().any(|&(cx, cy, radius)| (x - cx).hypot(y - cy) <= radius)
        };
        Shape { corner: (0, 0), width, height, set: (0..width * height).map(inside).collect() }
    }

    fn cut(shape: &Shape) -> Tree {
        super::cut(shape, None)
    }

    fn leaf_count(tree: &Tree) -> usize {
        tree.nodes.iter().filter(|node| node.parts.is_none()).count()
    }

    #[test]
    fn a_disc_is_one_piece_and_two_that_touch_are_two() {
        let one = cut(&discs(30, 30, &[(15.0, 15.0, 11.0)]));
        assert_eq!(one.nodes.len(), 1, "{:?}", one.nodes);
        let two = cut(&discs(60, 30, &[(15.0, 15.0, 11.0), (37.0, 15.0, 11.0)]));
        assert_eq!((leaf_count(&two), two.nodes.len()), (2, 3));
        let whole = two.nodes.last().unwrap();
        assert!(whole.neck < 0.5, "{}", whole.neck);
        let halves = (two.nodes[0].cells, two.nodes[1].cells);
        assert!(halves.0.abs_diff(halves.1) < 40, "{halves:?}");
        assert_eq!(
            whole.cells,
            discs(60, 30, &[(15.0, 15.0, 11.0), (37.0, 15.0, 11.0)]).set.iter().filter(|s| **s).count()
        );
    }

    #[test]
    fn the_widest_neck_is_joined_first() {
        // The right two overlap by much, the left one only touches.
        let tree = cut(&discs(90, 30, &[(14.0, 15.0, 11.0), (36.0, 15.0, 11.0), (53.0, 15.0, 11.0)]));
        assert_eq!((leaf_count(&tree), tree.nodes.len()), (3, 5));
        let first = &tree.nodes[3];
        let x_of = |node: usize| tree.nodes[node].bounds[0];
        let (a, b) = first.parts.unwrap();
        assert!(x_of(a) > 20 && x_of(b) > 20, "{:?}", tree.nodes);
        assert!(first.neck > tree.nodes[4].neck);
    }

    #[test]
    fn a_stroke_of_even_width_stays_whole_and_a_comb_has_few_pieces() {
        let stroke = Shape { corner: (0, 0), width: 60, height: 12, set: vec![true; 60 * 12] };
        assert_eq!(cut(&stroke).nodes.len(), 1);
        let comb = |x: usize, y: usize| y < 4 || x.is_multiple_of(3);
        let set = (0..180 * 12).map(|index| comb(index % 180, index / 180)).collect();
        let tree = cut(&Shape { corner: (0, 0), width: 180, height: 12, set });
        assert!(leaf_count(&tree) <= PIECES_MAX);
        assert_eq!(tree.nodes.len(), 2 * leaf_count(&tree) - 1, "all hang together");
    }

    /// How deep the cells of a frame lie in the first of these discs that they are in, as a network would say.
    fn seen(columns: usize, rows: usize, discs: &[(f32, f32, f32)]) -> Map {
        let depth = |cell: usize| {
            let (x, y) = ((cell % columns) as f32, (cell / columns) as f32);
            let inside = |&(cx, cy, radius): &(f32, f32, f32)| 1.0 - (x - cx).hypot(y - cy) / radius;
            // What is under another ends where the upper one's outline runs.
            let (upper, lower) = (inside(&discs[0]), inside(&discs[1]));
            if upper >= 0.0 { upper } else { lower.min(-upper).max(0.0) }
        };
        Map { columns, depth: (0..columns * rows).map(depth).collect() }
    }

    #[test]
    fn what_is_seen_tells_things_apart_that_have_no_neck() {
        let over = [(20.0, 20.0, 14.0), (29.0, 20.0, 14.0)];
        let shape = discs(50, 40, &over);
        assert_eq!(leaf_count(&cut(&shape)), 1, "their shape tells nothing");
        let tree = super::cut(&shape, Some(&seen(50, 40, &over)));
        assert_eq!((leaf_count(&tree), tree.nodes.len()), (2, 3), "{:?}", tree.nodes);
        let whole = tree.nodes.last().unwrap();
        assert!(whole.neck < 0.3, "{}", whole.neck);
        assert_eq!(whole.cells, shape.set.iter().filter(|set| **set).count());
        let upper = tree.nodes.iter().find(|node| node.parts.is_none() && node.bounds[0] < 10).unwrap();
        assert!((30..=36).contains(&upper.bounds[2]), "the upper one is whole: {upper:?}");
    }

    #[test]
    fn a_blob_somewhere_in_the_frame_reads_its_own_part_of_the_map() {
        let over = [(20.0, 20.0, 14.0), (29.0, 20.0, 14.0)];
        let whole = discs(50, 40, &over);
        let rows = (4..36).flat_map(|y| whole.set[y * 50 + 5..y * 50 + 45].iter().copied());
        let part = Shape { corner: (5, 4), width: 40, height: 32, set: rows.collect() };
        let map = seen(50, 40, &over);
        let cells = |shape| super::cut(shape, Some(&map)).nodes.iter().map(|n| n.cells).collect::<Vec<_>>();
        assert_eq!(cells(&part), cells(&whole));
    }
}
