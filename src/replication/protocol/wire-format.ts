import { U64_MAX } from '../../journal/index.js';
import { ReplicationMessageError } from '../replication.errors.js';
import type { Epoch, ReplicationMessage } from './message.js';

/**
 * How a message travels: headers of text, and a body. Everything that the counting rule needs is in the
 * headers, so a leader can follow its own stream without the entries.
 *
 *     Journal-Kind    genesis | fence | barrier | group
 *     Journal-Id      genesis: the journal           Journal-Format  genesis: version of this format
 *     Journal-Node    fence: the new leader          Journal-Nonce   fence: 32 hexadecimal digits
 *     Journal-Epoch   barrier, group: position.nonce of the fence
 *     Journal-First   group: sequence of the first entry      Journal-Last    of the last one
 *
 * The body of a group is its entries, in the format of a segment.
 */
export interface EncodedMessage {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export const KIND = 'Journal-Kind';
const ID = 'Journal-Id';
const FORMAT = 'Journal-Format';
const NODE = 'Journal-Node';
const NONCE = 'Journal-Nonce';
const EPOCH = 'Journal-Epoch';
const FIRST = 'Journal-First';
const LAST = 'Journal-Last';

const EMPTY = new Uint8Array(0);
const NONCE_TEXT = /^[0-9a-f]{32}$/;
const EPOCH_TEXT = /^([1-9][0-9]{0,15})\.([0-9a-f]{32})$/;
const U64_TEXT = /^(?:0|[1-9][0-9]{0,19})$/;

export function encodeMessage(message: ReplicationMessage): EncodedMessage {
  const { kind } = message;
  switch (kind) {
    case 'genesis': {
      const { journalId, formatVersion } = message;
      return { headers: { [KIND]: kind, [ID]: journalId, [FORMAT]: formatVersion.toString() }, body: EMPTY };
    }
    case 'fence':
      return { headers: { [KIND]: kind, [NODE]: message.node, [NONCE]: message.nonce }, body: EMPTY };
    case 'barrier':
      return { headers: { [KIND]: kind, [EPOCH]: epochText(message.epoch) }, body: EMPTY };
    case 'group': {
      const { epoch, first, last, entries } = message;
      const range = { [FIRST]: first.toString(), [LAST]: last.toString() };
      return { headers: { [KIND]: kind, [EPOCH]: epochText(epoch), ...range }, body: entries };
    }
  }
}

/**
 * @param headerOf returns the header with a name; undefined if there is none
 * @param position of the message, for the error
 * @throws ReplicationMessageError (`JOURNAL_REPLICATION_MESSAGE`)
 */
export function decodeMessage(
  headerOf: (name: string) => string | undefined,
  body: Uint8Array,
  position: number | null = null,
): ReplicationMessage {
  const text = (name: string, pattern: RegExp): string => {
    const value = headerOf(name);
    if (value !== undefined && pattern.test(value)) return value;
    const found = value === undefined ? 'is missing' : `is ${JSON.stringify(value.slice(0, 100))}`;
    throw new ReplicationMessageError(position, `its header ${name} ${found}`);
  };
  const epoch = (): Epoch => {
    const [, at = '', nonce = ''] = EPOCH_TEXT.exec(text(EPOCH, EPOCH_TEXT)) ?? [];
    return { position: Number(at), nonce };
  };
  const sequence = (name: string): bigint => {
    const value = BigInt(text(name, U64_TEXT));
    if (value > U64_MAX) throw new ReplicationMessageError(position, `its header ${name} is beyond 64 bits`);
    return value;
  };
  const kind = text(KIND, /^(?:genesis|fence|barrier|group)$/) as ReplicationMessage['kind'];
  switch (kind) {
    case 'genesis':
      return { kind, journalId: text(ID, /^.+$/), formatVersion: Number(text(FORMAT, /^[1-9][0-9]{0,8}$/)) };
    case 'fence':
      return { kind, node: text(NODE, /^.+$/), nonce: text(NONCE, NONCE_TEXT) };
    case 'barrier':
      return { kind, epoch: epoch() };
    case 'group': {
      const [first, last] = [sequence(FIRST), sequence(LAST)];
      if (last < first) throw new ReplicationMessageError(position, `it ends at ${last}, before ${first}`);
      return { kind, epoch: epoch(), first, last, entries: body };
    }
  }
}

function epochText({ position, nonce }: Epoch): string {
  return `${position}.${nonce}`;
}
