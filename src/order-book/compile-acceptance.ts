import { ULID_LENGTH, isOrderId } from './ids.js';
import type { EnumType, IntegerType, StringType, Type } from './schema-elements.js';
import { isKnownUserId } from './user-id-cache.js';
import type { WriteRules } from './write-rules.js';

/** Whether the check of a type returns this very value. False means only that the check must decide. */
export type Accepts = (value: unknown) => boolean;

/**
 * Compiles a short form of the check of a type, for the values that applications usually write. It needs no
 * path to the value, because it reports nothing, and makes no objects.
 */
export function compileAcceptance(type: Type, rules: WriteRules): Accepts {
  switch (type.kind) {
    case 'integer':
      return integerAcceptance(type);
    case 'string':
      return stringAcceptance(type, rules);
    case 'boolean':
      return (value) => typeof value === 'boolean';
    case 'enum':
      return wordAcceptance(type);
    case 'nullable':
    case 'any':
      return (value) => value === null;
    default:
      return () => false;
  }
}

function integerAcceptance({ as, minWritten, max }: IntegerType): Accepts {
  if (as === 'number') return () => false;
  return (value) => typeof value === 'bigint' && value >= minWritten && value <= max;
}

function stringAcceptance({ of }: StringType, { ids }: WriteRules): Accepts {
  if (ids !== 'checked' || of === 'text') return () => false;
  return of === 'user-id'
    ? (value) => typeof value === 'string' && isKnownUserId(value)
    : (value) => typeof value === 'string' && value.length !== ULID_LENGTH && isOrderId(value);
}

/** Accepts the variants without content, in the spelling in which they are written. */
function wordAcceptance({ variants }: EnumType): Accepts {
  const words = [...variants].filter(([, content]) => content === null).map(([tag]) => tag);
  return (value) => {
    if (typeof value !== 'string') return false;
    // Few words: a loop that compares takes less than a look-up.
    for (let index = 0; index < words.length; index += 1) if (words[index] === value) return true;
    return false;
  };
}
