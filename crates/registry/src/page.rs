//! Bounded pages of a list, by the last key seen rather than by an offset.

/// Most rows in one page.
pub const MOST: u32 = 1_000;

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Rows after this id.
    pub after: i64,
    /// At most so many rows, and never more than [`MOST`].
    pub limit: u32,
}

impl Default for Page {
    fn default() -> Self {
        Page { after: -1, limit: 100 }
    }
}

impl Page {
    /// The first rows.
    #[must_use]
    pub fn first(limit: u32) -> Page {
        Page { after: -1, limit }
    }

    pub(crate) fn limit(self) -> i64 {
        i64::from(self.limit.min(MOST))
    }
}
