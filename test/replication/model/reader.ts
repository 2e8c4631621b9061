import { GENESIS, GENESIS_POSITION, isSameEpoch, type Epoch, type Message, type Stream } from './stream.js';
import type { Rules } from './rules.js';

/** A place in the stream, and what the messages up to it amount to. */
export interface Place {
  readonly position: number;
  readonly message: Message;
  readonly epoch: Epoch | null;
  /** Sequence of the last counted entry; 0 before the first. */
  readonly end: number;
}

export const BEGINNING: Place = { position: GENESIS_POSITION, message: GENESIS, epoch: null, end: 0 };

/** One message with the verdict of the counting rule. */
export interface Read {
  readonly place: Place;
  readonly message: Message;
  readonly counts: boolean;
}

/** The counting rule: what the message after `place` amounts to. Null at the end of the stream. */
export function readAfter(stream: Stream, place: Place, rules: Rules): Read | null {
  const position = place.position + 1;
  const message = stream.at(position);
  if (message === undefined) return null;
  let { epoch, end } = place;
  let counts = false;
  if (message.kind === 'fence') epoch = { position, nonce: message.nonce };
  if (message.kind === 'data') {
    counts =
      isSameEpoch(message.epoch, epoch, rules.epochHasNonce) &&
      (message.first === end + 1 || !rules.countsAtEnd);
    if (counts) end = message.first + message.entries.length - 1;
  }
  return { place: { position, message, epoch, end }, message, counts };
}

/** All counted entries, by sequence - 1. */
export function countedEntries(stream: Stream, rules: Rules): number[] {
  const entries: number[] = [];
  let place = BEGINNING;
  for (let read = readAfter(stream, place, rules); read !== null; read = readAfter(stream, place, rules)) {
    place = read.place;
    if (read.counts && read.message.kind === 'data') entries.push(...read.message.entries);
  }
  return entries;
}

/**
 * Where a node reads, and what it read since it last looked whether that is still there. A stream that lost
 * its tail may have other messages at the same positions, and behind them the same ones as before.
 */
export class Trail {
  #place: Place = BEGINNING;
  #since: Place[] = [BEGINNING];

  get place(): Place {
    return this.#place;
  }

  advance(place: Place): void {
    this.#place = place;
    this.#since.push(place);
  }

  /** Goes back to a place before the present one. */
  goBack(place: Place): void {
    this.#place = place;
    this.#since = this.#since.filter(({ position }) => position < place.position);
    this.#since.push(place);
  }

  startAt(place: Place): void {
    this.#place = place;
    this.#since = [place];
  }

  /** Looks whether what was read is still there. If it is, the next look begins at the present place. */
  look(stream: Stream, rules: Rules): boolean {
    const seen = rules.verifiesTrail ? this.#since : [this.#place];
    if (!seen.every((place) => isUnchanged(stream, place))) return false;
    this.#since = [this.#place];
    return true;
  }
}

/**
 * Whether a place is still what was read there: its message, and the fence of its epoch. Without the second,
 * a reader that went on over a replaced fence would take the data of the lost epoch for counted.
 */
export function isUnchanged(stream: Stream, { position, message, epoch }: Place): boolean {
  if (stream.at(position) !== message) return false;
  if (epoch === null) return true;
  const fence = stream.at(epoch.position);
  return fence?.kind === 'fence' && fence.nonce === epoch.nonce;
}
