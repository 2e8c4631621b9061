import { DeserializationError } from '../journal/index.js';
import { isWellFormed, pathOf } from '../serialization/index.js';
import type { Trail } from '../serialization/index.js';
import type { EnumType, IntegerType, StructType, Type } from './schema.js';

/**
 * Turns parsed JSON (integers as `bigint`) into the value of a type: integers checked against their range,
 * other spellings of enums made the usual one, unknown fields kept behind the known ones.
 * @param trail where the value lies in the event
 * @throws DeserializationError (`JOURNAL_DESERIALIZATION`) that names the path
 */
export function readCarefully(type: Type, value: unknown, trail: Trail): unknown {
  switch (type.kind) {
    case 'integer':
      return checkInteger(type, value, trail);
    case 'string':
      if (typeof value !== 'string') fail('a string', value, trail);
      if (!isWellFormed(value)) failBecause('half a surrogate pair, which no UTF-8 text has', trail);
      return value;
    case 'boolean':
      return typeof value === 'boolean' ? value : fail('true or false', value, trail);
    case 'nullable':
      return value === null ? null : readCarefully(type.item, value, trail);
    case 'list':
      if (!Array.isArray(value)) fail('a list', value, trail);
      return value.map((item, index) => at(trail, index, () => readCarefully(type.item, item, trail)));
    case 'struct':
      return checkStruct(type, value, trail);
    case 'enum':
      return checkEnum(type, value, trail);
    case 'any':
      return asGeneric(value);
  }
}

function checkInteger(type: IntegerType, value: unknown, trail: Trail): bigint | number {
  if (typeof value !== 'bigint') fail(`an integer (${type.name})`, value, trail);
  if (value < type.min || value > type.max) failBecause(`${value} is out of range for ${type.name}`, trail);
  return type.as === 'number' ? Number(value) : value;
}

function checkStruct(type: StructType, value: unknown, trail: Trail): Record<string, unknown> {
  if (!isRecord(value)) fail('an object', value, trail);
  const struct: Record<string, unknown> = {};
  for (const field of type.fields) {
    if (Object.hasOwn(value, field.name)) {
      struct[field.name] = at(trail, field.name, () => readCarefully(field.type, value[field.name], trail));
    } else if (field.missing !== undefined) {
      struct[field.name] = field.missing;
    } else if (!field.optional) {
      failBecause(`the field ${field.name} is missing`, trail);
    }
  }
  // A later version of the crate may write more fields; serde ignores what it does not know, and so do we.
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(struct, key)) continue;
    const unknown = asGeneric(value[key]);
    Object.defineProperty(struct, key, {
      value: unknown,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return struct;
}

function checkEnum(type: EnumType, value: unknown, trail: Trail): unknown {
  if (typeof value === 'string') {
    const name = type.aliases.get(value) ?? value;
    const content = type.variants.get(name);
    if (content === undefined) failUnknownVariant(type, value, trail);
    if (content !== null) failBecause(`the variant ${name} has content`, trail);
    return name;
  }
  if (!isRecord(value)) fail('a variant: a string, or an object with one key', value, trail);
  const [tag, ...others] = Object.keys(value);
  if (tag === undefined || others.length > 0) fail('a variant: an object with one key', value, trail);
  const name = type.aliases.get(tag) ?? tag;
  const content = type.variants.get(name);
  if (content === undefined) failUnknownVariant(type, tag, trail);
  if (content === null) {
    // serde also reads a variant without content in this form.
    return value[tag] === null ? name : failBecause(`the variant ${name} has no content`, trail);
  }
  return { [name]: at(trail, name, () => readCarefully(content, value[tag], trail)) };
}

/** By the rules of the generic codec: safe integers are numbers. In place; it was just parsed. */
function asGeneric(value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) value[index] = asGeneric(value[index]);
  } else if (isRecord(value)) {
    for (const key of Object.keys(value)) value[key] = asGeneric(value[key]);
  }
  return value;
}

function at<T>(trail: Trail, key: string | number, action: () => T): T {
  trail.push(key);
  const result = action();
  trail.pop();
  return result;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function failUnknownVariant(type: EnumType, name: string, trail: Trail): never {
  failBecause(
    `unknown variant ${JSON.stringify(name)}; this version knows ${[...type.variants.keys()].join(', ')}`,
    trail,
  );
}

function fail(expected: string, value: unknown, trail: Trail): never {
  failBecause(`expected ${expected}, got ${describe(value)}`, trail);
}

function failBecause(reason: string, trail: Trail): never {
  throw new DeserializationError(`${pathOf(trail)}: ${reason}`);
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object')
    return `an object with ${Object.keys(value).slice(0, 3).join(', ') || 'no keys'}`;
  if (typeof value === 'bigint') return `the integer ${value}`;
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value);
}
