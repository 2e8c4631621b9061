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
  const { payload } = entry;
  const bytes = Buffer.isBuffer(payload)
    ? payload
    : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const owner = ownerOfOne(bytes, names);
  return owner === null ? ownersInCommand(parseCommand(bytes)) : [owner];
}

/** As {@link ownersOf}, for a command. */
export function ownersInCommand(command: unknown): readonly EventOwner[] {
  return fromCommand(command) ?? [];
}

// An entry with one event, as this package writes it, up to its data:
//   {"sequence_num":…,"timestamp_ns":…,"command":{"NAME":{"v":…,"aggregateId":"ID","aggregateType":"TYPE","data":
const HEADER = Buffer.from('{"sequence_num":');
const TIME = Buffer.from(',"timestamp_ns":');
const COMMAND = Buffer.from(',"command":{"');
const VERSION = Buffer.from('":{"v":');
const OWNER = Buffer.from(',"aggregateId":"');
const TYPE = Buffer.from('","aggregateType":"');
const DATA = Buffer.from('","data":');

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Null where the bytes are others, or the name, the id or the type is not plain ASCII. */
function ownerOfOne(bytes: Buffer, names: KnownNames): EventOwner | null {
  const afterHeader = afterDigits(bytes, after(bytes, 0, HEADER));
  const nameAt = after(bytes, afterDigits(bytes, after(bytes, afterHeader, TIME)), COMMAND);
  const nameEnd = endOfString(bytes, nameAt);
  const ownerAt = after(bytes, afterDigits(bytes, after(bytes, nameEnd, VERSION)), OWNER);
  const ownerEnd = endOfString(bytes, ownerAt);
  const typeAt = after(bytes, ownerEnd, TYPE);
  const typeEnd = endOfString(bytes, typeAt);
  if (after(bytes, typeAt < 0 ? ownerEnd : typeEnd, DATA) < 0) return null;
  const name = bytes.toString('latin1', nameAt, nameEnd);
  if (!names.isKnownEvent(name)) return null;
  // A string of its own: a slice of a longer one would keep that one in memory.
  const aggregateId = bytes.toString('latin1', ownerAt, ownerEnd);
  if (typeAt < 0) return { name, aggregateId, aggregateType: null };
  // Nearly always a known one: neither made nor hashed for each entry.
  const aggregateType = names.typeIn(bytes, typeAt, typeEnd) ?? bytes.toString('latin1', typeAt, typeEnd);
  return { name, aggregateId, aggregateType };
}

/** Where `expected` ends, if it is there; -1 if not, or if `at` is. */
function after(bytes: Buffer, at: number, expected: Buffer): number {
  if (at < 0) return -1;
  for (let index = 0; index < expected.length; index += 1) {
    if (bytes[at + index] !== expected[index]) return -1;
  }
  return at + expected.length;
}

function afterDigits(bytes: Buffer, at: number): number {
  if (at < 0) return -1;
  let end = at;
  for (let byte = bytes[end]; byte !== undefined && byte >= 0x30 && byte <= 0x39; byte = bytes[end]) end += 1;
  return end;
}

/** Where the closing quote is; -1 where there is anything to decode before it. */
function endOfString(bytes: Buffer, at: number): number {
  if (at < 0) return -1;
  for (let end = at; end < bytes.length; end += 1) {
    const byte = bytes[end] as number;
    if (byte === QUOTE) return end;
    if (byte === BACKSLASH || byte >= 0x80) return -1;
  }
  return -1;
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
