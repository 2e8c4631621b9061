import { copyAsStored } from '../serialization/index.js';
import { isWellFormed } from '../serialization/index.js';
import type { IdRule } from './careful-write.js';
import { isOrderId, isUserId } from './ids.js';
import type { EnumType, IntegerType, StringType, StructType, Type } from './schema.js';
import { UNUSUAL, tagOf, withFields } from './write-values.js';

/**
 * A copy of a value of the usual shape: what is read back when it was written.
 * @param nesting how many brackets are open around it
 * @throws UNUSUAL for everything else
 */
export function copyByType(type: Type, value: unknown, ids: IdRule, nesting: number): unknown {
  switch (type.kind) {
    case 'integer':
      return copyInteger(type, value);
    case 'string':
      return copyText(type, value, ids);
    case 'boolean':
      if (typeof value !== 'boolean') throw UNUSUAL;
      return value;
    case 'nullable':
      return value === null ? null : copyByType(type.item, value, ids, nesting);
    case 'list':
      if (!Array.isArray(value)) throw UNUSUAL;
      return Array.from(value, (item) => copyByType(type.item, item, ids, nesting + 1));
    case 'struct':
      return copyStruct(type, value, ids, nesting + 1);
    case 'enum':
      return copyEnum(type, value, ids, nesting + 1);
    case 'any':
      if (value === null) return null;
      // Its errors need the path, which only the writer knows.
      if (value === undefined) throw UNUSUAL;
      return copyExtra(value, nesting);
  }
}

function copyExtra(value: unknown, nesting: number): unknown {
  try {
    return copyAsStored(value, '', nesting);
  } catch {
    throw UNUSUAL;
  }
}

function copyInteger(type: IntegerType, value: unknown): bigint {
  if (typeof value !== 'bigint' || type.as !== 'bigint') throw UNUSUAL;
  if (value > type.max || value < type.minWritten) throw UNUSUAL;
  return value;
}

function copyText(type: StringType, value: unknown, ids: IdRule): string {
  if (typeof value !== 'string') throw UNUSUAL;
  const isAnyText = ids === 'any' || type.of === 'text';
  const isValid = isAnyText
    ? isWellFormed(value)
    : type.of === 'order-id'
      ? isOrderId(value)
      : isUserId(value);
  if (!isValid) throw UNUSUAL;
  return value;
}

function copyStruct(type: StructType, value: unknown, ids: IdRule, nesting: number): Record<string, unknown> {
  const { fields } = type;
  const source = withFields(value as Record<string, unknown>, fields.length);
  const copy: Record<string, unknown> = {};
  for (const { name, type: fieldType } of fields)
    copy[name] = copyByType(fieldType, source[name], ids, nesting);
  return copy;
}

function copyEnum(type: EnumType, value: unknown, ids: IdRule, nesting: number): unknown {
  if (typeof value === 'string') {
    if (type.variants.get(value) !== null) throw UNUSUAL;
    return value;
  }
  if (typeof value !== 'object' || value === null) throw UNUSUAL;
  const tag = tagOf(value);
  const content = type.variants.get(tag);
  if (content === undefined || content === null) throw UNUSUAL;
  return { [tag]: copyByType(content, (value as Record<string, unknown>)[tag], ids, nesting) };
}
