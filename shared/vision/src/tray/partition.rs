//! One thing or several: the cut of a blob whose pieces look most like things that are known.

use domain::frame::PixelBox;

use super::blobs::to_pixels;
use super::crop::Cutter;
use super::memory::MadeOut;
use super::split::{self, Node, Shape, Tree};
use super::{ObserveError, sharpness};
use crate::embed::Embedder;
use crate::outlines::Map;
use crate::recognise::Recogniser;

/// What looks so much like one known thing...
const PLAIN_LOOK: f32 = 0.9;
/// ...and has no neck narrower than this is one: looking closer would only take time.
const PLAIN_NECK: f32 = 0.8;

/// Two things are not doubted because of a neck that is narrower than this...
const NARROW_NECK: f32 = 0.6;
/// ...and through one as wide as themselves they must look this much better than the one. On trays of cut-out groceries
/// more left touching things together, less cut single ones up.
const WIDEST_DOUBT: f32 = 0.2;
/// When a thing looks this much like one known thing, and both its parts do too, nobody can tell: the shopper is asked.
const BOTH_LOOK: f32 = 0.75;

/// Where a network saw several pieces, what looks less like one whole known thing than this is asked about: most of what was
/// sold wrong on trays of overlapping things was two that were taken for the larger one.
const SURE_LOOK: f32 = 0.8;

/// The things that a blob is. `whole` is what it is if it is one, `map` what a network has seen of the frame.
pub(super) fn divide(
    cutter: &Cutter<'_>,
    number: usize,
    whole: MadeOut,
    map: Option<&Map>,
    embedder: &mut Embedder,
    recogniser: &Recogniser,
) -> Result<Vec<MadeOut>, ObserveError> {
    let shape = cutter.heap.blobs.shape(number);
    let tree = split::cut(&shape, map);
    let Some((_, parts)) = tree.nodes.split_last().filter(|(_, parts)| !parts.is_empty()) else {
        return Ok(vec![whole]);
    };
    let look_of_whole = look(&whole, recogniser)?;
    let narrowest = tree.nodes.iter().map(|node| node.neck).fold(1.0, f32::min);
    if look_of_whole >= PLAIN_LOOK && narrowest >= PLAIN_NECK {
        return Ok(vec![whole]);
    }
    let side = embedder.input_side();
    let bounds: Vec<PixelBox> = parts.iter().map(|node| pixels(cutter, &shape, node)).collect();
    let inputs: Vec<Vec<u8>> = parts
        .iter()
        .zip(&bounds)
        .map(|(node, &bounds)| cutter.input(bounds, |cell| is_of(cutter, &shape, &tree, node, cell), side))
        .collect();
    let mut made_out: Vec<MadeOut> = embedder
        .embed(&inputs)?
        .into_iter()
        .zip(&inputs)
        .zip(bounds)
        .map(|((embedding, input), bounds)| MadeOut {
            bounds,
            embedding,
            blurred: sharpness::is_blurred(input, side as usize),
            doubtful: false,
        })
        .collect();
    let mut looks: Vec<f32> =
        made_out.iter().map(|thing| look(thing, recogniser)).collect::<Result<_, _>>()?;
    made_out.push(whole);
    looks.push(look_of_whole);
    let mut made_out: Vec<Option<MadeOut>> = made_out.into_iter().map(Some).collect();
    let chosen = choose(&tree, &looks).into_iter();
    let is_doubtful = |part: Part| part.doubtful || (map.is_some() && looks[part.node] < SURE_LOOK);
    Ok(chosen
        .filter_map(|part| Some(MadeOut { doubtful: is_doubtful(part), ..made_out[part.node].take()? }))
        .collect())
}

/// How much a cut looks like one whole known thing, from 0 to 1.
fn look(thing: &MadeOut, recogniser: &Recogniser) -> Result<f32, ObserveError> {
    let likeness = recogniser.likeness(&thing.embedding)?;
    Ok(likeness.map_or(0.0, |likeness| recogniser.calibration().wholeness(likeness)))
}

/// The node's box in pixels of the frame.
fn pixels(cutter: &Cutter<'_>, shape: &Shape, node: &Node) -> PixelBox {
    let ([left, top, right, bottom], (x, y)) = (node.bounds, shape.corner);
    let cells = [x + left, y + top, x + right, y + bottom];
    to_pixels(cells, cutter.thumb.step, (cutter.frame.width, cutter.frame.height))
}

/// True when a cell of the frame is of one of the node's pieces.
fn is_of(cutter: &Cutter<'_>, shape: &Shape, tree: &Tree, node: &Node, cell: usize) -> bool {
    let (x, y) = (cell % cutter.thumb.width, cell / cutter.thumb.width);
    let (Some(x), Some(y)) = (x.checked_sub(shape.corner.0), y.checked_sub(shape.corner.1)) else {
        return false;
    };
    let inside = x < shape.width && y < shape.height;
    inside && tree.piece[y * shape.width + x].is_some_and(|piece| node.pieces & (1 << piece) != 0)
}

/// A node of the tree that is a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    /// Which.
    pub(super) node: usize,
    /// True when it is as likely to be several, or part of a larger thing.
    pub(super) doubtful: bool,
}

/// The nodes of the tree that are things, given for each node how much it looks like one whole known thing (from 0 to 1).
/// Of all cuts the one is taken whose cells, weighed by that, come to most.
pub(super) fn choose(tree: &Tree, looks: &[f32]) -> Vec<Part> {
    let mut worth: Vec<f32> = Vec::with_capacity(tree.nodes.len());
    let mut is_whole = Vec::with_capacity(tree.nodes.len());
    let mut is_doubtful = Vec::with_capacity(tree.nodes.len());
    for (node, &look) in tree.nodes.iter().zip(looks) {
        let own = node.cells as f32 * look;
        let of_parts = node.parts.map_or(f32::MIN, |(a, b)| (worth[a] + worth[b]) * (1.0 - doubt(node.neck)));
        is_whole.push(own >= of_parts);
        // Worth a cell: how much the node, or the best of its two parts, looks like whole things.
        let per_cell = |(a, b): (usize, usize)| {
            let of = |part: usize| worth[part] / tree.nodes[part].cells.max(1) as f32;
            of(a).min(of(b)).min(look)
        };
        is_doubtful.push(node.parts.is_some_and(|parts| per_cell(parts) >= BOTH_LOOK));
        worth.push(own.max(of_parts));
    }
    let mut chosen = Vec::new();
    let whole = tree.nodes.len().checked_sub(1).map(|node| Part { node, doubtful: false });
    let mut open: Vec<Part> = whole.into_iter().collect();
    while let Some(Part { node, doubtful }) = open.pop() {
        let doubtful = doubtful || is_doubtful[node];
        match tree.nodes[node].parts {
            Some((a, b)) if !is_whole[node] => open.extend([a, b].map(|node| Part { node, doubtful })),
            _ => chosen.push(Part { node, doubtful }),
        }
    }
    chosen
}

/// How much less a cut through this neck counts: the wider it is, the more it takes to believe in two things.
fn doubt(neck: f32) -> f32 {
    WIDEST_DOUBT * ((neck - NARROW_NECK) / (1.0 - NARROW_NECK)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::super::split::Node;
    use super::*;

    /// Three pieces in a row, the first two joined first.
    fn row() -> Tree {
        let node = |pieces, parts, cells| Node { pieces, parts, cells, bounds: [0, 0, 1, 1], neck: 0.8 };
        let nodes = vec![
            node(1, None, 100),
            node(2, None, 100),
            node(4, None, 100),
            node(3, Some((0, 1)), 200),
            node(7, Some((3, 2)), 300),
        ];
        Tree { piece: Vec::new(), nodes }
    }

    #[test]
    fn takes_the_cut_that_looks_best() {
        let chosen = |looks: [f32; 5]| {
            let mut nodes: Vec<usize> = choose(&row(), &looks).into_iter().map(|part| part.node).collect();
            nodes.sort_unstable();
            nodes
        };
        assert_eq!(chosen([0.9, 0.9, 0.9, 0.2, 0.1]), [0, 1, 2], "three things");
        assert_eq!(chosen([0.2, 0.3, 0.9, 0.9, 0.1]), [2, 3], "the first two are one");
        assert_eq!(chosen([0.2, 0.3, 0.2, 0.4, 0.8]), [4], "all are one");
        assert_eq!(chosen([0.0; 5]), [4], "nothing is known: one thing, to be asked about");
        assert_eq!(
            chosen([0.75, 0.75, 0.75, 0.7, 0.7]),
            [4],
            "hardly better through wide necks is not enough"
        );
    }

    #[test]
    fn what_is_as_likely_one_as_several_is_doubtful() {
        let doubtful = |looks: [f32; 5]| choose(&row(), &looks).iter().filter(|part| part.doubtful).count();
        assert_eq!(doubtful([0.9, 0.9, 0.9, 0.2, 0.1]), 0, "plainly three");
        assert_eq!(doubtful([0.1, 0.2, 0.1, 0.1, 0.9]), 0, "plainly one");
        assert_eq!(doubtful([1.0, 1.0, 1.0, 0.2, 0.78]), 3, "three, or one");
        assert_eq!(doubtful([0.9, 0.9, 0.9, 0.2, 0.8]), 1, "one, or three");
        assert_eq!(doubtful([0.8, 0.8, 0.9, 0.9, 0.1]), 1, "the first two may be two");
    }
}
