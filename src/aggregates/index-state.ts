import { AggregateRows } from './aggregate-rows.js';
import type { AggregateTypes } from './aggregate-types.js';
import { VarintReader, VarintWriter } from '../common/index.js';

/** The index of aggregates, as a snapshot stores it. */
export interface IndexState {
  /** A JSON array of all ids, in the order of their first events. */
  readonly ids: string;
  /**
   * Base64 of variable-length integers. For each id: its type (twice the position in `types`, plus 1 if the
   * row is ambiguous), its number of events, its number of entries, its first sequence, and the distance from
   * each entry to the next.
   */
  readonly chains: string;
  /**
   * A JSON array of the types; null for unclaimed aggregates. Version 1 has no types, neither here nor in the
   * chains.
   */
  readonly types?: string;
  /** JSON of {@link Untyped}. Absent in version 1. */
  readonly untyped?: string;
}

/** What the index knows about events that were stored without a type. */
interface Untyped {
  /** Names of the events with their types. */
  readonly events: readonly (readonly [string, string | null])[];
  readonly shared: readonly string[];
  /** Ids with a sequence as a decimal string. */
  readonly mixedUp: readonly (readonly [string, string])[];
}

/** Version of the format; raise it when {@link IndexState} changes. */
export const INDEX_STATE_VERSION = 2;

export function captureIndex(rows: AggregateRows): IndexState {
  const all = rows.all();
  const types: (string | null)[] = [null, ...rows.types()];
  const places = new Map(types.map((type, place) => [type, place]));
  const chains = new VarintWriter();
  for (const { type, row } of all) {
    chains.writeNumber((places.get(type) ?? 0) * 2 + (rows.ambiguous.has(row) ? 1 : 0));
    chains.writeNumber(rows.eventsOf(row));
    const sequences = rows.sequencesOf(row);
    chains.writeNumber(sequences.length);
    let previous = 0n;
    for (const sequence of sequences) {
      chains.writeBigint(sequence - previous);
      previous = sequence;
    }
  }
  const untyped: Untyped = {
    events: [...rows.typesOfEvents],
    shared: [...rows.shared],
    mixedUp: [...rows.mixedUp].map(([id, sequence]) => [id, sequence.toString()]),
  };
  return {
    ids: JSON.stringify(all.map(({ id }) => id)),
    chains: chains.toBase64(),
    types: JSON.stringify(types),
    untyped: JSON.stringify(untyped),
  };
}

/**
 * Null if the registered classes may assign the events differently, because the state has no types or a class
 * has changed.
 */
export function restoreIndex(state: IndexState, types: AggregateTypes): AggregateRows | null {
  if (state.types === undefined || state.untyped === undefined) return null;
  const stored = JSON.parse(state.types) as (string | null)[];
  const names = stored.map((type) => (type === null ? null : types.nameOf(type)));
  const { events, shared, mixedUp } = JSON.parse(state.untyped) as Untyped;
  const isSameReading = events.every(([name, type]) => {
    const today = types.ofEvent(name);
    return today === (type === null ? null : types.nameOf(type));
  });
  if (!isSameReading || new Set(names).size !== names.length) return null;
  const rows = new AggregateRows();
  for (const { id, kind, events: count, entries, nextSequence } of chainsIn(state)) {
    const type = names[kind >>> 1];
    if (type === undefined) throw new RangeError('the index of aggregates has a type that it does not list');
    const row = type === null ? rows.createUnclaimed(id) : rows.claim(type, id);
    if ((kind & 1) === 1) rows.ambiguous.add(row);
    for (let left = entries; left > 0; left -= 1) rows.link(nextSequence(), row);
    rows.setEvents(row, count);
  }
  for (const [name] of events) rows.typesOfEvents.set(name, types.ofEvent(name));
  for (const id of shared) rows.shared.add(id);
  for (const [id, sequence] of mixedUp) rows.mixedUp.set(id, BigInt(sequence));
  return rows;
}

/**
 * The oldest entry in a stored index, which has the first event of the first aggregate; null for an empty
 * index.
 */
export function oldestIn(state: IndexState): bigint | null {
  for (const { entries, nextSequence } of chainsIn(state)) return entries === 0 ? null : nextSequence();
  return null;
}

interface StoredChain {
  readonly id: string;
  readonly kind: number;
  readonly events: number;
  readonly entries: number;
  /** Returns the next sequence. The caller calls it once per entry, before the next chain. */
  readonly nextSequence: () => bigint;
}

function* chainsIn(state: IndexState): IterableIterator<StoredChain> {
  const chains = new VarintReader(state.chains);
  let at = 0n;
  const nextSequence = (): bigint => (at += chains.readBigint());
  for (const id of JSON.parse(state.ids) as string[]) {
    const kind = state.types === undefined ? 0 : chains.readNumber();
    const events = chains.readNumber();
    const entries = chains.readNumber();
    at = 0n;
    yield { id, kind, events, entries, nextSequence };
  }
  if (!chains.isAtEnd) throw new RangeError('the index of aggregates holds more than its ids');
}
