import type { Sequencer, SequencerEvent } from 'nestjs-file-journal';
import type { OrderBookCommand, OrderBookResult } from 'nestjs-file-journal/order-book';
import type { OrderBook } from '../order-book/index.js';

/** The way commands take to the order book. */
export type OrderBookSequencer = Sequencer<OrderBook>;

/** A command that was journaled, with its place, its time and what came of it. */
export type OrderBookEvent = SequencerEvent<OrderBookCommand, OrderBookResult>;
