import { openingOf } from './compile-writer.js';
import { labelBytes } from '../serialization/index.js';
import { NOT_AS_SERDE, readAny, readId, readInteger, readUserId, readString, skip, take } from './cursor.js';
import type { Cursor } from './cursor.js';
import { taggedBy } from './literals.js';
import type {
  EnumType,
  Field,
  IntegerType,
  ListType,
  NullableType,
  StringType,
  StructType,
  Type,
} from './schema-elements.js';

/** Reads a value and the text after it, as serde writes them. Throws NOT_AS_SERDE for any other text. */
export type Read = (c: Cursor) => unknown;

/**
 * Compiles the reader of a command or result: one closure for each value in the schema. A closure reads its
 * value and the text up to the next value.
 * @param after the text after the value
 */
export function compileReader(type: EnumType, after = ''): Read {
  return enumReader(type, after, 1);
}

/** Returns the reader of a value whose opening is already read, inside `nesting` brackets. */
function reader(type: Type, after: string, nesting: number): Read {
  switch (type.kind) {
    case 'integer':
      return integerReader(type, labelBytes(after));
    case 'string':
      return stringReader(type.of, labelBytes(after));
    case 'boolean':
      return booleanReader(labelBytes(`true${after}`), labelBytes(`false${after}`));
    case 'nullable':
      return nullableReader(type, after, nesting);
    case 'list':
      return listReader(type, labelBytes(`]${after}`), nesting);
    case 'struct':
      return structReader(type, `}${after}`, nesting);
    case 'enum':
      return enumReader(type, after, nesting);
    case 'any':
      return anyReader(labelBytes(`null${after}`), labelBytes(after), nesting);
  }
}

function integerReader(type: IntegerType, after: Uint8Array): Read {
  if (type.as === 'number') {
    return (c) => {
      const value = Number(readInteger(c, type));
      take(c, after);
      return value;
    };
  }
  return (c) => {
    const value = readInteger(c, type);
    take(c, after);
    return value;
  };
}

function stringReader(of: StringType['of'], after: Uint8Array): Read {
  switch (of) {
    case 'order-id':
      return (c) => {
        const id = readId(c);
        take(c, after);
        return id;
      };
    case 'user-id':
      return (c) => {
        const id = readUserId(c);
        take(c, after);
        return id;
      };
    case 'text':
      return (c) => {
        const text = readString(c);
        take(c, after);
        return text;
      };
  }
}

function booleanReader(whenTrue: Uint8Array, whenFalse: Uint8Array): Read {
  return (c) => {
    if (skip(c, whenTrue)) return true;
    take(c, whenFalse);
    return false;
  };
}

function nullableReader({ item }: NullableType, after: string, nesting: number): Read {
  const whenNull = labelBytes(`null${after}`);
  const opening = labelBytes(openingOf(item));
  const read = reader(item, after, nesting);
  return (c) => {
    if (skip(c, whenNull)) return null;
    take(c, opening);
    return read(c);
  };
}

function anyReader(whenNull: Uint8Array, after: Uint8Array, nesting: number): Read {
  return (c) => {
    if (skip(c, whenNull)) return null;
    const value = readAny(c, nesting);
    take(c, after);
    return value;
  };
}

function listReader({ item }: ListType, closing: Uint8Array, nesting: number): Read {
  const first = labelBytes(openingOf(item));
  const next = labelBytes(`,${openingOf(item)}`);
  const read = reader(item, '', nesting + 1);
  return (c) => {
    const list: unknown[] = [];
    if (skip(c, closing)) return list;
    take(c, first);
    list.push(read(c));
    while (skip(c, next)) list.push(read(c));
    take(c, closing);
    return list;
  };
}

function enumReader({ variants }: EnumType, after: string, nesting: number): Read {
  const tags = [...variants.keys()];
  const starts: Uint8Array[] = [];
  const contents: (Read | null)[] = [];
  for (const [tag, content] of variants) {
    starts.push(labelBytes(content ? `{"${tag}":${openingOf(content)}` : `"${tag}"${after}`));
    contents.push(content && tagged(tag, reader(content, `}${after}`, nesting + 1)));
  }
  return (c) => {
    for (let index = 0; index < starts.length; index++) {
      if (!skip(c, starts[index] as Uint8Array)) continue;
      const read = contents[index];
      return read ? read(c) : tags[index];
    }
    throw NOT_AS_SERDE;
  };
}

function tagged(tag: string, read: Read): Read {
  const wrap = taggedBy(tag);
  return (c) => wrap(read(c));
}

function structReader({ fields, literal }: StructType, closing: string, nesting: number): Read {
  const required = fields.filter(({ optional }) => !optional);
  const optional = fields.filter((field) => field.optional);
  const read: Record<string, Read> = {};
  for (const [index, { name, type }] of required.entries()) {
    const next = required[index + 1];
    let after = optional.length > 0 ? '' : closing;
    if (next !== undefined) after = `,${next.label}${openingOf(next.type)}`;
    read[name] = reader(type, after, nesting + 1);
  }
  const readRequired = literal === undefined ? loop(read) : (c: Cursor) => literal(read, c);
  return optional.length === 0
    ? readRequired
    : withOptional(readRequired, optional, labelBytes(closing), nesting);
}

/** Assigns the fields in a loop, for records that are too rare to have an object literal. */
function loop(read: Readonly<Record<string, Read>>): (c: Cursor) => Record<string, unknown> {
  const fields = Object.entries(read);
  return (c) => {
    const record: Record<string, unknown> = {};
    for (const [name, readField] of fields) record[name] = readField(c);
    return record;
  };
}

function withOptional(
  readRequired: (c: Cursor) => Record<string, unknown>,
  fields: readonly Field[],
  closing: Uint8Array,
  nesting: number,
): Read {
  const optional = fields.map(({ name, label: text, type }) => ({
    name,
    start: labelBytes(`,${text}${openingOf(type)}`),
    read: reader(type, '', nesting + 1),
  }));
  return (c) => {
    const record = readRequired(c);
    for (const { name, start, read } of optional) if (skip(c, start)) record[name] = read(c);
    take(c, closing);
    return record;
  };
}
