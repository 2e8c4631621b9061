import { copyPlain } from '../serialization/index.js';
import { compileShallowCopy, leadingFields } from './fields-in-order.js';
import { taggedBy } from './literals.js';
import type { EnumType, Field, StructType, Type } from './schema-elements.js';

type Copy = (value: unknown) => unknown;

/**
 * Compiles a function that copies a checked value of a type. The copy shares no object with the original, and
 * its records are object literals, because an aggregate may keep them. Integers have a fixed type, so a
 * checked value is in the form in which it is read.
 */
export function compileCopy(type: Type): Copy {
  switch (type.kind) {
    case 'enum':
      return enumCopy(type);
    case 'struct':
      return type.literal === undefined ? copyAny : structCopy(type.fields, type.literal);
    default:
      return copyAny;
  }
}

function enumCopy({ variants }: EnumType): Copy {
  const copies = new Map(
    [...variants].map(([tag, content]) => [
      tag,
      { copy: content === null ? copyAny : compileCopy(content), put: taggedBy(tag) },
    ]),
  );
  return (value) => {
    if (typeof value !== 'object' || value === null) return value;
    let only: string | null = null;
    let content: unknown;
    // V8 loads the current property of a for-in loop without a lookup. A checked value inherits no key.
    for (const tag in value) {
      if (only !== null) return copyAny(value);
      only = tag;
      content = (value as Record<string, unknown>)[tag];
    }
    const variant = only === null ? undefined : copies.get(only);
    return variant === undefined ? copyAny(value) : variant.put(variant.copy(content));
  };
}

function structCopy(fields: readonly Field[], literal: NonNullable<StructType['literal']>): Copy {
  const shallowCopy = compileShallowCopy(fields, literal);
  const nested = fields.filter(({ type }) => mayHoldObject(type)).map(({ name }) => name);
  return (value) => {
    // Fields that a later version of the crate may write have no place in a literal.
    if (typeof value !== 'object' || value === null || leadingFields(value, fields) !== fields.length)
      return copyAny(value);
    const copy = shallowCopy(value as Record<string, unknown>);
    for (let index = 0; index < nested.length; index += 1) {
      const name = nested[index] as string;
      const item = copy[name];
      if (typeof item === 'object' && item !== null) copy[name] = copyPlain(item, 'kept');
    }
    return copy;
  };
}

function mayHoldObject(type: Type): boolean {
  switch (type.kind) {
    case 'integer':
    case 'string':
    case 'boolean':
      return false;
    case 'nullable':
      return mayHoldObject(type.item);
    case 'enum':
      return [...type.variants.values()].some((content) => content !== null);
    default:
      return true;
  }
}

function copyAny(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? copyPlain(value, 'kept') : value;
}
