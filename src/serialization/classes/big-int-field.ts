import { Transform, Type } from 'class-transformer';
import type { TransformFnParams } from 'class-transformer';

/**
 * Marks a field of an event class, or of a nested class, whose values are `bigint`s. JSON does not
 * distinguish `5n` from `5`. Without the decorator a small integer is read back as a `number`, so an event
 * with a `bigint` in that field is rejected.
 *
 * The decorator covers a `bigint` and all `bigint`s below the field: in arrays, nested arrays, dictionaries
 * (`Record<string, bigint>`), the values of a `Map` and the members of a `Set`. `null` and `undefined` stay
 * unchanged. A `Map` or `Set` field needs no extra `@Type()` if TypeScript emits decorator metadata
 * (`emitDecoratorMetadata`).
 *
 * Reading an event whose field holds anything other than integers (as numbers or decimal strings) fails with
 * `JOURNAL_DESERIALIZATION`.
 *
 * @example
 * \@JournalEvent('OrderFilled')
 * export class OrderFilled {
 *   \@BigIntField()
 *   quantity!: bigint;
 *   \@BigIntField()
 *   fills!: Map<string, bigint>;
 * }
 * @publicApi
 */
export function BigIntField(): PropertyDecorator {
  return (target, property) => {
    const declared = declaredType(target, property);
    // Class-transformer makes a Map or a Set only of a field with a type. This type leaves numbers unchanged.
    if (declared === Map || declared === Set) Type(() => BigInt as never)(target, property);
    Transform(toBigInts, { toClassOnly: true })(target, property);
  };
}

/** Returns the `design:type` that TypeScript emits; undefined without reflect-metadata. */
function declaredType(target: object, property: string | symbol): unknown {
  const { getMetadata } = Reflect as {
    getMetadata?: (key: string, target: object, property: string | symbol) => unknown;
  };
  return getMetadata?.('design:type', target, property);
}

/** The transformation of {@link BigIntField}. The planner recognizes it by its identity. */
export function toBigInts({ value }: TransformFnParams): unknown {
  return asBigInts(value);
}

function asBigInts(value: unknown): unknown {
  switch (typeof value) {
    case 'bigint':
    case 'undefined':
      return value;
    case 'number':
      if (Number.isSafeInteger(value)) return BigInt(value);
      break;
    case 'string':
      if (/^-?[0-9]+$/.test(value)) return BigInt(value);
      break;
    case 'object':
      if (value === null) return null;
      return asCollection(value);
  }
  throw new TypeError(`${describe(value)} in a field with @BigIntField() is not an integer`);
}

function asCollection(value: object): unknown {
  if (Array.isArray(value)) return value.map(asBigInts);
  if (value instanceof Map) return new Map(Array.from(value, ([key, item]) => [key, asBigInts(item)]));
  if (value instanceof Set) return new Set(Array.from(value, asBigInts));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asBigInts(item)]));
  }
  throw new TypeError(`an instance of a class in a field with @BigIntField() is not an integer`);
}

function describe(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
