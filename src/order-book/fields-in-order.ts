import { copyOf, type RecordCopy } from './record-copies.js';
import type { Field, StructType } from './schema-elements.js';

/** Number of keys of an object that has the first of these fields, in this order, and no others; else -1. */
export function leadingFields(record: object, fields: readonly Field[]): number {
  let count = 0;
  // Unlike Object.keys, the loop makes no list.
  for (const key in record) {
    if (fields[count]?.name !== key) return -1;
    count += 1;
  }
  return count;
}

/** Number of fields that every object of a struct has. They precede the optional ones. */
export function countRequired(fields: readonly Field[]): number {
  return fields.filter(({ optional }) => !optional).length;
}

/**
 * Compiles a function that copies the fields of an object, in the order of the schema, and reads each of them
 * once. An optional field without a value is left out.
 */
export function compileShallowCopy(
  fields: readonly Field[],
  literal: NonNullable<StructType['literal']>,
): RecordCopy {
  const required = countRequired(fields);
  const copy = required === fields.length ? copyOf(literal) : null;
  if (copy !== null) return copy;
  const optional = fields.slice(required).map(({ name }) => name);
  const valueOf = Object.fromEntries(
    fields.map(({ name }) => [name, (record: Readonly<Record<string, unknown>>) => record[name]]),
  );
  return (record) => {
    const shallow: Record<string, unknown> = literal(valueOf as never, record);
    for (const name of optional) {
      const item = record[name];
      if (item !== undefined) shallow[name] = item;
    }
    return shallow;
  };
}
