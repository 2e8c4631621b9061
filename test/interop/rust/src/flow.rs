//! An order flow through a real book, journaled as an application on the crate would.

use std::io::{self, BufRead, Write};
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use orderbook_rs::{
    Clock, FeeSchedule, Journal, OrderBook, OrderBookError, STPMode, SequencerCommand, SequencerResult,
    TradeResult,
};
use pricelevel::{Id, OrderUpdate, Side, TimestampMs};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Failure;
use crate::engine::{self, Book, Event, Extra};
use crate::journal::{open, option, segment_size};

const NANOS_PER_MILLI: u64 = 1_000_000;

/// A line of stdin: a command with its place in the journal, or a wish for a snapshot.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Snapshot {
        #[allow(dead_code)]
        snapshot: bool,
    },
    Command(Box<Numbered>),
}

#[derive(Deserialize)]
struct Numbered {
    sequence_num: u64,
    timestamp_ns: u64,
    #[allow(dead_code)]
    command: Value,
}

/// The same line again, for its command: an untagged enum cannot hold a u128.
#[derive(Deserialize)]
struct Command {
    command: SequencerCommand<Extra>,
}

/// Executes the commands of stdin on a book, appends each event, unless the directory is `-`, and prints it as the crate writes it. `{"snapshot":true}`
/// prints `{"snapshot"}` instead; so does the end of stdin.
///
/// Options: `--symbol S`, `--namespace UUID` (trade ids), `--fees MAKER,TAKER` (basis points), `--stp MODE`,
/// `--tick-size N`, `--lot-size N`, `--min-size N`, `--max-size N`, `--market-close MS`, `--segment-size N`.
pub fn run(directory: &str, options: &[&str]) -> Result<(), Failure> {
    let journal = if directory == "-" { None } else { Some(open(directory, segment_size(options)?)?) };
    let desk = Desk::new(options)?;
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line = line?;
        match serde_json::from_str(&line)? {
            Line::Snapshot { .. } => print_snapshot(&mut out, &desk.book)?,
            Line::Command(numbered) => {
                let Command { command } = serde_json::from_str(&line)?;
                let Numbered { sequence_num, timestamp_ns, .. } = *numbered;
                let result = desk.execute(&command, timestamp_ns);
                let event = Event { sequence_num, timestamp_ns, command, result };
                if let Some(journal) = &journal {
                    journal.append(&event)?;
                }
                writeln!(out, "{}", serde_json::to_string(&event)?)?;
            }
        }
        out.flush()?;
    }
    print_snapshot(&mut out, &desk.book)
}

/// Executes the commands of a journal on a new book and compares: `{"seq","json"}` for every event whose result is
/// another one than the stored, with the event as this book gives it; at the end `{"snapshot"}`.
pub fn replay(directory: &str, options: &[&str]) -> Result<(), Failure> {
    let journal = open(directory, segment_size(options)?)?;
    let desk = Desk::new(options)?;
    let mut out = io::stdout().lock();
    for entry in journal.read_from(0)? {
        let stored = entry?.event;
        let mut event = stored.clone();
        event.result = desk.execute(&stored.command, stored.timestamp_ns);
        let text = serde_json::to_string(&event)?;
        if text != serde_json::to_string(&stored)? {
            writeln!(out, "{}", json!({ "seq": stored.sequence_num.to_string(), "json": text }))?;
        }
    }
    print_snapshot(&mut out, &desk.book)
}

fn print_snapshot(out: &mut impl Write, book: &Book) -> Result<(), Failure> {
    // Formatted, not `json!`: a Value cannot hold a u128.
    writeln!(out, "{{\"snapshot\":{}}}", serde_json::to_string(&engine::snapshot(book)?)?)?;
    Ok(())
}

/// A clock that stands at the time of the command.
#[derive(Debug, Default)]
struct CommandClock(AtomicU64);

impl Clock for CommandClock {
    fn now_millis(&self) -> TimestampMs {
        TimestampMs::new(self.0.load(Ordering::Relaxed))
    }
}

/// A book, its clock, and the trades of the command that it executes.
struct Desk {
    book: Book,
    clock: Arc<CommandClock>,
    trades: Arc<Mutex<Vec<TradeResult>>>,
}

impl Desk {
    fn new(options: &[&str]) -> Result<Self, Failure> {
        let clock = Arc::new(CommandClock::default());
        let symbol = option(options, "--symbol").unwrap_or("BTC-USD");
        let mut book: Book = OrderBook::with_clock(symbol, clock.clone());
        configure(&mut book, options)?;
        let trades = Arc::new(Mutex::new(Vec::new()));
        let heard = trades.clone();
        book.set_trade_listener(Arc::new(move |trade: &TradeResult| {
            heard.lock().unwrap_or_else(PoisonError::into_inner).push(trade.clone());
        }));
        Ok(Self { book, clock, trades })
    }

    fn execute(&self, command: &SequencerCommand<Extra>, timestamp_ns: u64) -> SequencerResult {
        self.clock.0.store(timestamp_ns / NANOS_PER_MILLI, Ordering::Relaxed);
        self.take_trades();
        match command {
            SequencerCommand::AddOrder(order) => self.add(order),
            SequencerCommand::CancelOrder(id) => match self.book.cancel_order(*id) {
                Ok(Some(_)) => SequencerResult::OrderCancelled { order_id: *id },
                Ok(None) => engine::not_found(*id),
                Err(error) => engine::rejected(&error),
            },
            SequencerCommand::UpdateOrder(update) => self.update(update),
            SequencerCommand::MarketOrder { id, quantity, side } => self.market(*id, *quantity, *side),
            #[cfg(feature = "by-amount")]
            SequencerCommand::MarketOrderByAmount { id, amount, side } => {
                self.market_by_amount(*id, *amount, *side)
            }
            SequencerCommand::CancelAll => mass(self.book.cancel_all_orders()),
            SequencerCommand::CancelBySide { side } => mass(self.book.cancel_orders_by_side(*side)),
            SequencerCommand::CancelByUser { user_id } => mass(self.book.cancel_orders_by_user(*user_id)),
            SequencerCommand::CancelByPriceRange { side, min_price, max_price } => {
                mass(self.book.cancel_orders_by_price_range(*side, *min_price, *max_price))
            }
            #[cfg(feature = "evict")]
            SequencerCommand::EvictExpiredOrders { now_ms } => self.evict(*now_ms),
            #[allow(unreachable_patterns)]
            _ => SequencerResult::Rejected { reason: "not a command of this version".into() },
        }
    }

    fn update(&self, update: &OrderUpdate) -> SequencerResult {
        let id = match update {
            OrderUpdate::UpdatePrice { order_id, .. }
            | OrderUpdate::UpdateQuantity { order_id, .. }
            | OrderUpdate::UpdatePriceAndQuantity { order_id, .. }
            | OrderUpdate::Cancel { order_id }
            | OrderUpdate::Replace { order_id, .. } => *order_id,
        };
        match self.book.update_order(*update) {
            Ok(Some(_)) => self.executed().unwrap_or(SequencerResult::OrderUpdated { order_id: id }),
            Ok(None) => engine::not_found(id),
            Err(error) => self.refused(&error),
        }
    }

    /// The trades of this command, if there were any.
    fn executed(&self) -> Option<SequencerResult> {
        let trade_result = self.take_trades().into_iter().next()?;
        Some(SequencerResult::TradeExecuted { trade_result })
    }

    /// The result of a command that failed. An immediate order that could not be filled has traded as far as it went: from
    /// 0.13 on the crate records that as a rejection that may have changed the book, before that an application had only
    /// its trades to record, as the program that wrote the golden journals did.
    fn refused(&self, error: &OrderBookError) -> SequencerResult {
        #[cfg(feature = "coded")]
        return engine::rejected(error);
        #[cfg(not(feature = "coded"))]
        self.executed().unwrap_or_else(|| engine::rejected(error))
    }

    fn take_trades(&self) -> Vec<TradeResult> {
        std::mem::take(&mut *self.trades.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn nothing_executed(&self) -> SequencerResult {
        SequencerResult::Rejected { reason: "the book reported success without a trade".into() }
    }
}

#[cfg(not(feature = "committed"))]
impl Desk {
    fn add(&self, order: &pricelevel::OrderType<Extra>) -> SequencerResult {
        match self.book.add_order(order.clone()) {
            Ok(_) => self.executed().unwrap_or(SequencerResult::OrderAdded { order_id: order.id() }),
            Err(error) => self.refused(&error),
        }
    }

    fn market(&self, id: Id, quantity: u64, side: Side) -> SequencerResult {
        match self.book.submit_market_order(id, quantity, side) {
            Ok(_) => self.executed().unwrap_or_else(|| self.nothing_executed()),
            Err(error) => self.refused(&error),
        }
    }

    #[cfg(feature = "by-amount")]
    fn market_by_amount(&self, id: Id, amount: u128, side: Side) -> SequencerResult {
        match self.book.submit_market_order_by_amount(id, amount, side) {
            Ok(_) => self.executed().unwrap_or_else(|| self.nothing_executed()),
            Err(error) => self.refused(&error),
        }
    }

    #[cfg(feature = "evict")]
    fn evict(&self, now_ms: TimestampMs) -> SequencerResult {
        let ids: Vec<String> =
            self.book.evict_expired_orders(now_ms).iter().map(|order| order.id().to_string()).collect();
        // The crate has no constructor for this; an application goes through serde, too.
        let result = json!({ "cancelled_count": ids.len(), "cancelled_order_ids": ids });
        mass(serde_json::from_value(result).expect("a mass cancel result"))
    }
}

#[cfg(feature = "committed")]
impl Desk {
    fn add(&self, order: &pricelevel::OrderType<Extra>) -> SequencerResult {
        match self.book.add_order_with_committed(order.clone()) {
            Ok(_) => self.executed().unwrap_or(SequencerResult::OrderAdded { order_id: order.id() }),
            Err(failure) => failed(&failure),
        }
    }

    fn market(&self, id: Id, quantity: u64, side: Side) -> SequencerResult {
        match self.book.submit_market_order_with_committed(id, quantity, side) {
            Ok(_) => self.executed().unwrap_or_else(|| self.nothing_executed()),
            Err(failure) => failed(&failure),
        }
    }

    fn market_by_amount(&self, id: Id, amount: u128, side: Side) -> SequencerResult {
        match self.book.submit_market_order_by_amount_with_committed(id, amount, side) {
            Ok(_) => self.executed().unwrap_or_else(|| self.nothing_executed()),
            Err(failure) => failed(&failure),
        }
    }

    fn evict(&self, now_ms: TimestampMs) -> SequencerResult {
        match self.book.evict_expired_orders(now_ms) {
            Ok(evicted) => mass(evicted.into_mass_cancel_result()),
            Err(error) => engine::rejected(&error),
        }
    }
}

#[cfg(feature = "committed")]
fn failed(failure: &orderbook_rs::SubmitFailure) -> SequencerResult {
    SequencerResult::from_submit_failure(failure).unwrap_or_else(|_| engine::rejected(&failure.error))
}

fn mass(result: orderbook_rs::MassCancelResult) -> SequencerResult {
    SequencerResult::MassCancelled { result }
}

fn configure(book: &mut Book, options: &[&str]) -> Result<(), Failure> {
    #[cfg(feature = "namespace")]
    if let Some(namespace) = option(options, "--namespace") {
        book.set_trade_id_namespace(uuid::Uuid::from_str(namespace)?);
    }
    if let Some((maker, taker)) = option(options, "--fees").and_then(|fees| fees.split_once(',')) {
        book.set_fee_schedule(Some(FeeSchedule::new(maker.parse()?, taker.parse()?)));
    }
    if let Some(mode) = option(options, "--stp") {
        book.set_stp_mode(serde_json::from_value::<STPMode>(mode.into())?);
    }
    if let Some(size) = option(options, "--tick-size") {
        book.set_tick_size(size.parse()?);
    }
    if let Some(size) = option(options, "--lot-size") {
        book.set_lot_size(size.parse()?);
    }
    if let Some(size) = option(options, "--min-size") {
        book.set_min_order_size(size.parse()?);
    }
    if let Some(size) = option(options, "--max-size") {
        book.set_max_order_size(size.parse()?);
    }
    if let Some(time) = option(options, "--market-close") {
        book.set_market_close_timestamp(u64::from_str(time)?);
    }
    Ok(())
}
