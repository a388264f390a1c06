//! Where one thing ends and the next begins, as a small network sees it: trained by `models/tray`, run by ONNX Runtime.

use std::path::PathBuf;

use ort::session::Session;
use ort::value::{TensorElementType, TensorRef, ValueType};
use thiserror::Error;

use crate::embed::open_session;
use crate::models::{ModelError, ModelFiles};

/// Name of the model's input: uint8, 1 x rows x columns x 4 (red, green, blue, 255 where something lies).
const INPUT: &str = "tray";
/// Name of its output: float32, 1 x 2 x rows x columns, from 0 to 1: depth and outline.
const OUTPUT: &str = "inside";
/// Values that the input has for a cell.
const CHANNELS: usize = 4;
/// Rows and columns are multiples of this: the network halves them four times.
const MULTIPLE: usize = 16;

/// An open session of the network. One thread uses it; it may be moved to another.
#[derive(Debug)]
pub struct Outlines {
    session: Session,
    path: PathBuf,
}

/// Why a tray has no map.
#[derive(Debug, Error)]
pub enum OutlinesError {
    /// The cells given are not as many as the tray has.
    #[error("{given} cells were given of a tray of {columns} x {rows}")]
    CellCount {
        /// Cells given.
        given: usize,
        /// Cells in a row.
        columns: usize,
        /// Rows of cells.
        rows: usize,
    },
    /// The runtime failed.
    #[error("ONNX Runtime failed to run the model `{path}`")]
    Run {
        /// The model.
        path: PathBuf,
        /// What the runtime said.
        #[source]
        source: ort::Error,
    },
    /// What the model gave is no map of this tray.
    #[error("the model `{path}` gave {given:?} for a tray of {columns} x {rows}")]
    Output {
        /// The model.
        path: PathBuf,
        /// The shape of what it gave.
        given: Vec<i64>,
        /// Cells in a row, filled up.
        columns: usize,
        /// Rows of cells, filled up.
        rows: usize,
    },
}

/// What the network says of each cell of a tray, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Map {
    /// Cells in a row.
    pub columns: usize,
    /// How deep inside its thing a cell lies: 0 at the outline of what is seen of it, 1 where that is thickest.
    pub depth: Vec<f32>,
}

impl Outlines {
    /// Opens the network; `None` when the models' folder has none, as older ones do not: then things that touch are told
    /// apart by their shapes alone.
    pub fn open(files: &ModelFiles, threads: usize) -> Result<Option<Self>, ModelError> {
        let Some(path) = files.outlines.clone() else { return Ok(None) };
        let session = open_session(files, &path, threads)?;
        check_shape(&session).map_err(|problem| ModelError::Shape { path: path.clone(), problem })?;
        Ok(Some(Self { session, path }))
    }

    /// Looks at a tray, given red, green, blue and whether something lies there for each of its cells.
    pub fn look(
        &mut self,
        columns: usize,
        rows: usize,
        cells: &[([u8; 3], bool)],
    ) -> Result<Map, OutlinesError> {
        if cells.len() != columns * rows || cells.is_empty() {
            return Err(OutlinesError::CellCount { given: cells.len(), columns, rows });
        }
        let (wide, high) = (columns.next_multiple_of(MULTIPLE), rows.next_multiple_of(MULTIPLE));
        let mut input = Vec::with_capacity(wide * high * CHANNELS);
        for y in 0..high {
            for x in 0..wide {
                // Beyond the tray its last cells go on, and nothing lies there.
                let ([red, green, blue], lies) = cells[y.min(rows - 1) * columns + x.min(columns - 1)];
                let inside = x < columns && y < rows;
                input.extend([red, green, blue, if lies && inside { 255 } else { 0 }]);
            }
        }
        let failed = |source| OutlinesError::Run { path: self.path.clone(), source };
        let tensor =
            TensorRef::from_array_view(([1, high, wide, CHANNELS], input.as_slice())).map_err(failed)?;
        let outputs = self.session.run(ort::inputs![INPUT => tensor]).map_err(failed)?;
        let (shape, values) = outputs[OUTPUT].try_extract_tensor::<f32>().map_err(failed)?;
        if shape[..] != [1, 2, high as i64, wide as i64] {
            let given = shape.to_vec();
            return Err(OutlinesError::Output { path: self.path.clone(), given, columns: wide, rows: high });
        }
        // The depth comes first; the outline that follows it is what the network also learnt from.
        let of_tray = values.chunks_exact(wide).take(rows);
        let depth =
            of_tray.flat_map(|row| row[..columns].iter().map(|depth| depth.clamp(0.0, 1.0))).collect();
        Ok(Map { columns, depth })
    }
}

fn check_shape(session: &Session) -> Result<(), String> {
    let wanted = [
        (session.inputs(), INPUT, TensorElementType::Uint8, [1, -1, -1, 4]),
        (session.outputs(), OUTPUT, TensorElementType::Float32, [1, 2, -1, -1]),
    ];
    for (outlets, name, element, dimensions) in wanted {
        let found = outlets.iter().find(|outlet| outlet.name() == name).map(ort::value::Outlet::dtype);
        let fits = matches!(found, Some(ValueType::Tensor { ty, shape, .. })
            if *ty == element && shape[..] == dimensions[..]);
        if !fits {
            let found = found.map_or("nothing".to_owned(), |dtype| format!("{dtype:?}"));
            return Err(format!("`{name}` must be {element:?} {dimensions:?} and is {found}"));
        }
    }
    Ok(())
}
