import { onlyKeyOf } from '../common/index.js';
import { copyPlain } from '../serialization/index.js';
import { hasLiteral, taggedBy } from './literals.js';

/**
 * Returns a copy of a checked command. The copy shares no object with the original. Integers have a fixed
 * type, so a checked command is in the form in which it is read.
 */
export function copyChecked(command: unknown): unknown {
  if (typeof command !== 'object' || command === null) return command;
  const tag = onlyKeyOf(command);
  // A literal is copied faster than any other object with one property.
  return tag !== null && hasLiteral(tag)
    ? taggedBy(tag)(copyChecked((command as Record<string, unknown>)[tag]))
    : copyPlain(command, 'kept');
}
