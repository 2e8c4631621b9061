import { asBuffer } from '../../common/index.js';
import { fromCommand } from '../../events/envelope/index.js';
import type { JournalEntry } from '../../journal/index.js';
import { formatTime } from '../format-values.js';
import type { Output } from '../output.js';
import { DecodedPayload, nameOf } from './decoded-payload.js';
import { terminalJson } from '../terminal-text.js';
import { prettyJson } from './pretty-json.js';

/**
 * An entry as text: a line with the facts, and the indented payload.
 * @throws DeserializationError (`JOURNAL_DESERIALIZATION`)
 */
export function describeEntry(entry: JournalEntry, colors: Output['colors']): string {
  const payload = new DecodedPayload(entry);
  const facts = [
    colors.bold(`#${entry.sequenceNum}`),
    formatTime(entry.timestampNs),
    colors.bold(kindsOf(payload)),
    ...aggregatesOf(payload),
  ];
  return `${facts.join('  ')}\n${describePayload(entry, colors)}`;
}

/** The indented payload, which must be valid JSON. */
export function describePayload(entry: JournalEntry, colors: Output['colors']): string {
  return prettyJson(asBuffer(entry.payload).toString('utf8'), colors);
}

/** The names of the command and of its result: `AddOrder -> TradeExecuted`. */
export function kindsOf(payload: DecodedPayload): string {
  const result = nameOf(payload.record.result);
  const command = terminalJson(payload.kind ?? '-');
  return result === null ? command : `${command} -> ${terminalJson(result)}`;
}

/** The aggregates of the events in an entry, each with the names of its events: `Order A-1: OrderPlaced`. */
export function aggregatesOf(payload: DecodedPayload): readonly string[] {
  const names = new Map<string, string[]>();
  for (const { name, aggregateType, aggregateId } of fromCommand(payload.record.command) ?? []) {
    const aggregate = terminalJson(aggregateType === null ? aggregateId : `${aggregateType} ${aggregateId}`);
    names.set(aggregate, [...(names.get(aggregate) ?? []), terminalJson(name)]);
  }
  return [...names].map(([aggregate, events]) => `${aggregate}: ${events.join(', ')}`);
}
