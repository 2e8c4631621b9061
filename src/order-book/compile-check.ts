import { onlyKeyOf } from '../common/index.js';
import { copyWithin, refuse, setOwn } from '../serialization/index.js';
import type { Trail } from '../serialization/index.js';
import {
  describe,
  failToRead,
  readIntegerCheck,
  stringCheck,
  writtenIntegerCheck,
  type Check,
  type Fail,
} from './check-values.js';
import { compileAcceptance, type Accepts } from './compile-acceptance.js';
import { compileShallowCopy, countRequired, leadingFields } from './fields-in-order.js';
import { taggedBy } from './literals.js';
import type { EnumType, Field, StructType, Type } from './schema-elements.js';
import { isSince } from './write-rules.js';
import type { WriteRules } from './write-rules.js';

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

function checkAt(check: Check, key: string | number, value: unknown, trail: Trail): unknown {
  trail.push(key);
  const checked = check(value, trail);
  trail.pop();
  return checked;
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
  const withoutContradiction = (checked: Record<string, unknown>, trail: Trail): unknown => {
    const contradiction = contradictionOf?.(checked);
    if (contradiction) fail(contradiction.reason, [...trail, ...contradiction.path]);
    return checked;
  };
  const required = countRequired(fields);
  const checkInOrder =
    literal === undefined || rules === null ? null : compileCheckInOrder(fields, literal, rules);
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
    const record = value as Record<string, unknown>;
    if (checkInOrder !== null && leadingFields(record, fields) >= required)
      return withoutContradiction(checkInOrder(record, trail), trail);
    const from: Source = { record, trail };
    const checked: Record<string, unknown> = literal === undefined ? {} : literal(read as never, from);
    for (const { name } of looped) {
      const item = (read[name] as (source: Source) => unknown)(from);
      if (item !== undefined) checked[name] = item;
    }
    keepOthers(from, checked);
    return withoutContradiction(checked, trail);
  };
}

/**
 * Compiles the check of objects that {@link leadingFields} accepts, which an application usually writes. It
 * gives the same result as the check of other objects in a third of the time. It copies the object first, so
 * that every property is read once, and checks the copy: a loop over the keys of one object finds their
 * values without a look-up.
 */
function compileCheckInOrder(
  fields: readonly Field[],
  literal: NonNullable<StructType['literal']>,
  rules: WriteRules,
): (record: Record<string, unknown>, trail: Trail) => Record<string, unknown> {
  const shallowCopy = compileShallowCopy(fields, literal);
  const accepts = fields.map(({ type }) => compileAcceptance(type, rules));
  const checks = fields.map(({ type }) => compileCheck(type, rules));
  return (record, trail) => {
    const checked = shallowCopy(record);
    let index = 0;
    for (const key in checked) {
      // An optional field may have no value.
      while ((fields[index] as Field).name !== key) index += 1;
      const item = checked[key];
      if (!(accepts[index] as Accepts)(item))
        checked[key] = checkAt(checks[index] as Check, key, item, trail);
      index += 1;
    }
    return checked;
  };
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

interface Variant {
  /** Null for a variant without content. */
  readonly check: Check | null;
  /** Whether the version that shares the journal can read it. */
  readonly isKnown: boolean;
  /** Puts content into an object with the tag. */
  readonly put: (content: unknown) => Record<string, unknown>;
}

function enumCheck(type: EnumType, rules: WriteRules | null, fail: Fail): Check {
  const variants = new Map(
    [...type.variants].map(([tag, content]): [string, Variant] => [
      tag,
      {
        check: content && compileCheck(content, rules),
        isKnown: rules === null || isSince(rules.engine, type.since.get(tag)),
        put: taggedBy(tag),
      },
    ]),
  );
  const known = [...type.variants.keys()].join(', ');
  const unknownVariant = (tag: string, trail: Trail): never => {
    const which = rules === null ? 'this version knows' : 'expected one of';
    return fail(`unknown variant ${JSON.stringify(tag)}; ${which} ${known}`, trail);
  };
  const spelling = (tag: string): string => (rules === null ? (type.aliases.get(tag) ?? tag) : tag);
  const checkAnyTag = (value: Record<string, unknown>, trail: Trail): unknown => {
    const key = tagOf(value, type, rules);
    if (key === null) {
      return fail(`expected a variant: an object with one key, got ${describe(value)}`, trail);
    }
    const tag = spelling(key);
    const variant = variants.get(tag);
    if (variant === undefined) return unknownVariant(key, trail);
    const { check, isKnown, put } = variant;
    const content = value[key];
    if (check === null) {
      // serde also reads a variant without content in this form.
      if (rules === null && content === null) return tag;
      return fail(`the variant ${tag} has no content: '${tag}'`, trail);
    }
    if (!isKnown) {
      const since = type.since.get(tag);
      fail(`orderbook-rs ${rules?.engine} cannot read the variant ${tag}, which ${since} added`, trail);
    }
    return put(checkAt(check, tag, content, trail));
  };
  return (value, trail) => {
    if (typeof value === 'string') {
      const tag = spelling(value);
      const variant = variants.get(tag);
      if (variant === undefined) return unknownVariant(value, trail);
      if (variant.check !== null) fail(`the variant ${tag} has content: { ${tag}: … }`, trail);
      return tag;
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return fail(`expected a variant: a string, or an object with one key, got ${describe(value)}`, trail);
    }
    let only: string | null = null;
    let content: unknown;
    // The usual object has one key. See the loop over the keys of a struct.
    for (const key in value) {
      if (only !== null) return checkAnyTag(value as Record<string, unknown>, trail);
      only = key;
      content = (value as Record<string, unknown>)[key];
    }
    const variant = only !== null && Object.hasOwn(value, only) ? variants.get(only) : undefined;
    if (only === null || variant === undefined || variant.check === null || !variant.isKnown)
      return checkAnyTag(value as Record<string, unknown>, trail);
    return variant.put(checkAt(variant.check, only, content, trail));
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
