/** The options that choose entries, shared by the commands that read them. It imports nothing heavy. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { parseSequence, parseTime } from '../parse-values.js';

/** Filters that read only the header of an entry. */
export interface HeaderFilterOptions {
  readonly from?: bigint;
  readonly to?: bigint;
  readonly since?: bigint;
  readonly until?: bigint;
}

/** Filters that read the payload of an entry. */
export interface PayloadFilterOptions {
  readonly aggregate?: AggregateName;
  readonly event?: string;
  readonly commandId?: string;
  readonly where?: string;
}

/** An aggregate type, an aggregate id, or both. */
export interface AggregateName {
  readonly type: string | null;
  readonly id: string | null;
}

export interface ReadingOptions {
  readonly liveOnly: boolean;
}

export type EntryFormat = 'jsonl' | 'pretty';

export function addHeaderFilters(command: Command): Command {
  return command
    .option('--from <sequence>', 'first sequence to print', parseSequence)
    .option('--to <sequence>', 'last sequence to print', parseSequence)
    .option('--since <time>', 'print entries of this time and later', parseTime)
    .option('--until <time>', 'print entries before this time', parseTime);
}

export function addPayloadFilters(command: Command): Command {
  return command
    .option(
      '--aggregate <type:id>',
      'print entries with an event of this aggregate: TYPE, TYPE:ID or :ID',
      parseAggregate,
    )
    .option('--event <name>', 'print entries that hold an event or a command of this name', parseName)
    .option('--command-id <id>', 'print the entry of the command with this id', parseName)
    .option('--where <expression>', 'print entries for which this CEL expression is true');
}

export function addReadingOptions(command: Command): Command {
  return command.option('--live-only', 'leave out archived and compressed segments', false);
}

export function addFormat(command: Command, preset: EntryFormat): Command {
  const format = new Option('--format <format>', 'jsonl prints each stored payload as it is, on one line');
  return command.addOption(format.choices(['jsonl', 'pretty']).default(preset));
}

/** The help on `--where`, for the commands that have it. */
export const WHERE_HELP = `--where takes an expression in CEL, the Common Expression Language. Its variables:
  sequence, timestamp_ns  integers
  time                    a timestamp; timestamp_ns is more precise
  kind                    name of the command, such as "AddOrder"
  command, result         parts of the payload; metadata and command_id, which may be null
  event                   the whole payload
An entry that lacks a member of the expression does not match, unless another part of the expression decides
the result. has(a.b) tests for a member, and a.?b.orValue(c) gives it a default. Integers of any length compare
exactly.`;

function parseAggregate(text: string): AggregateName {
  const colon = text.indexOf(':');
  const type = colon < 0 ? text : text.slice(0, colon);
  const id = colon < 0 ? '' : text.slice(colon + 1);
  if (type === '' && id === '') throw new InvalidArgumentError('It must be TYPE, TYPE:ID or :ID.');
  return { type: type === '' ? null : type, id: id === '' ? null : id };
}

function parseName(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}
