import { asBuffer } from '../common/index.js';
import {
  endOfPlainString,
  labelBytes,
  skipBytes,
  skipDigits,
  startOfCommand,
} from '../serialization/index.js';
import { fromCommand } from '../events/index.js';
import type { JournalEntry } from '../journal/index.js';

/** The aggregate of an event, as far as its entry names it. */
export interface EventOwner {
  readonly aggregateId: string;
  /** As stored, or its name of today; null in entries of the first releases. */
  readonly aggregateType: string | null;
  /** The name the event is stored under. */
  readonly name: string;
}

/** Names that are looked for in entries. */
export interface KnownNames {
  /**
   * Whether a class is registered for the name of an event; an unknown one may be a command that looks alike.
   */
  isKnownEvent(eventName: string): boolean;
  /** A registered type whose stored name these bytes are; null where they are another. */
  typeIn(bytes: Buffer, start: number, end: number): string | null;
}

/**
 * The aggregates whose events an entry holds, one for each event; none for an entry that is no domain event.
 *
 * A boot asks this of every entry of the journal, so it does not decode the event: the beginning of the payload says it where the
 * entry holds one event of a known class, and elsewhere the payload is parsed, without making instances.
 */
export function ownersOf(entry: JournalEntry, names: KnownNames): readonly EventOwner[] {
  const bytes = asBuffer(entry.payload);
  const owner = ownerOfOne(bytes, names);
  return owner === null ? ownersInCommand(parseCommand(bytes)) : [owner];
}

/** As {@link ownersOf}, for a command. */
export function ownersInCommand(command: unknown): readonly EventOwner[] {
  return fromCommand(command) ?? [];
}

// The command of an entry with one event, as this package writes it, up to its data:
//   {"NAME":{"v":…,"aggregateId":"ID","aggregateType":"TYPE","data":
const NAME = labelBytes('{"');
const VERSION = labelBytes('":{"v":');
const OWNER = labelBytes(',"aggregateId":"');
const TYPE = labelBytes('","aggregateType":"');
const DATA = labelBytes('","data":');

/** Null where the bytes are others, or the name, the id or the type is not plain ASCII. */
function ownerOfOne(bytes: Buffer, names: KnownNames): EventOwner | null {
  const nameAt = skipBytes(bytes, startOfCommand(bytes), NAME);
  const nameEnd = endOfPlainString(bytes, nameAt);
  const ownerAt = skipBytes(bytes, skipDigits(bytes, skipBytes(bytes, nameEnd, VERSION)), OWNER);
  const ownerEnd = endOfPlainString(bytes, ownerAt);
  const typeAt = skipBytes(bytes, ownerEnd, TYPE);
  const typeEnd = endOfPlainString(bytes, typeAt);
  if (skipBytes(bytes, typeAt < 0 ? ownerEnd : typeEnd, DATA) < 0) return null;
  const name = bytes.toString('latin1', nameAt, nameEnd);
  if (!names.isKnownEvent(name)) return null;
  // A string of its own: a slice of a longer one would keep that one in memory.
  const aggregateId = bytes.toString('latin1', ownerAt, ownerEnd);
  if (typeAt < 0) return { name, aggregateId, aggregateType: null };
  // Nearly always a known one: neither made nor hashed for each entry.
  const aggregateType = names.typeIn(bytes, typeAt, typeEnd) ?? bytes.toString('latin1', typeAt, typeEnd);
  return { name, aggregateId, aggregateType };
}

/** Names and ids are strings: what JSON.parse does to large integers does not matter here. */
function parseCommand(bytes: Buffer): unknown {
  // Spares parsing what cannot be a domain event.
  if (!bytes.includes('"aggregateId"')) return null;
  try {
    return (JSON.parse(bytes.toString()) as { command?: unknown } | null)?.command;
  } catch {
    // No event; whoever decodes it reports it.
    return null;
  }
}
