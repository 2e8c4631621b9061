import { SerializationError } from '../../journal/index.js';
import { MAX_NESTING } from './scan.js';

/**
 * The values that JSON can hold, as rules that the writer, the copier and snapshots share:
 *
 * - strings, booleans, null, bigints, and the numbers that read back as the same number;
 * - arrays without holes;
 * - objects with `toJSON`, as what that returns;
 * - other objects, class instances too, as their own enumerable properties; symbol keys are ignored.
 *
 * Objects whose content is not in their properties (Map, Headers, Intl objects, private fields behind
 * getters) are rejected.
 */

/** The keys from the value given to a writer to the current value, for error messages. */
export type Trail = (string | number)[];

/**
 * Formats a path: `command.AddOrder.Standard.price`, `result[3]`. Names that are not identifiers are quoted.
 */
export function pathOf(trail: readonly (string | number)[]): string {
  let path = '';
  for (const key of trail) {
    if (typeof key === 'number') path += `[${key}]`;
    else if (/^[A-Za-z_$][\w$]*$/.test(key)) path += path === '' ? key : `.${key}`;
    else path += `[${JSON.stringify(key)}]`;
  }
  return path === '' ? '(top level)' : path;
}

/** @throws SerializationError (`JOURNAL_SERIALIZATION`), always */
export function refuse(reason: string, trail: Trail, cause?: unknown): never {
  throw new SerializationError(reason, pathOf(trail), cause === undefined ? {} : { cause });
}

type ToJson = (this: object, key: string) => unknown;

/**
 * From this value on, `String` writes an integer with an exponent, and a JSON number with an exponent is read
 * as a double.
 */
const EXPONENT_FROM = 1e21;

/**
 * Whether the text of a number reads back as that number. False for NaN, the infinities, and integers that
 * would read back as bigints.
 */
export function readsBackAsNumber(value: number): boolean {
  if (Number.isSafeInteger(value)) return true;
  return Number.isFinite(value) && (!Number.isInteger(value) || Math.abs(value) >= EXPONENT_FROM);
}

export function refuseNumber(value: number, trail: Trail): never {
  if (!Number.isFinite(value)) refuse(`${value} is not a JSON value`, trail);
  refuse(
    `the number ${value} is beyond Number.MAX_SAFE_INTEGER, so its last digits are not exact; use a bigint`,
    trail,
  );
}

/** Rejects half a surrogate pair. */
export function refuseMalformed(trail: Trail): never {
  refuse('a string with half a surrogate pair has no UTF-8 form', trail);
}

/** Rejects functions, symbols and undefined. */
export function refuseType(value: unknown, trail: Trail): never {
  refuse(
    value === undefined ? 'undefined is not a JSON value' : `a ${typeof value} is not a JSON value`,
    trail,
  );
}

/**
 * Returns the `toJSON` of an object that is not an array; null if the object is stored as its properties.
 * @throws SerializationError for objects that have neither
 */
export function toJsonOf(value: object, trail: Trail): ToJson | null {
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = prototype === Object.prototype || prototype === null;
  // A Buffer has toJSON, but it returns the bytes as a list of numbers, which is not a useful form.
  if (!isPlain && ArrayBuffer.isView(value)) {
    refuse('binary data has no JSON form; encode it, for instance as a base64 string', trail);
  }
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') return toJSON as ToJson;
  if (!isPlain) assertOwnContent(value, trail);
  return null;
}

/** Returns the result of `toJSON`, which is called only once. */
export function convertedBy(toJSON: ToJson, value: object, trail: Trail): unknown {
  const converted = toJSON.call(value, String(trail.at(-1) ?? ''));
  if (converted === null && Object.prototype.toString.call(value) === '[object Date]') {
    refuse('an invalid Date is not a JSON value', trail);
  }
  // An object whose toJSON returns the object itself would never end.
  if (typeof converted === 'object' && converted !== null && 'toJSON' in converted) {
    if (typeof converted.toJSON === 'function')
      refuse('toJSON returned an object that has a toJSON method itself', trail);
  }
  return converted;
}

/** Tags of built-in objects whose content is not in their properties, even if they have some. */
const BUILT_IN: ReadonlySet<string> = new Set([
  ...['Map', 'Set', 'WeakMap', 'WeakSet', 'WeakRef', 'Map Iterator', 'Set Iterator', 'Array Iterator'],
  ...['ArrayBuffer', 'SharedArrayBuffer', 'Number', 'String', 'Boolean', 'BigInt', 'Symbol'],
  ...['Promise', 'RegExp', 'Error', 'Generator', 'AsyncGenerator'],
]);

/**
 * Rejects objects of the language and the platform. A class of the application may have a tag if it also has
 * data properties.
 */
function assertOwnContent(value: object, trail: Trail): void {
  // `[object Map]` is the tag in every realm; instanceof recognizes only one realm.
  const kind = Object.prototype.toString.call(value).slice('[object '.length, -1);
  if (kind === 'Object' || (!BUILT_IN.has(kind) && hasDataProperty(value))) return;
  refuse(`an object of type ${kind} has no JSON form; turn it into plain data`, trail);
}

function hasDataProperty(value: object): boolean {
  return Object.keys(value).some((key) => {
    const property = Object.getOwnPropertyDescriptor(value, key);
    return property !== undefined && 'value' in property;
  });
}

/**
 * Checks that an object without enumerable properties, which would be stored as `{}`, has no hidden content.
 * Private fields are invisible from outside, but the getters that expose them are not.
 * @throws SerializationError
 */
export function assertNothingHidden(value: object, trail: Trail): void {
  const hidden = Reflect.ownKeys(value).some((key) => {
    const property = Object.getOwnPropertyDescriptor(value, key);
    if (property === undefined || isNote(key, property)) return false;
    // A declared field without a value is an undefined property. The command class of @nestjs/cqrs has one
    // for its result type.
    return !('value' in property) || property.value !== undefined;
  });
  if (hidden) refuseHidden('is in properties that are symbols or not enumerable', trail);
  let prototype = Object.getPrototypeOf(value) as object | null;
  while (prototype !== null) {
    const parent = Object.getPrototypeOf(prototype) as object | null;
    // Object.prototype has an accessor, `__proto__`, that is not content.
    if (isObjectPrototype(prototype)) return;
    if (Object.values(Object.getOwnPropertyDescriptors(prototype)).some(showsContent)) {
      refuseHidden('is behind its getters or inherited', trail);
    }
    prototype = parent;
  }
}

/**
 * Whether a property is an annotation of another library: @nestjs/cqrs attaches the `AsyncContext` of a
 * command or an event like this.
 */
function isNote(key: PropertyKey, { enumerable }: PropertyDescriptor): boolean {
  return typeof key === 'symbol' && enumerable === false;
}

/** Whether this is the `Object.prototype` of any realm. */
export function isObjectPrototype(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf');
}

/** Whether a property shows content: it is neither a method nor undefined. */
function showsContent({ get, value }: PropertyDescriptor): boolean {
  return get !== undefined || (value !== undefined && typeof value !== 'function');
}

function refuseHidden(where: string, trail: Trail): never {
  refuse(`nothing of this object would be stored: its content ${where}; turn it into plain data`, trail);
}

/**
 * Rethrows an error of this package unchanged. Any other error, from a getter, a `toJSON` or a proxy, becomes
 * a cause.
 */
export function refuseUnreadable(error: unknown, trail: Trail): never {
  if (error instanceof SerializationError) throw error;
  refuse('reading it failed', trail, error);
}

export function refuseNesting(trail: Trail): never {
  refuse(
    `nested deeper than ${MAX_NESTING} levels, or cyclic`,
    trail.slice(0, 8).concat(trail.length > 8 ? ['…'] : []),
  );
}

/** Characters that JSON strings must escape, and halves of surrogate pairs, which require a second check. */
const NEEDS_CARE = /["\\\u0000-\u001f\ud800-\udfff]/;

/** Whether a text needs no escapes in JSON. */
export function isPlain(text: string): boolean {
  return !NEEDS_CARE.test(text);
}

/**
 * Whether every surrogate has its other half. V8 decides this for most strings by their internal
 * representation.
 */
export function isWellFormed(text: string): boolean {
  return text.isWellFormed();
}
