import { refuse } from '../serialization/index.js';
import { writeJson, writeString } from '../serialization/index.js';
import type { Trail } from '../serialization/index.js';
import { isOrderId, isReadAsNumber, isUserId } from './ids.js';
import type { EnumType, IntegerType, ListType, StringType, StructType, Type } from './schema.js';

/** Whether ids must have a form that Rust can read. */
export type IdRule = 'checked' | 'any';

/**
 * The JSON text of a value, as serde writes it: fields in schema order whatever the order of the object,
 * unknown ones behind them.
 * @param trail where the value lies in the event
 * @throws SerializationError (`JOURNAL_SERIALIZATION`) that names the path
 */
export function writeCarefully(type: Type, value: unknown, trail: Trail, ids: IdRule): string {
  switch (type.kind) {
    case 'integer':
      return writeInteger(type, value, trail);
    case 'string':
      return writeText(type, value, trail, ids);
    case 'boolean':
      if (typeof value !== 'boolean') refuseShape('true or false', value, trail);
      return value ? 'true' : 'false';
    case 'nullable':
      return value === null ? 'null' : writeCarefully(type.item, value, trail, ids);
    case 'list':
      return writeList(type, value, trail, ids);
    case 'struct':
      return writeStruct(type, value, trail, ids);
    case 'enum':
      return writeEnum(type, value, trail, ids);
    case 'any':
      // `extra_fields: ()` is null on the wire; in TypeScript one may just leave it out.
      return value === undefined ? 'null' : writeJson(value, trail);
  }
}

function writeInteger(type: IntegerType, value: unknown, trail: Trail): string {
  if (typeof value === 'bigint') {
    if (value < type.minWritten || value > type.max)
      refuse(`${value} is out of range for ${type.name}`, trail);
    return value.toString();
  }
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    refuseShape(`an integer (${type.name}), as a bigint or a safe number`, value, trail);
  }
  if (!Number.isSafeInteger(value)) refuse(`${value} is not a safe integer; use a bigint`, trail);
  // Compares exactly: a number with a bigint.
  if (value < type.minWritten || value > type.max) refuse(`${value} is out of range for ${type.name}`, trail);
  return String(value);
}

function writeText(type: StringType, value: unknown, trail: Trail, ids: IdRule): string {
  if (typeof value !== 'string') refuseShape('a string', value, trail);
  if (type.of === 'text' || ids === 'any') return writeString(value, trail);
  if (type.of === 'order-id') {
    if (isReadAsNumber(value)) refuse(`orderbook-rs before 0.14 reads the ULID ${value} as a number`, trail);
    if (!isOrderId(value))
      refuseShape('an id that Rust can read: a UUID, a ULID or a decimal u64', value, trail);
  } else if (!isUserId(value)) {
    refuseShape('a user id that Rust can read: 64 lower-case hex digits', value, trail);
  }
  return `"${value}"`;
}

function writeList(type: ListType, value: unknown, trail: Trail, ids: IdRule): string {
  if (!Array.isArray(value)) refuseShape('an array', value, trail);
  let text = '';
  for (let index = 0; index < value.length; index++) {
    trail.push(index);
    text += (index === 0 ? '' : ',') + writeCarefully(type.item, value[index], trail, ids);
    trail.pop();
  }
  return `[${text}]`;
}

function writeStruct(type: StructType, value: unknown, trail: Trail, ids: IdRule): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    refuseShape('an object', value, trail);
  }
  const record = value as Record<string, unknown>;
  let text = '{';
  let written = 0;
  for (const { name, label, type: fieldType, optional, filler } of type.fields) {
    const item = record[name];
    if (item === undefined && optional) {
      // Optional fields come last, so there is one before it.
      if (filler !== undefined) text += `,${label}${filler}`;
      continue;
    }
    trail.push(name);
    text += (written === 0 ? label : `,${label}`) + writeCarefully(fieldType, item, trail, ids);
    trail.pop();
    written++;
  }
  if (Object.keys(record).length > written) text += writeUnknownFields(type, record, trail);
  const contradiction = ids === 'checked' ? type.contradiction?.(record) : null;
  if (contradiction) refuse(contradiction.reason, [...trail, ...contradiction.path]);
  return `${text}}`;
}

/** What a later version of the crate may have written, and was kept when it was read. */
function writeUnknownFields(type: StructType, record: Record<string, unknown>, trail: Trail): string {
  let text = '';
  for (const key of Object.keys(record)) {
    const item = record[key];
    if (item === undefined || type.fields.some((field) => field.name === key)) continue;
    trail.push(key);
    text += `,${writeString(key, trail)}:${writeJson(item, trail)}`;
    trail.pop();
  }
  return text;
}

function writeEnum(type: EnumType, value: unknown, trail: Trail, ids: IdRule): string {
  if (typeof value === 'string') {
    const content = type.variants.get(value);
    if (content === undefined) refuseVariant(type, value, trail);
    if (content !== null) refuse(`the variant ${value} has content: { ${value}: … }`, trail);
    return `"${value}"`;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    refuseShape('a variant: a string, or an object with one key', value, trail);
  }
  const record = value as Record<string, unknown>;
  // A class may declare all variants as fields, of which the others are undefined.
  const tags = Object.keys(record).filter(
    (key) => record[key] !== undefined || type.variants.get(key) === null,
  );
  const tag = tags[0];
  if (tag === undefined || tags.length > 1) refuseShape('a variant: an object with one key', value, trail);
  const content = type.variants.get(tag);
  if (content === undefined) refuseVariant(type, tag, trail);
  if (content === null) refuse(`the variant ${tag} has no content: '${tag}'`, trail);
  trail.push(tag);
  const text = `{"${tag}":${writeCarefully(content, record[tag], trail, ids)}}`;
  trail.pop();
  return text;
}

function refuseVariant(type: EnumType, name: string, trail: Trail): never {
  refuse(
    `unknown variant ${JSON.stringify(name)}; expected one of ${[...type.variants.keys()].join(', ')}`,
    trail,
  );
}

function refuseShape(expected: string, value: unknown, trail: Trail): never {
  refuse(`expected ${expected}, got ${describe(value)}`, trail);
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object')
    return `an object with ${Object.keys(value).slice(0, 3).join(', ') || 'no keys'}`;
  if (typeof value === 'function') return 'a function';
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value);
}
