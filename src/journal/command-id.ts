import { InvalidArgumentError } from './errors/index.js';

/** Maximum length of a command id, in bytes of UTF-8. */
const MAX_COMMAND_ID_BYTES = 128;

/** Whether a value is a valid command id: 1 to 128 bytes of UTF-8. */
export function isCommandId(value: unknown): value is string {
  if (typeof value !== 'string' || value === '' || value.length > MAX_COMMAND_ID_BYTES) return false;
  // No character takes more than three bytes per UTF-16 unit.
  if (value.length * 3 > MAX_COMMAND_ID_BYTES && Buffer.byteLength(value) > MAX_COMMAND_ID_BYTES)
    return false;
  return value.isWellFormed();
}

/**
 * Checks a value with {@link isCommandId}.
 * @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`)
 */
export function assertCommandId(value: unknown): asserts value is string {
  if (isCommandId(value)) return;
  const expected = `a non-empty, well-formed string of at most ${MAX_COMMAND_ID_BYTES} bytes in UTF-8`;
  throw new InvalidArgumentError('commandId', value, expected);
}
