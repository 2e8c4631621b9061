//! One event at least for every variant and every optional field that this version of the crate can write.

use std::io::{self, Write};
use std::str::FromStr;

use orderbook_rs::{Journal, SequencerCommand, SequencerResult};
use pricelevel::{
    Hash32, Id, OrderType, OrderUpdate, PegReferenceType, Price, Quantity, Side, TimeInForce, TimestampMs,
};
use serde_json::json;

use crate::Failure;
use crate::engine::{Event, Extra};
use crate::journal::{open, segment_size};

const FIRST_SEQUENCE: u64 = 0;
const TIMESTAMP_NS: u64 = u64::MAX - 1_000;

/// Appends the events and prints each as the crate writes it.
pub fn write(directory: &str, options: &[&str]) -> Result<(), Failure> {
    let journal = open(directory, segment_size(options)?)?;
    let mut out = io::stdout().lock();
    let commands = commands()?;
    let results = results()?;
    for index in 0..commands.len().max(results.len()) {
        let number = u64::try_from(index)?;
        let event = Event {
            sequence_num: FIRST_SEQUENCE + number,
            timestamp_ns: TIMESTAMP_NS + number,
            command: commands[index % commands.len()].clone(),
            result: results[index % results.len()].clone(),
        };
        journal.append(&event)?;
        writeln!(out, "{}", serde_json::to_string(&event)?)?;
    }
    Ok(())
}

/// A UUID, a ULID, and the smallest and largest number.
const IDS: [&str; 4] =
    ["550e8400-e29b-41d4-a716-446655440000", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "0", "18446744073709551615"];

fn id(index: usize) -> Result<Id, Failure> {
    Ok(Id::from_str(IDS[index % IDS.len()])?)
}

fn commands() -> Result<Vec<SequencerCommand<Extra>>, Failure> {
    let mut commands = vec![
        SequencerCommand::CancelAll,
        SequencerCommand::CancelBySide { side: Side::Buy },
        SequencerCommand::CancelByUser { user_id: Hash32::new([0xab; 32]) },
        SequencerCommand::CancelByPriceRange { side: Side::Sell, min_price: 0, max_price: u128::MAX },
        SequencerCommand::MarketOrder { id: id(0)?, quantity: u64::MAX, side: Side::Sell },
        #[cfg(feature = "by-amount")]
        SequencerCommand::MarketOrderByAmount { id: id(1)?, amount: u128::MAX, side: Side::Buy },
        #[cfg(feature = "evict")]
        SequencerCommand::EvictExpiredOrders { now_ms: TimestampMs::new(u64::MAX) },
    ];
    for index in 0..IDS.len() {
        commands.push(SequencerCommand::CancelOrder(id(index)?));
    }
    commands.extend(updates()?.into_iter().map(SequencerCommand::UpdateOrder));
    commands.extend(orders()?.into_iter().map(SequencerCommand::AddOrder));
    Ok(commands)
}

fn updates() -> Result<Vec<OrderUpdate>, Failure> {
    let (new_price, new_quantity) = (Price::new(u128::MAX), Quantity::new(0));
    Ok(vec![
        OrderUpdate::UpdatePrice { order_id: id(0)?, new_price },
        OrderUpdate::UpdateQuantity { order_id: id(1)?, new_quantity },
        OrderUpdate::UpdatePriceAndQuantity { order_id: id(2)?, new_price, new_quantity },
        OrderUpdate::Cancel { order_id: id(3)? },
        OrderUpdate::Replace { order_id: id(0)?, price: new_price, quantity: new_quantity, side: Side::Buy },
    ])
}

/// Every kind of order with every time in force, both sides and every kind of extra field.
fn orders() -> Result<Vec<OrderType<Extra>>, Failure> {
    let times =
        [TimeInForce::Gtc, TimeInForce::Ioc, TimeInForce::Fok, TimeInForce::Gtd(u64::MAX), TimeInForce::Day];
    let pegs = [
        PegReferenceType::BestBid,
        PegReferenceType::BestAsk,
        PegReferenceType::MidPrice,
        PegReferenceType::LastTrade,
    ];
    let extras = [
        json!(null),
        json!({ "tag": "é😀\"\\\u{1}\u{7f}", "nested": [1, -1, i64::MIN, u64::MAX, true, {}] }),
        json!([0.1, 1.0, -0.0, 1e-6, 2.5e-7, 123456.789]),
    ];
    let mut orders = Vec::new();
    for index in 0..times.len() * pegs.len() {
        let (id, price) = (id(index)?, Price::new(u128::MAX - index as u128));
        let (quantity, visible_quantity, hidden_quantity) =
            (Quantity::new(u64::MAX), Quantity::new(1), Quantity::new(0));
        let side = if index % 2 == 0 { Side::Buy } else { Side::Sell };
        let user_id = Hash32::new([u8::try_from(index)?; 32]);
        let timestamp = TimestampMs::new(u64::MAX);
        let time_in_force = times[index % times.len()];
        let extra_fields = extras[index % extras.len()].clone();
        orders.push(match index % 7 {
            0 => OrderType::Standard {
                id,
                price,
                quantity,
                side,
                user_id,
                timestamp,
                time_in_force,
                extra_fields,
            },
            1 => OrderType::IcebergOrder {
                id,
                price,
                visible_quantity,
                hidden_quantity,
                side,
                user_id,
                timestamp,
                time_in_force,
                extra_fields,
            },
            2 => OrderType::PostOnly {
                id,
                price,
                quantity,
                side,
                user_id,
                timestamp,
                time_in_force,
                extra_fields,
            },
            3 => OrderType::TrailingStop {
                id,
                price,
                quantity,
                side,
                user_id,
                timestamp,
                time_in_force,
                extra_fields,
                trail_amount: Quantity::new(7),
                last_reference_price: Price::new(9),
            },
            4 => OrderType::PeggedOrder {
                id,
                price,
                quantity,
                side,
                user_id,
                timestamp,
                time_in_force,
                extra_fields,
                reference_price_offset: if index < 7 { i64::MIN } else { i64::MAX },
                reference_price_type: pegs[index % pegs.len()],
            },
            5 => OrderType::MarketToLimit {
                id,
                price,
                quantity,
                side,
                user_id,
                timestamp,
                time_in_force,
                extra_fields,
            },
            _ => OrderType::ReserveOrder {
                id,
                price,
                visible_quantity,
                hidden_quantity,
                side,
                user_id,
                timestamp,
                time_in_force,
                extra_fields,
                replenish_threshold: Quantity::new(3),
                // A NonZeroU64 in some versions and a Quantity in others: serde knows which.
                replenish_amount: serde_json::from_value(if index < 7 {
                    json!(null)
                } else {
                    json!(u64::MAX)
                })?,
                auto_replenish: index < 7,
            },
        });
    }
    Ok(orders)
}

fn results() -> Result<Vec<SequencerResult>, Failure> {
    let mut results = vec![
        SequencerResult::OrderAdded { order_id: id(0)? },
        SequencerResult::OrderCancelled { order_id: id(1)? },
        SequencerResult::OrderUpdated { order_id: id(2)? },
        SequencerResult::Rejected { reason: "é😀 \"\\\u{0}\u{1f}\u{7f}\u{2028}\n".into() },
        mass_cancelled(json!({ "cancelled_count": 0, "cancelled_order_ids": [] }))?,
        mass_cancelled(json!({ "cancelled_count": 4, "cancelled_order_ids": IDS }))?,
    ];
    for text in TRADE_RESULTS {
        results.push(SequencerResult::TradeExecuted { trade_result: serde_json::from_str(text)? });
    }
    #[cfg(feature = "coded")]
    results.extend(coded::results());
    #[cfg(feature = "committed")]
    results.extend(committed::results()?);
    Ok(results)
}

fn mass_cancelled(result: serde_json::Value) -> Result<SequencerResult, Failure> {
    // The crate has no constructor for it.
    Ok(SequencerResult::MassCancelled { result: serde_json::from_value(result)? })
}

/// Texts, because a `Value` holds no u128. Each version ignores the members that it does not know.
const TRADE_RESULTS: [&str; 6] = [
    r#"{"symbol":"ÅB-\"q\"/USD😀","match_result":{"order_id":"90","trades":{"trades":[
        {"trade_id":"1","taker_order_id":"90","maker_order_id":"10","price":340282366920938463463374607431768211455,
         "quantity":3,"taker_side":"BUY","timestamp":18446744073709551615},
        {"trade_id":"550e8400-e29b-41d4-a716-446655440000","taker_order_id":"90","maker_order_id":"11","price":0,
         "quantity":4,"taker_side":"BUY","timestamp":0}]},
        "remaining_quantity":0,"is_complete":true,"filled_order_ids":["10","11"],"outcome":"filled","error":null},
        "total_maker_fees":-170141183460469231731687303715884105728,
        "total_taker_fees":170141183460469231731687303715884105727,"engine_seq":18446744073709551615,
        "quote_notional":340282366920938463463374607431768211455,"origin_stop_id":null}"#,
    r#"{"symbol":"S","match_result":{"order_id":"90","trades":{"trades":[
        {"trade_id":"1","taker_order_id":"90","maker_order_id":"10","price":1,"quantity":3,"taker_side":"SELL","timestamp":1}]},
        "remaining_quantity":18446744073709551612,"is_complete":false,"filled_order_ids":[],"outcome":"partially_filled",
        "error":{"InvalidOperation":{"message":"stopped"}}},
        "total_maker_fees":0,"total_taker_fees":0,"engine_seq":0,"quote_notional":3,
        "origin_stop_id":"01ARZ3NDEKTSV4RRFFQ69G5FAV"}"#,
    r#"{"symbol":"","match_result":{"order_id":"90","trades":{"trades":[]},"remaining_quantity":1,"is_complete":false,
        "filled_order_ids":[],"outcome":"not_filled","error":"InvalidFormat"},
        "total_maker_fees":0,"total_taker_fees":0,"engine_seq":0,"quote_notional":0}"#,
    r#"{"symbol":"","match_result":{"order_id":"90","trades":{"trades":[]},"remaining_quantity":1,"is_complete":false,
        "filled_order_ids":[],"outcome":"killed"},
        "total_maker_fees":0,"total_taker_fees":0,"engine_seq":0,"quote_notional":0}"#,
    r#"{"symbol":"","match_result":{"order_id":"90","trades":{"trades":[]},"remaining_quantity":1,"is_complete":false,
        "filled_order_ids":[],"outcome":"rejected"},
        "total_maker_fees":0,"total_taker_fees":0,"engine_seq":0,"quote_notional":0}"#,
    r#"{"symbol":"","match_result":{"order_id":"90","trades":{"trades":[]},"remaining_quantity":0,"is_complete":true,
        "filled_order_ids":[],"outcome":"filled"},
        "total_maker_fees":0,"total_taker_fees":0,"engine_seq":0,"quote_notional":0}"#,
];

#[cfg(feature = "coded")]
mod coded {
    use orderbook_rs::{OrderBookError, RejectReason, STPMode, SequencerResult};

    /// Rejections as the crate makes them from its own errors, and those it does not make.
    pub fn results() -> Vec<SequencerResult> {
        let mut results = vec![
            SequencerResult::from(&OrderBookError::KillSwitchActive),
            SequencerResult::from(&OrderBookError::OrderNotFound("12".into())),
        ];
        for stp_mode in [
            None,
            Some(STPMode::None),
            Some(STPMode::CancelTaker),
            Some(STPMode::CancelMaker),
            Some(STPMode::CancelBoth),
        ] {
            results.push(SequencerResult::RejectedWithCode {
                reason: "é\"".into(),
                code: RejectReason::Other(u16::MAX),
                may_have_mutated: stp_mode.is_some(),
                stp_mode,
            });
        }
        results
    }
}

#[cfg(feature = "committed")]
mod committed {
    use orderbook_rs::{CommittedPrefix, CommittedTrade, MassCancelFailure, RejectReason, SequencerResult};
    use pricelevel::{CapacityResource, ExhaustedCounter, Price, PriceLevelError, Quantity, Side};
    use serde_json::json;

    use super::{id, mass_cancelled};
    use crate::Failure;

    pub fn results() -> Result<Vec<SequencerResult>, Failure> {
        let trade = CommittedTrade {
            trade_id: id(0)?,
            maker_order_id: id(1)?,
            price: Price::new(u128::MAX),
            quantity: Quantity::new(u64::MAX),
        };
        let mut results: Vec<SequencerResult> = [
            CommittedPrefix::default(),
            CommittedPrefix { executed_quantity: u64::MAX, trades: vec![trade, trade] },
        ]
        .into_iter()
        .map(|committed| SequencerResult::MatchAborted {
            reason: "é\"".into(),
            code: RejectReason::MatchAborted,
            committed,
        })
        .collect();
        for failure in failures()? {
            // `#[non_exhaustive]` and private constructors: through serde.
            results.push(mass_cancelled(json!({
                "cancelled_count": 1, "cancelled_order_ids": ["7"], "failures": [failure],
            }))?);
        }
        Ok(results)
    }

    /// The three kinds of failure with every error of a price level.
    fn failures() -> Result<Vec<serde_json::Value>, Failure> {
        let message = || String::from("é\"");
        let errors = [
            PriceLevelError::ParseError { message: message() },
            PriceLevelError::InvalidFormat,
            PriceLevelError::UnknownOrderType(message()),
            PriceLevelError::MissingField(message()),
            PriceLevelError::DuplicateOrderId(message()),
            PriceLevelError::InvalidFieldValue { field: message(), value: message() },
            PriceLevelError::InvalidOperation { message: message() },
            PriceLevelError::SerializationError { message: message() },
            PriceLevelError::DeserializationError { message: message() },
            PriceLevelError::ChecksumMismatch { expected: message(), actual: message() },
            PriceLevelError::EntropyUnavailable { message: message() },
            PriceLevelError::CapacityExceeded { resource: CapacityResource::Trades, additional: usize::MAX },
            PriceLevelError::CapacityExceeded {
                resource: CapacityResource::SerializationBuffer,
                additional: 0,
            },
            PriceLevelError::CounterExhausted { counter: ExhaustedCounter::OrdersAdded },
            PriceLevelError::CounterExhausted { counter: ExhaustedCounter::StatisticsSequence },
        ];
        let mut failures = Vec::new();
        for (index, error) in errors.into_iter().enumerate() {
            failures.push(match index % 3 {
                0 => json!({ "level_unreadable": { "side": Side::Buy, "price": u64::MAX, "error": error } }),
                1 => json!({ "order_cancel_failed": { "order_id": id(index)?, "error": error } }),
                _ => json!({ "level_fault_after_removal": { "order_id": id(index)?, "error": error } }),
            });
        }
        // The names are the crate's own: what it reads, it has.
        for failure in &failures {
            serde_json::from_value::<MassCancelFailure>(failure.clone())?;
        }
        Ok(failures)
    }
}
