import type { Sequencer, SequencerEvent } from 'nestjs-file-journal';
import type { OrderBookCommand, OrderBookResult } from 'nestjs-file-journal/order-book';
import type { OrderBook } from '../order-book/index.js';

/** The sequencer that executes the commands of the order book. */
export type OrderBookSequencer = Sequencer<OrderBook>;

/** A journaled command with its sequence, its time and its result. */
export type OrderBookEvent = SequencerEvent<OrderBookCommand, OrderBookResult>;
