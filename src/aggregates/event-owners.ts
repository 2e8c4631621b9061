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

/** The aggregate of an event, as stored in its entry. */
export interface EventOwner {
  readonly aggregateId: string;
  /** The stored or the current name of the type; null in entries of the first releases. */
  readonly aggregateType: string | null;
  /** The stored name of the event. */
  readonly name: string;
}

/** The registered names, for the search in entries. */
export interface KnownNames {
  /**
   * Whether a class is registered for the name of an event. An unknown name may belong to a command of the
   * same shape.
   */
  isKnownEvent(eventName: string): boolean;
  /** The registered type with these bytes as its stored name; null for other bytes. */
  typeIn(bytes: Buffer, start: number, end: number): string | null;
}

/**
 * Returns the owners of the events in an entry, one for each event; none for an entry without domain events.
 *
 * A boot calls this for each entry of the journal, so it does not decode the event. If the entry holds one
 * event of a known class, the beginning of the payload contains the owner. Otherwise the payload is parsed,
 * without instances of classes.
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
const TYPE_NAME = '"aggregateType"';

/** Null if the payload has another form, or if the name, the id or the type is not plain ASCII. */
function ownerOfOne(bytes: Buffer, names: KnownNames): EventOwner | null {
  const nameAt = skipBytes(bytes, startOfCommand(bytes), NAME);
  const nameEnd = endOfPlainString(bytes, nameAt);
  const ownerAt = skipBytes(bytes, skipDigits(bytes, skipBytes(bytes, nameEnd, VERSION)), OWNER);
  const ownerEnd = endOfPlainString(bytes, ownerAt);
  const typeAt = skipBytes(bytes, ownerEnd, TYPE);
  const typeEnd = endOfPlainString(bytes, typeAt);
  const dataAt = skipBytes(bytes, typeAt < 0 ? ownerEnd : typeEnd, DATA);
  if (dataAt < 0) return null;
  // Plain content of the application may have the type after the data.
  if (typeAt < 0 && bytes.includes(TYPE_NAME, dataAt)) return null;
  const name = bytes.toString('latin1', nameAt, nameEnd);
  if (!names.isKnownEvent(name)) return null;
  // A new string: a slice of a longer one would keep that one in memory.
  const aggregateId = bytes.toString('latin1', ownerAt, ownerEnd);
  if (typeAt < 0) return { name, aggregateId, aggregateType: null };
  // The type is almost always known, so no string is made or hashed for each entry.
  const aggregateType = names.typeIn(bytes, typeAt, typeEnd) ?? bytes.toString('latin1', typeAt, typeEnd);
  return { name, aggregateId, aggregateType };
}

/** Names and ids are strings, so JSON.parse may round large integers here. */
function parseCommand(bytes: Buffer): unknown {
  // Avoids parsing payloads that cannot contain a domain event.
  if (!bytes.includes('"aggregateId"')) return null;
  try {
    return (JSON.parse(bytes.toString()) as { command?: unknown } | null)?.command;
  } catch {
    // Not an event; the code that decodes the entry reports the error.
    return null;
  }
}
