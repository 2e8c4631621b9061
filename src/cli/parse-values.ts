/** Parsers of arguments and options. Commander reports what they refuse, with exit code 2. */
import { InvalidArgumentError } from 'commander';
import { U64_MAX } from '../journal/index.js';

/** A sequence number: an unsigned 64-bit integer. */
export function parseSequence(text: string): bigint {
  const sequence = /^\d{1,20}$/.test(text) ? BigInt(text) : null;
  if (sequence === null || sequence > U64_MAX) {
    throw new InvalidArgumentError('It must be a sequence number, 0 to 18446744073709551615.');
  }
  return sequence;
}

/** A count, from 0. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(count)) {
    throw new InvalidArgumentError('It must be a whole number, 0 or more.');
  }
  return count;
}

const NS_PER_MS = 1_000_000n;
/** A number with more digits is in nanoseconds: 13 digits of milliseconds last until the year 2286. */
const MOST_MS_DIGITS = 14;

/**
 * A time in nanoseconds since the Unix epoch. The text is a number of nanoseconds (15 digits or more) or of
 * milliseconds, or a date and time of ISO 8601; one without an offset is UTC.
 */
export function parseTime(text: string): bigint {
  if (/^\d{1,20}$/.test(text)) {
    const value = BigInt(text);
    const timeNs = text.length > MOST_MS_DIGITS ? value : value * NS_PER_MS;
    if (timeNs <= U64_MAX) return timeNs;
  }
  const iso = ISO_8601.exec(text);
  if (iso !== null) {
    const [, date = '', time = '00:00', seconds = '00', fraction = '', offset = 'Z'] = iso;
    const wholeMs = Date.parse(`${date}T${time}:${seconds}${offset}`);
    const isValid = isDate(date) && !Number.isNaN(wholeMs);
    const timeNs = BigInt(isValid ? wholeMs : -1) * NS_PER_MS + BigInt(fraction.padEnd(9, '0'));
    if (timeNs >= 0n && timeNs <= U64_MAX) return timeNs;
  }
  throw new InvalidArgumentError(
    'It must be a time: nanoseconds, milliseconds, or ISO 8601 such as 2026-03-01T09:30:00.5Z.',
  );
}

/** Date, hours and minutes, seconds, up to nine digits of their fraction, offset. */
const ISO_8601 = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?)?$/;

/** Whether the calendar has this day: `Date.parse` takes the 30th of February for a day in March. */
function isDate(date: string): boolean {
  const ms = Date.parse(`${date}T00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date);
}
