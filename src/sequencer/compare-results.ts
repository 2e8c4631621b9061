import { sameJson } from '../common/index.js';
import { SequencerEvent } from '../journal/index.js';

/**
 * Whether a replayed command gave the stored result.
 * @param actual the result of the replay
 * @param asStored converts an event to the form in which it is read back. A codec may store a result in a
 * different form: without a default value, or with a rounded number
 */
export function isStoredResult(
  event: SequencerEvent,
  actual: unknown,
  asStored?: (event: SequencerEvent) => SequencerEvent,
): boolean {
  if (sameJson(event.result, actual)) return true;
  if (asStored === undefined) return false;
  const { sequenceNum, timestampNs, command } = event;
  const again = asStored(new SequencerEvent({ sequenceNum, timestampNs, command, result: actual }));
  return sameJson(event.result, again.result);
}

/** Whether a result is a refusal in the form of orderbook-rs, for a command that changed nothing. */
export function hasRejectedTag(result: unknown): boolean {
  // The tag is the only property: another result may have a property of that name.
  if (typeof result !== 'object' || result === null || Object.keys(result).length !== 1) return false;
  const { Rejected, RejectedWithCode } = result as {
    Rejected?: unknown;
    RejectedWithCode?: { may_have_mutated?: unknown } | null;
  };
  return Rejected !== undefined || (!!RejectedWithCode && RejectedWithCode.may_have_mutated !== true);
}
