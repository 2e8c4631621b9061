//! What differs between the versions of the crate, behind one name each.

use orderbook_rs::{
    FileJournal, Journal, OrderBook, OrderBookError, OrderBookSnapshot, SequencerEvent, SequencerResult,
};
use pricelevel::Id;
use serde_json::Value;

use crate::Failure;

/// Extra fields are any JSON, as an application without a type of its own for them has it.
pub type Extra = Value;
pub type Event = SequencerEvent<Extra>;
pub type Book = OrderBook<Extra>;
pub type Store = FileJournal<Extra>;

#[cfg(feature = "committed")]
pub fn last_sequence(journal: &Store) -> Result<Option<u64>, Failure> {
    Ok(journal.last_sequence()?)
}

#[cfg(not(feature = "committed"))]
pub fn last_sequence(journal: &Store) -> Result<Option<u64>, Failure> {
    Ok(journal.last_sequence())
}

#[cfg(feature = "committed")]
pub fn snapshot(book: &Book) -> Result<OrderBookSnapshot, Failure> {
    Ok(book.create_snapshot(usize::MAX)?)
}

#[cfg(not(feature = "committed"))]
pub fn snapshot(book: &Book) -> Result<OrderBookSnapshot, Failure> {
    Ok(book.create_snapshot(usize::MAX))
}

/// The result of a command that the book refused, as an application on this version records it.
#[cfg(feature = "coded")]
pub fn rejected(error: &OrderBookError) -> SequencerResult {
    SequencerResult::from(error)
}

#[cfg(not(feature = "coded"))]
pub fn rejected(error: &OrderBookError) -> SequencerResult {
    SequencerResult::Rejected { reason: error.to_string() }
}

/// The result of a command on an order that is not in the book. The crate answers `Ok(None)`, so the text is that of the
/// program that wrote the golden journals.
pub fn not_found(id: Id) -> SequencerResult {
    #[cfg(feature = "coded")]
    return rejected(&OrderBookError::OrderNotFound(id.to_string()));
    #[cfg(not(feature = "coded"))]
    SequencerResult::Rejected { reason: format!("order not found: {id}") }
}
