import { onlyKeyOf } from '../common/index.js';
import { DeserializationError } from '../journal/index.js';
import { copyWithin, isWellFormed, pathOf, refuse, setOwn } from '../serialization/index.js';
import type { Trail } from '../serialization/index.js';
import { ULID_LENGTH, isOrderId, isReadAsNumber, isUserId } from './ids.js';
import { isKnownUserId } from './user-id-cache.js';
import { taggedBy } from './literals.js';
import type { EnumType, Field, IntegerType, StringType, StructType, Type } from './schema-elements.js';
import { isSince } from './write-rules.js';
import type { WriteRules } from './write-rules.js';

/**
 * Checks a value and returns it in its usual shape: plain objects with their fields in schema order and
 * unknown fields last, integers as `bigint`, enums in their usual spelling. The result shares no object with
 * a value of the application.
 */
export type Check = (value: unknown, trail: Trail) => unknown;

/**
 * Compiles the check of a type. It checks parsed JSON, whose integers are all `bigint`, or a value that an
 * application writes. The trail of the check is the path to the value in the event, one key for each
 * bracket around it.
 *
 * The check throws a DeserializationError (`JOURNAL_DESERIALIZATION`) or a SerializationError
 * (`JOURNAL_SERIALIZATION`) that names the path.
 * @param rules of writing; null for parsed JSON
 */
export function compileCheck(type: Type, rules: WriteRules | null): Check {
  const fail = rules === null ? failToRead : refuse;
  switch (type.kind) {
    case 'integer':
      return rules === null ? readIntegerCheck(type) : writtenIntegerCheck(type);
    case 'string':
      return stringCheck(type, rules, fail);
    case 'boolean':
      return (value, trail) =>
        typeof value === 'boolean' ? value : fail(`expected true or false, got ${describe(value)}`, trail);
    case 'nullable': {
      const check = compileCheck(type.item, rules);
      return (value, trail) => (value === null ? null : check(value, trail));
    }
    case 'list': {
      const check = compileCheck(type.item, rules);
      return (value, trail) => {
        if (!Array.isArray(value)) fail(`expected an array, got ${describe(value)}`, trail);
        return Array.from(value as unknown[], (item, index) => checkAt(check, index, item, trail));
      };
    }
    case 'struct':
      return structCheck(type, rules, fail);
    case 'enum':
      return enumCheck(type, rules, fail);
    case 'any':
      // `extra_fields: ()` is null in JSON; an application may leave it out.
      return rules === null
        ? withSafeNumbers
        : (value, trail) => (value === undefined ? null : copyWithin(value, trail));
  }
}

type Fail = (reason: string, trail: Trail) => never;

function failToRead(reason: string, trail: Trail): never {
  throw new DeserializationError(`${pathOf(trail)}: ${reason}`);
}

function checkAt(check: Check, key: string | number, value: unknown, trail: Trail): unknown {
  trail.push(key);
  const checked = check(value, trail);
  trail.pop();
  return checked;
}

function readIntegerCheck(type: IntegerType): Check {
  return (value, trail) => {
    if (typeof value !== 'bigint') {
      return failToRead(`expected an integer (${type.name}), got ${describe(value)}`, trail);
    }
    if (value < type.min || value > type.max) failToRead(`${value} is out of range for ${type.name}`, trail);
    return type.as === 'number' ? Number(value) : value;
  };
}

function writtenIntegerCheck(type: IntegerType): Check {
  return (value, trail) => {
    if (typeof value !== 'bigint') {
      if (typeof value !== 'number' || !Number.isInteger(value)) {
        refuse(
          `expected an integer (${type.name}), as a bigint or a safe number, got ${describe(value)}`,
          trail,
        );
      }
      if (!Number.isSafeInteger(value)) refuse(`${value} is not a safe integer; use a bigint`, trail);
    }
    // A comparison of a number with a bigint is exact.
    if (value < type.minWritten || value > type.max)
      refuse(`${value} is out of range for ${type.name}`, trail);
    if (type.as === 'number') return Number(value);
    return typeof value === 'bigint' ? value : BigInt(value);
  };
}

function stringCheck({ of }: StringType, rules: WriteRules | null, fail: Fail): Check {
  const idKind = rules?.ids === 'checked' ? of : 'text';
  return (value, trail) => {
    if (typeof value !== 'string') return fail(`expected a string, got ${describe(value)}`, trail);
    if (idKind === 'order-id') {
      if (value.length === ULID_LENGTH && isReadAsNumber(value))
        fail(`orderbook-rs before 0.14 reads the ULID ${value} as a number`, trail);
      if (!isOrderId(value)) {
        fail(
          `expected an id that Rust can read: a UUID, a ULID or a decimal u64, got ${describe(value)}`,
          trail,
        );
      }
    } else if (idKind === 'user-id') {
      if (!isKnownUserId(value) && !isUserId(value)) {
        fail(
          `expected a user id that Rust can read: 64 lower-case hex digits, got ${describe(value)}`,
          trail,
        );
      }
    } else if (!isWellFormed(value)) {
      fail('half a surrogate pair, which UTF-8 cannot encode', trail);
    }
    return value;
  };
}

/** A struct whose fields are being checked. */
interface Source {
  readonly record: Readonly<Record<string, unknown>>;
  readonly trail: Trail;
}

function structCheck({ fields, literal, rule }: StructType, rules: WriteRules | null, fail: Fail): Check {
  const names = new Set(fields.map(({ name }) => name));
  const read = Object.fromEntries(fields.map((field) => [field.name, fieldCheck(field, rules, fail)]));
  const looped = literal === undefined ? fields : fields.filter(({ optional }) => optional);
  const contradictionOf =
    rules?.ids === 'checked' && isSince(rules.engine, rule?.since) ? rule?.contradiction : undefined;
  // A later version of the crate may write more fields. serde ignores them; the codec keeps them.
  const keepOthers = ({ record, trail }: Source, checked: Record<string, unknown>): void => {
    for (const key of Object.keys(record)) {
      if (names.has(key)) continue;
      const item = record[key];
      if (item === undefined) continue;
      setOwn(checked, key, rules === null ? withSafeNumbers(item) : copyWithin(item, [...trail, key]));
    }
  };
  return (value, trail) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return fail(`expected an object, got ${describe(value)}`, trail);
    }
    const from: Source = { record: value as Record<string, unknown>, trail };
    const checked: Record<string, unknown> = literal === undefined ? {} : literal(read as never, from);
    for (const { name } of looped) {
      const item = (read[name] as (source: Source) => unknown)(from);
      if (item !== undefined) checked[name] = item;
    }
    if (!hasOnlyFields(value, fields)) keepOthers(from, checked);
    const contradiction = contradictionOf?.(checked);
    if (contradiction) fail(contradiction.reason, [...trail, ...contradiction.path]);
    return checked;
  };
}

/**
 * Whether the first keys of an object are the names of `fields`, and it has no others. False for some objects
 * of which that is true, such as one with its fields in another order.
 */
function hasOnlyFields(value: object, fields: readonly Field[]): boolean {
  let index = 0;
  // Unlike Object.keys, the loop makes no list.
  for (const key in value) {
    if (fields[index]?.name !== key) return false;
    index += 1;
  }
  return true;
}

/** Returns the check of a field. The check gives undefined for an optional field that is missing. */
function fieldCheck(field: Field, rules: WriteRules | null, fail: Fail): (source: Source) => unknown {
  const { name, type, optional, missing } = field;
  const check = compileCheck(type, rules);
  return ({ record, trail }) => {
    const item = record[name];
    if (item === undefined) {
      if (optional) return undefined;
      if (rules === null)
        return missing === undefined ? fail(`the field ${name} is missing`, trail) : missing;
    }
    return checkAt(check, name, item, trail);
  };
}

function enumCheck(type: EnumType, rules: WriteRules | null, fail: Fail): Check {
  const checks = new Map(
    [...type.variants].map(([tag, content]) => [tag, content && compileCheck(content, rules)]),
  );
  const known = [...type.variants.keys()].join(', ');
  const unknownVariant = (tag: string, trail: Trail): never => {
    const which = rules === null ? 'this version knows' : 'expected one of';
    return fail(`unknown variant ${JSON.stringify(tag)}; ${which} ${known}`, trail);
  };
  const spelling = (tag: string): string => (rules === null ? (type.aliases.get(tag) ?? tag) : tag);
  return (value, trail) => {
    if (typeof value === 'string') {
      const tag = spelling(value);
      const check = checks.get(tag);
      if (check === undefined) unknownVariant(value, trail);
      if (check !== null) fail(`the variant ${tag} has content: { ${tag}: … }`, trail);
      return tag;
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return fail(`expected a variant: a string, or an object with one key, got ${describe(value)}`, trail);
    }
    const key = tagOf(value as Record<string, unknown>, type, rules);
    if (key === null) {
      return fail(`expected a variant: an object with one key, got ${describe(value)}`, trail);
    }
    const tag = spelling(key);
    const check = checks.get(tag);
    if (check === undefined) return unknownVariant(key, trail);
    const content = (value as Record<string, unknown>)[key];
    if (check === null) {
      // serde also reads a variant without content in this form.
      if (rules === null && content === null) return tag;
      return fail(`the variant ${tag} has no content: '${tag}'`, trail);
    }
    const since = type.since.get(tag);
    if (rules !== null && !isSince(rules.engine, since)) {
      fail(`orderbook-rs ${rules.engine} cannot read the variant ${tag}, which ${since} added`, trail);
    }
    const checked = checkAt(check, tag, content, trail);
    return taggedBy(tag)(checked);
  };
}

/** Returns the key that names the variant; null if there is none, or more than one. */
function tagOf(
  value: Record<string, unknown>,
  { variants }: EnumType,
  rules: WriteRules | null,
): string | null {
  const only = onlyKeyOf(value);
  if (only !== null || rules === null) return only;
  // A class may declare all variants as fields; the unused ones are undefined.
  const used = Object.keys(value).filter((key) => value[key] !== undefined || variants.get(key) === null);
  return used.length === 1 ? (used[0] as string) : null;
}

/**
 * Converts the integers of parsed JSON to the types of the generic codec: safe ones become numbers. Changes
 * the value in place.
 */
function withSafeNumbers(value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  if (typeof value === 'object' && value !== null) {
    const container = value as Record<string, unknown>;
    for (const key of Object.keys(container)) container[key] = withSafeNumbers(container[key]);
  }
  return value;
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') {
    return `an object with ${Object.keys(value).slice(0, 3).join(', ') || 'no keys'}`;
  }
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint') return `the integer ${value}`;
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value);
}
