//! Aligned tables that read without colour and cut well with `awk`: two spaces between columns, none within numbers.

use unicode_width::UnicodeWidthStr as _;

/// Which side of its column a cell hugs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    /// Words.
    Left,
    /// Figures.
    Right,
}

/// A table in the making.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns.
    pub(crate) fn new(columns: &[(&str, Align)]) -> Self {
        Self {
            columns: columns.iter().map(|&(name, align)| (name.to_owned(), align)).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row; missing cells are empty.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// True without rows.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The columns' names and sides.
    pub(crate) fn columns(&self) -> &[(String, Align)] {
        &self.columns
    }

    /// The cells of each row.
    pub(crate) fn rows(&self) -> &[Vec<String>] {
        &self.rows
    }

    /// The lines, the heading first, without blanks at their ends.
    pub(crate) fn lines(&self) -> impl Iterator<Item = String> + '_ {
        let heading: Vec<String> = self.columns.iter().map(|(name, _)| name.clone()).collect();
        let widths = self.widths(&heading);
        std::iter::once(heading).chain(self.rows.iter().cloned()).map(move |row| self.format(&row, &widths))
    }

    /// The table as GitHub-flavoured Markdown.
    pub(crate) fn markdown(&self) -> String {
        let line = |cells: &mut dyn Iterator<Item = String>| {
            format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
        };
        let mut text = line(&mut self.columns.iter().map(|(name, _)| name.clone()));
        text += &line(&mut self.columns.iter().map(|(_, align)| match align {
            Align::Left => "---".to_owned(),
            Align::Right => "---:".to_owned(),
        }));
        for row in &self.rows {
            text += &line(&mut row.iter().cloned());
        }
        text
    }

    fn widths(&self, heading: &[String]) -> Vec<usize> {
        let mut widths: Vec<usize> = heading.iter().map(|name| name.width()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        widths
    }

    fn format(&self, row: &[String], widths: &[usize]) -> String {
        let mut line = String::new();
        for ((cell, &width), (_, align)) in row.iter().zip(widths).zip(&self.columns) {
            if !line.is_empty() {
                line.push_str("  ");
            }
            let blank = " ".repeat(width.saturating_sub(cell.width()));
            match align {
                Align::Left => line.extend([cell.as_str(), &blank]),
                Align::Right => line.extend([blank.as_str(), cell]),
            }
        }
        line.truncate(line.trim_end().len());
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aligns_words_left_and_figures_right_in_any_script() {
        let mut table = Table::new(&[("ID", Align::Left), ("NAME", Align::Left), ("PRICE", Align::Right)]);
        table.row(["lime".to_owned(), "Лайм".to_owned(), "0.35 EUR".to_owned()]);
        table.row(["apple-red".to_owned(), "リンゴ".to_owned(), "12.49 EUR".to_owned()]);
        let lines: Vec<String> = table.lines().collect();
        assert_eq!(
            lines,
            ["ID         NAME        PRICE", "lime       Лайм     0.35 EUR", "apple-red  リンゴ  12.49 EUR"]
        );
        assert_eq!(table.markdown().lines().nth(1), Some("| --- | --- | ---: |"));
    }
}
