import type { OrderBookCommand, OrderBookResult, Sequencer, SequencerEvent } from 'nestjs-file-journal';
import type { OrderBook } from '../order-book/index.js';

/** The way commands take to the order book. */
export type OrderBookSequencer = Sequencer<OrderBookCommand, OrderBookResult, OrderBook>;

/** A command that was journaled, with its place, its time and what came of it. */
export type OrderBookEvent = SequencerEvent<OrderBookCommand, OrderBookResult>;
