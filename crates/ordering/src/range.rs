//! Enters a range of our own numbers: a short one in one transaction, a long one as an import, so that nobody else waits.

use registry::id::{ClassId, ImportId, PoolId};
use registry::import::{self, BATCH, StagedRow};
use registry::number::{self, MOST_AT_ONCE, Range};
use registry::{Caller, Error, Result, pool};

use crate::Ordering;

impl Ordering {
    /// Enters a range of numbers and returns how many; all of them or none.
    ///
    /// # Errors
    /// As [`number::add_range`]; [`Error::Invalid`] where a long range is to have more than a pool and a class.
    pub async fn enter_range(
        &self,
        caller: &Caller,
        pool: PoolId,
        class: Option<ClassId>,
        range: &Range,
    ) -> Result<u64> {
        let (first, last) = range.bounds()?;
        if last - first < MOST_AT_ONCE {
            let now = self.clock.now();
            return registry::transaction!(self.db, |tx| number::add_range(tx, caller, now, pool, class, range).await);
        }
        for (field, given) in [("region", range.region.is_some()), ("account", range.account.is_some())] {
            if given {
                let message = format!("can be given to at most {MOST_AT_ONCE} numbers at once");
                return Err(Error::invalid(field, message));
            }
        }
        let class = match class {
            Some(class) => class,
            None => pool::get(&mut self.db.reader(), pool).await?.class_id,
        };
        let now = self.clock.now();
        let id = registry::transaction!(self.db, |tx| import::begin(tx, caller, now, pool).await)?;
        let entered = self.stage_range(id, class, first, last).await;
        if let Err(error) = &entered {
            let why = error.to_string();
            registry::transaction!(self.db, |tx| import::fail(tx, now, id, &why).await)?;
        } else {
            registry::transaction!(self.db, |tx| import::commit(tx, caller, now, id).await)?;
        }
        while !registry::transaction!(self.db, |tx| import::step(tx, now, id).await)? {}
        self.wake();
        entered
    }

    async fn stage_range(&self, id: ImportId, class: ClassId, first: i64, last: i64) -> Result<u64> {
        let (now, mut next) = (self.clock.now(), first);
        while next <= last {
            let end = last.min(next + BATCH as i64 - 1);
            let row = |n: i64| StagedRow { line: n - first + 1, digits: n.to_string(), class, description: None };
            let rows: Vec<StagedRow> = (next..=end).map(row).collect();
            registry::transaction!(self.db, |tx| import::stage(tx, now, id, &rows).await)?;
            next = end + 1;
        }
        let mut after = String::new();
        loop {
            let (end, taken) = import::check(&mut self.db.reader(), id, &after).await?;
            if let Some((_, digits)) = taken.first() {
                return Err(Error::Conflict(format!("number {digits} is there already")));
            }
            match end {
                Some(end) => after = end,
                None => return u64::try_from(last - first + 1).map_err(|_| Error::Internal("range".to_owned())),
            }
        }
    }
}
