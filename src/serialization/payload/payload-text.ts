import type { SequencerEvent } from '../../journal/index.js';
import { piece, type AsciiWriter } from '../json/ascii-writer.js';
import { writeString } from '../json/write.js';
import {
  COMMAND_ID_LABEL,
  COMMAND_LABEL,
  RESULT_LABEL,
  SEQUENCE_LABEL,
  TIMESTAMP_LABEL,
} from './payload-layout.js';

const SEQUENCE = piece(SEQUENCE_LABEL);
const TIMESTAMP = piece(TIMESTAMP_LABEL);
const COMMAND = piece(COMMAND_LABEL);

/** Writes the beginning of a payload, up to the command. */
export function writeHeader(writer: AsciiWriter, event: SequencerEvent): void {
  writer.piece(SEQUENCE);
  writer.integer(event.sequenceNum);
  writer.piece(TIMESTAMP);
  writer.integer(event.timestampNs);
  writer.piece(COMMAND);
}

/** Returns the beginning of a payload, up to the command. */
export function headerText(sequenceNum: bigint, timestampNs: bigint): string {
  return `${SEQUENCE_LABEL}${sequenceNum}${TIMESTAMP_LABEL}${timestampNs}${COMMAND_LABEL}`;
}

/** Returns the payload of an event from the JSON of its command and its result. */
export function payloadText(event: SequencerEvent, command: string, result: string): string {
  const { sequenceNum, timestampNs, commandId } = event;
  // An event of another copy of this package may have no `commandId` property.
  const id = commandId ? `${COMMAND_ID_LABEL}${writeString(commandId, ['command_id'])}` : '';
  return `${headerText(sequenceNum, timestampNs)}${command}${RESULT_LABEL}${result}${id}}`;
}
