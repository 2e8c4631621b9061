import { onlyKeyOf } from '../common/index.js';
import { copyPlain } from '../serialization/index.js';
import { compileRecord, countRequired, leadingFields } from './fields-in-order.js';
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
    const tag = onlyKeyOf(value);
    const variant = tag === null ? undefined : copies.get(tag);
    if (tag === null || variant === undefined) return copyAny(value);
    return variant.put(variant.copy((value as Record<string, unknown>)[tag]));
  };
}

function structCopy(fields: readonly Field[], literal: NonNullable<StructType['literal']>): Copy {
  const required = countRequired(fields);
  const recordOf = compileRecord(fields, literal);
  return (value) => {
    // Fields that a later version of the crate may write have no place in a literal.
    if (typeof value !== 'object' || value === null || leadingFields(value, fields) < required)
      return copyAny(value);
    const values: unknown[] = [];
    for (const key in value) values.push(copyAny((value as Record<string, unknown>)[key]));
    return recordOf(values);
  };
}

function copyAny(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? copyPlain(value, 'kept') : value;
}
