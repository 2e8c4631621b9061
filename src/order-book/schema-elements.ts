import type { OrderBookEngine } from './write-rules.js';
import type { Contradiction } from './match-result-rules.js';

/*
 * The kinds of types that the order-book schema is made of, and the functions that make them. Readers,
 * writers and checks are compiled from these tables.
 */

export interface IntegerType {
  readonly kind: 'integer';
  readonly name: 'u16' | 'u64' | 'u128' | 'i64' | 'i128';
  readonly min: bigint;
  readonly max: bigint;
  /**
   * The smallest value to write, if a later version of the crate accepts less than an earlier one wrote.
   */
  readonly minWritten: bigint;
  /** Whether every u64 may be written. */
  readonly holdsU64: boolean;
  /** Decimal digits of the largest value. */
  readonly maxDigits: number;
  /** In TypeScript a `number` (only where every value is a safe integer) or a `bigint`. */
  readonly as: 'number' | 'bigint';
}

export interface StringType {
  readonly kind: 'string';
  /** Rust parses the texts `order-id` and `user-id` when it reads them. */
  readonly of: 'text' | 'order-id' | 'user-id';
}

export interface BooleanType {
  readonly kind: 'boolean';
}

/** `Option<T>`: null, or the value. A missing member is read as null. */
export interface NullableType {
  readonly kind: 'nullable';
  readonly item: Type;
}

/** `Vec<T>`. */
export interface ListType {
  readonly kind: 'list';
  readonly item: Type;
}

/** A member that only some versions of the crate write. Optional fields are the last ones of their struct. */
export interface OptionalField {
  /** JSON text that versions from `since` on write for a member without a value. */
  readonly filler?: { readonly text: string; readonly since: OrderBookEngine };
}

export interface Field extends OptionalField {
  readonly name: string;
  /** The name as JSON: `"price":`. */
  readonly label: string;
  readonly type: Type;
  readonly optional: boolean;
  /**
   * The value of a missing member in a stored event, as Rust reads it; undefined if Rust requires the
   * member.
   */
  readonly missing?: unknown;
}

/** A check of a whole struct. It runs when a value is written, never when one is read. */
export interface StructRule {
  /** Returns what Rust refuses to read. */
  readonly contradiction: (value: Record<string, unknown>) => Contradiction | null;
  /** The first version that refuses it. */
  readonly since: OrderBookEngine;
}

export interface StructType {
  readonly kind: 'struct';
  /** In the order of the Rust struct, which is the order in JSON. */
  readonly fields: readonly Field[];
  readonly rule?: StructRule;
  /** An object literal of the required fields; see `literals.ts`. */
  readonly literal?: RecordLiteral;
}

/**
 * Makes an object of what `read` returns for each of its fields. The object literal must name them in schema
 * order: its properties are evaluated in that order.
 */
export type RecordLiteral<T = Record<string, unknown>> = <Source>(
  read: { readonly [Name in keyof T]-?: (source: Source) => T[Name] },
  source: Source,
) => T;

/**
 * An externally tagged enum: `"Name"` for a variant without content, `{"Name":content}` for one with content.
 */
export interface EnumType {
  readonly kind: 'enum';
  readonly variants: ReadonlyMap<string, Type | null>;
  /** Other spellings that Rust reads, but never writes. */
  readonly aliases: ReadonlyMap<string, string>;
  /** The first version that reads a variant, if that is not the oldest one. */
  readonly since: ReadonlyMap<string, OrderBookEngine>;
}

/** Any JSON value: what an application adds to an order. */
export interface AnyType {
  readonly kind: 'any';
}

export type Type =
  IntegerType | StringType | BooleanType | NullableType | ListType | StructType | EnumType | AnyType;

export function integer(
  name: IntegerType['name'],
  min: bigint,
  max: bigint,
  as: IntegerType['as'] = 'bigint',
): IntegerType {
  const holdsU64 = min <= 0n && max >= 2n ** 64n - 1n;
  return { kind: 'integer', name, min, minWritten: min, max, holdsU64, maxDigits: max.toString().length, as };
}

/**
 * @param literal for records that occur often or live long
 * @param missing values of members that older versions of the crate do not write
 */
export function struct<T extends object = Record<string, unknown>>(
  fields: Record<string, Type>,
  literal?: RecordLiteral<T>,
  missing: Record<string, unknown> = {},
): StructType {
  const required = Object.entries(fields).map(([name, type]) => ({
    ...field(name, type),
    ...(name in missing ? { missing: missing[name] } : {}),
  }));
  return { kind: 'struct', fields: required, literal: literal as RecordLiteral | undefined };
}

/** The same struct with further, optional fields. */
export function withOptional(type: StructType, fields: Record<string, [Type, OptionalField?]>): StructType {
  const optional = Object.entries(fields).map(([name, [fieldType, options]]): Field => ({
    ...field(name, fieldType),
    optional: true,
    ...options,
  }));
  return { ...type, fields: [...type.fields, ...optional] };
}

function field(name: string, type: Type): Field {
  // serde reads a missing `Option` as `None`.
  const missing = type.kind === 'nullable' ? { missing: null } : {};
  return { name, label: `"${name}":`, type, optional: false, ...missing };
}

export function enumeration(
  variants: Record<string, Type | null>,
  {
    aliases = {},
    since = {},
  }: { aliases?: Record<string, string>; since?: Record<string, OrderBookEngine> } = {},
): EnumType {
  return {
    kind: 'enum',
    variants: new Map(Object.entries(variants)),
    aliases: new Map(Object.entries(aliases)),
    since: new Map(Object.entries(since)),
  };
}

/** An enum without content. */
export function words(...names: string[]): EnumType {
  return enumeration(Object.fromEntries(names.map((name) => [name, null])));
}

export function nullable(item: Type): NullableType {
  return { kind: 'nullable', item };
}

export function list(item: Type): ListType {
  return { kind: 'list', item };
}
