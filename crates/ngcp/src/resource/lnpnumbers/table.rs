//! Ported numbers as comma-separated values, in and out, piece by piece.

use std::collections::HashMap;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header;
use futures_util::{StreamExt as _, stream};
use registry::id::LnpImportId;
use registry::listing::{self, Condition, Query};
use registry::lnp::carrier::Carrier;
use registry::lnp::import::{LnpImport, State};
use registry::lnp::intake::Intake;
use registry::lnp::number::{self, LnpNumber};
use registry::lnp::period;
use registry::{Caller, Clock, Error, Result, lnp, record};
use store::{Db, Tx};

use super::LNPNUMBERS;
use crate::kernel::flow::{Flow, WAIT};
use crate::kernel::list::conditions;
use crate::kernel::table::head;
use crate::kernel::{Failure, Outcome, Refusal, Reply};

/// The rows of a piece that is given out.
const ROWS: i64 = 2_000;
/// How often a file that does not go on is said to be still coming.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// Longest silence in the middle of a file.
const SILENCE: u32 = 6;
/// Complaints in one message.
const MOST_COMPLAINTS: usize = 10;

/// Takes a file in. The work goes on when the sender is gone: then the import is given up.
pub(super) async fn take_in(flow: Flow<'_>) -> Outcome<Reply> {
    let (db, clock) = (flow.state.ordering.db().clone(), flow.state.ordering.clock().clone());
    let (caller, purge) = (flow.caller.clone(), flow.params.is_true("purge_existing"));
    let taking = tokio::spawn(stage(db.clone(), clock.clone(), caller, purge, flow.body));
    let id = taking.await.map_err(|error| Error::Internal(format!("import: {error}")))??;
    flow.state.ordering.wake();
    let location = format!("/api/lnpimports/{id}");
    let status = match flow.call.wants_no_wait() {
        true => 202,
        false => match tokio::time::timeout(WAIT, publish(&db, &clock, id)).await {
            Ok(published) => published.map(|()| 201)?,
            Err(_) => 202,
        },
    };
    Ok(Reply::status(status).header(header::LOCATION, location))
}

/// Stages the file, and hands it over where it is good.
async fn stage(db: Db, clock: Clock, caller: Caller, purge: bool, body: Body) -> Outcome<LnpImportId> {
    let mut intake = Intake::begin(&db, &clock, &caller, purge).await?;
    match feed(&mut intake, body).await {
        Ok(true) => Ok(intake.publish().await?),
        Ok(false) => {
            let bad = intake.bad();
            let mut complaints: Vec<String> =
                intake.complaints().iter().take(MOST_COMPLAINTS).map(ToString::to_string).collect();
            if bad > complaints.len() as u64 {
                complaints.push(format!("{bad} of {} lines are bad", intake.rows()));
            }
            let message = complaints.join("; ");
            intake.give_up(&message).await?;
            Err(Refusal::new(422, message).into())
        }
        Err(failure) => {
            let why = match &failure {
                Failure::Refused(refusal) => refusal.message.clone(),
                Failure::Registry(error) => error.public_message(),
                Failure::Later(_) => String::new(),
            };
            intake.give_up(&why).await?;
            Err(failure)
        }
    }
}

/// Reads the file to its end: whether all of it is good.
async fn feed(intake: &mut Intake, body: Body) -> Outcome<bool> {
    let mut pieces = body.into_data_stream();
    let mut silence = 0;
    loop {
        match tokio::time::timeout(HEARTBEAT, pieces.next()).await {
            Ok(Some(Ok(piece))) => {
                silence = 0;
                intake.feed(&piece).await?;
            }
            Ok(None) => return Ok(intake.finish().await?),
            Ok(Some(Err(_))) => {
                return Err(Refusal::new(413, "The body did not arrive whole, or is larger than 2 GiB.").into());
            }
            Err(_) if silence < SILENCE => {
                silence += 1;
                intake.wait().await?;
            }
            Err(_) => return Err(Refusal::new(408, "The body did not go on.").into()),
        }
    }
}

/// Helps with what is left to do until all of it holds.
async fn publish(db: &Db, clock: &Clock, id: LnpImportId) -> Result<()> {
    let system = Caller::system("lnp");
    loop {
        let import: LnpImport = record::get(&mut db.reader(), &system, id.0).await?;
        if import.state == State::Done {
            return Ok(());
        }
        let now = clock.now();
        registry::transaction!(db, |tx| lnp::step(tx, now, id).await)?;
    }
}

/// A file on its way out.
struct Outgoing {
    db: Db,
    caller: Caller,
    conditions: Vec<Condition>,
    /// Which generation of numbers is given out.
    generation: i64,
    carriers: HashMap<i64, Carrier>,
    /// The last row that has been given out; none: the end is reached.
    after: Option<i64>,
}

/// All numbers that the query asks for.
pub(super) async fn give_out(flow: Flow<'_>) -> Outcome<Reply> {
    let db = flow.state.ordering.db().clone();
    let generation = number::generation(&mut db.reader()).await?;
    let conditions = conditions(&LNPNUMBERS, &number::ALL, flow.params, flow.now);
    let caller = flow.caller.clone();
    let outgoing = Outgoing { db, caller, conditions, generation, carriers: HashMap::new(), after: Some(0) };
    let pieces = stream::try_unfold(outgoing, |mut outgoing| async move {
        let piece = outgoing.piece().await.inspect_err(|error| tracing::warn!(%error, "LNP numbers not given out"))?;
        Ok::<_, Error>(piece.map(|piece| (piece, outgoing)))
    });
    Ok(head("lnp_list.csv").stream(Body::from_stream(pieces)))
}

impl Outgoing {
    async fn piece(&mut self) -> Result<Option<Bytes>> {
        let Some(after) = self.after else { return Ok(None) };
        let mut tx = self.db.reader();
        let mut conditions = self.conditions.clone();
        conditions.push(Condition::Above("id", after.into()));
        let query = Query { conditions, limit: ROWS, ..Query::default() };
        let page = listing::page(&mut tx, &self.caller, &number::ALL, &query).await?;
        let numbers: Vec<LnpNumber> = record::load(&mut tx, &page.ids).await?;
        if number::generation(&mut tx).await? != self.generation {
            return Err(Error::Conflict("other numbers have taken the place of those that were given out".to_owned()));
        }
        self.after = page.ids.last().copied().filter(|_| page.more);
        self.meet(&mut tx, &numbers).await?;
        let mut csv = csv::Writer::from_writer(Vec::new());
        for number in &numbers {
            if let Some(carrier) = self.carriers.get(&number.carrier_id.0) {
                csv.write_record(row(number, carrier)).map_err(|error| Error::Internal(error.to_string()))?;
            }
        }
        let bytes = csv.into_inner().map_err(|error| Error::Internal(error.to_string()))?;
        Ok(Some(bytes.into()))
    }

    /// Reads the carriers of these numbers that are not known yet.
    async fn meet(&mut self, tx: &mut Tx, numbers: &[LnpNumber]) -> Result<()> {
        let mut ids: Vec<i64> = numbers.iter().map(|number| number.carrier_id.0).collect();
        ids.retain(|id| !self.carriers.contains_key(id));
        ids.sort_unstable();
        ids.dedup();
        let carriers: Vec<Carrier> = record::load(tx, &ids).await?;
        self.carriers.extend(carriers.into_iter().map(|carrier| (carrier.id.0, carrier)));
        Ok(())
    }
}

fn row(number: &LnpNumber, carrier: &Carrier) -> [String; 9] {
    let flag = |on: bool| if on { "1" } else { "0" }.to_owned();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        carrier.name.clone(),
        carrier.prefix.clone(),
        number.number.clone(),
        text(&number.routing_number),
        number.start_at.map(period::exact_start).unwrap_or_default(),
        number.end_at.map(period::exact_end).unwrap_or_default(),
        flag(carrier.authoritative),
        flag(carrier.skip_rewrite),
        text(&number.kind),
    ]
}
