//! What was learnt as bytes: numbers one after the other, little end first. What is read is checked, so that no bytes make a model that
//! cannot be asked.

use super::trained::BadModel;

/// Writes numbers.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    pub(crate) bytes: Vec<u8>,
}

impl Writer {
    pub(crate) fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.bytes.extend(value.to_le_bytes());
    }

    pub(crate) fn i64(&mut self, value: i64) {
        self.bytes.extend(value.to_le_bytes());
    }

    pub(crate) fn f32(&mut self, value: f32) {
        self.bytes.extend(value.to_le_bytes());
    }

    pub(crate) fn f64(&mut self, value: f64) {
        self.bytes.extend(value.to_le_bytes());
    }

    /// A count of what follows.
    pub(crate) fn count(&mut self, count: usize) {
        self.u32(u32::try_from(count).unwrap_or(u32::MAX));
    }

    pub(crate) fn f64s(&mut self, values: &[f64]) {
        self.count(values.len());
        values.iter().for_each(|value| self.f64(*value));
    }

    pub(crate) fn f32s(&mut self, values: &[f32]) {
        self.count(values.len());
        values.iter().for_each(|value| self.f32(*value));
    }

    pub(crate) fn word(&mut self, word: &str) {
        self.count(word.len());
        self.bytes.extend(word.as_bytes());
    }
}

/// Reads what [`Writer`] wrote.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// That the bytes make no sense here.
    pub(crate) fn bad(&self) -> BadModel {
        BadModel { at: self.at }
    }

    /// That all bytes were read.
    pub(crate) fn end(&self) -> Result<(), BadModel> {
        if self.at == self.bytes.len() { Ok(()) } else { Err(self.bad()) }
    }

    fn take<const SIZE: usize>(&mut self) -> Result<[u8; SIZE], BadModel> {
        let found = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<SIZE>());
        let found = *found.ok_or_else(|| self.bad())?;
        self.at += SIZE;
        Ok(found)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, BadModel> {
        Ok(u8::from_le_bytes(self.take()?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, BadModel> {
        Ok(u32::from_le_bytes(self.take()?))
    }

    pub(crate) fn i64(&mut self) -> Result<i64, BadModel> {
        Ok(i64::from_le_bytes(self.take()?))
    }

    pub(crate) fn f32(&mut self) -> Result<f32, BadModel> {
        Ok(f32::from_le_bytes(self.take()?))
    }

    pub(crate) fn f64(&mut self) -> Result<f64, BadModel> {
        Ok(f64::from_le_bytes(self.take()?))
    }

    /// A count of things of at least `size` bytes each: no more than there are bytes left for.
    pub(crate) fn count(&mut self, size: usize) -> Result<usize, BadModel> {
        let count = self.u32()? as usize;
        if count.saturating_mul(size) > self.bytes.len() - self.at {
            return Err(self.bad());
        }
        Ok(count)
    }

    pub(crate) fn f64s(&mut self) -> Result<Vec<f64>, BadModel> {
        (0..self.count(8)?).map(|_| self.f64()).collect()
    }

    pub(crate) fn f32s(&mut self) -> Result<Vec<f32>, BadModel> {
        (0..self.count(4)?).map(|_| self.f32()).collect()
    }

    pub(crate) fn word(&mut self) -> Result<&'a str, BadModel> {
        let count = self.count(1)?;
        let bytes = self.bytes.get(self.at..self.at + count).ok_or_else(|| self.bad())?;
        let word = std::str::from_utf8(bytes).map_err(|_| self.bad())?;
        self.at += count;
        Ok(word)
    }
}
