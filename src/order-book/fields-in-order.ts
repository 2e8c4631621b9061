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
 * Compiles a function that makes an object of the values of its fields, in the order of the fields. An
 * optional field without a value is left out.
 */
export function compileRecord(
  fields: readonly Field[],
  literal: NonNullable<StructType['literal']>,
): (values: readonly unknown[]) => Record<string, unknown> {
  const required = countRequired(fields);
  const valueOf = Object.fromEntries(
    fields.map(({ name }, index) => [name, (values: readonly unknown[]) => values[index]]),
  );
  return (values) => {
    const record: Record<string, unknown> = literal(valueOf as never, values);
    for (let index = required; index < values.length; index += 1) {
      if (values[index] !== undefined) record[(fields[index] as Field).name] = values[index];
    }
    return record;
  };
}
