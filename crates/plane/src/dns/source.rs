//! Where the records of a zone come from: the registry, page by page, all of one moment; the catalog too.

use registry::Result;
use registry::dns::served::{self, Cursor, ResourceRecord, Zone};
use store::{Db, Tx};

use super::catalog;
use super::rr::{self, Record};

/// Records of a page.
const PAGE: i64 = 1_000;

/// A zone that is being read.
pub(super) struct Source {
    tx: Tx,
    what: What,
}

enum What {
    Zone {
        zone: Zone,
        next: Option<Cursor>,
    },
    Catalog {
        name: String,
        /// The last zone that was read; none before the first.
        after: Option<String>,
        over: bool,
    },
}

/// The SOA record of a zone or of the catalog; none where there is no such zone.
pub(super) async fn soa(db: &Db, catalog: &str, name: &str) -> Result<Option<Record>> {
    let mut tx = db.reader();
    let head = if is_catalog(catalog, name) {
        catalog::head(catalog, registry::dns::catalog::serial(&mut tx).await?)
    } else {
        match served::zone(&mut tx, name).await? {
            Some(zone) => served::head(&mut tx, &zone).await?,
            None => return Ok(None),
        }
    };
    Ok(head.first().and_then(rr::record))
}

fn is_catalog(catalog: &str, name: &str) -> bool {
    !catalog.is_empty() && catalog == name
}

impl Source {
    /// The zone of that name, as it is now; none where there is no such zone.
    pub(super) async fn open(db: &Db, catalog: &str, name: &str) -> Result<Option<Source>> {
        let mut tx = db.snapshot().await?;
        if is_catalog(catalog, name) {
            let what = What::Catalog { name: name.to_owned(), after: None, over: false };
            return Ok(Some(Source { tx, what }));
        }
        let Some(zone) = served::zone(&mut tx, name).await? else {
            tx.commit().await?;
            return Ok(None);
        };
        Ok(Some(Source { tx, what: What::Zone { zone, next: Some(Cursor::default()) } }))
    }

    /// The next records, the SOA record first of all; none at the end. What can't be sent is left out.
    pub(super) async fn page(&mut self) -> Result<Option<Vec<Record>>> {
        let page: Vec<ResourceRecord> = match &mut self.what {
            What::Zone { zone, next } => {
                let Some(from) = *next else { return Ok(None) };
                let (page, following) = served::records(&mut self.tx, zone, from, PAGE).await?;
                *next = following;
                page
            }
            What::Catalog { over: true, .. } => return Ok(None),
            What::Catalog { name, after: after @ None, .. } => {
                *after = Some(String::new());
                catalog::head(name, registry::dns::catalog::serial(&mut self.tx).await?)
            }
            What::Catalog { name, after: Some(after), over } => {
                let zones = served::zones(&mut self.tx, after, PAGE).await?;
                match zones.last() {
                    Some(last) => after.clone_from(&last.name),
                    None => *over = true,
                }
                // A zone of its own name can't be served beside it, nor be a member of it.
                zones.iter().filter(|zone| zone.name != *name).map(|zone| catalog::member(name, zone)).collect()
            }
        };
        let read = page.iter().filter_map(|from| {
            let made = rr::record(from);
            if made.is_none() {
                tracing::error!(name = from.name, rr_type = from.rr_type, "a DNS record can't be sent and is left out");
            }
            made
        });
        Ok(Some(read.collect()))
    }

    /// Ends the reading.
    pub(super) async fn close(self) -> Result<()> {
        Ok(self.tx.commit().await?)
    }
}
