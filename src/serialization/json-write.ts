import { SerializationError } from '../journal/index.js';
import { MAX_NESTING } from './json-scan.js';

/** The keys that lead from the value a writer was given to the one it is at; what an error message needs. */
export type Trail = (string | number)[];

/** `command.AddOrder.Standard.price`, `result[3]`; names that are no identifiers are quoted. */
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

/**
 * The JSON text of a value, without spaces. The rules are those of `stringifyJson`.
 * @param trail where the value lies; its length is also its nesting
 * @throws SerializationError (`JOURNAL_SERIALIZATION`)
 */
export function writeJson(value: unknown, trail: Trail): string {
  switch (typeof value) {
    case 'string':
      return writeString(value, trail);
    case 'number':
      if (!Number.isFinite(value)) refuse(`${value} is no JSON value`, trail);
      return String(value);
    case 'bigint':
      return value.toString();
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      return value === null ? 'null' : writeObject(value, trail);
    default:
      return refuse(
        value === undefined ? 'undefined is no JSON value' : `a ${typeof value} is no JSON value`,
        trail,
      );
  }
}

function writeObject(value: object, trail: Trail): string {
  if (Array.isArray(value)) return writeArray(value, trail);
  if (trail.length >= MAX_NESTING) refuseNesting(trail);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) refuseLossy(value, trail);
  const toJSON = (value as { toJSON?: unknown }).toJSON;
  if (typeof toJSON === 'function') return writeConverted(value, toJSON as ToJson, trail);

  let text = '';
  for (const key of Object.keys(value)) {
    const item = (value as Record<string, unknown>)[key];
    if (item === undefined) continue;
    trail.push(key);
    text += `${(text === '' ? '' : ',') + writeString(key, trail)}:${writeJson(item, trail)}`;
    trail.pop();
  }
  return `{${text}}`;
}

function writeArray(value: readonly unknown[], trail: Trail): string {
  if (trail.length >= MAX_NESTING) refuseNesting(trail);
  let text = '';
  for (let index = 0; index < value.length; index++) {
    trail.push(index);
    text += (index === 0 ? '' : ',') + writeJson(value[index], trail);
    trail.pop();
  }
  return `[${text}]`;
}

type ToJson = (this: object, key: string) => unknown;

function writeConverted(value: object, toJSON: ToJson, trail: Trail): string {
  const converted = toJSON.call(value, String(trail.at(-1) ?? ''));
  if (converted === null && Object.prototype.toString.call(value) === '[object Date]') {
    refuse('an invalid Date is no JSON value', trail);
  }
  // Only a plain copy is looked at again: an object whose toJSON returns itself would never end.
  if (typeof converted === 'object' && converted !== null && 'toJSON' in converted) {
    if (typeof converted.toJSON === 'function')
      refuse('toJSON returned an object that has toJSON again', trail);
  }
  return writeJson(converted, trail);
}

/**
 * Names of the kinds of objects whose content is not in their own properties, so that they would be written
 * as `{}`.
 */
const LOSSY: ReadonlySet<string> = new Set([
  ...['Map', 'Set', 'WeakMap', 'WeakSet', 'WeakRef', 'Map Iterator', 'Set Iterator', 'Array Iterator'],
  ...['ArrayBuffer', 'SharedArrayBuffer', 'Number', 'String', 'Boolean', 'BigInt', 'Symbol'],
  ...['Promise', 'RegExp', 'Error', 'Generator', 'AsyncGenerator'],
]);

function refuseLossy(value: object, trail: Trail): void {
  // A Buffer has toJSON, but nobody wants its bytes as a list of numbers.
  if (ArrayBuffer.isView(value)) {
    refuse('binary data has no JSON form; encode it, for instance as a base64 string', trail);
  }
  // `[object Map]`: also true for the Map of another realm, which instanceof is not.
  const kind = Object.prototype.toString.call(value).slice('[object '.length, -1);
  if (LOSSY.has(kind)) refuse(`an object of type ${kind} has no JSON form; turn it into plain data`, trail);
}

function refuseNesting(trail: Trail): never {
  refuse(
    `nested deeper than ${MAX_NESTING} levels, or cyclic`,
    trail.slice(0, 8).concat(trail.length > 8 ? ['…'] : []),
  );
}

/**
 * Characters that cannot stand in a JSON string as they are, and halves of surrogate pairs, which need a
 * second look.
 */
const NEEDS_CARE = /["\\\u0000-\u001f\ud800-\udfff]/;

/**
 * A JSON string with the escapes of serde_json, which are those of `JSON.stringify`: `\" \\ \b \f \n \r \t`,
 * other controls as `\u00xx`, anything else raw. Unlike there, half a surrogate pair is an error: UTF-8
 * cannot hold it.
 */
export function writeString(value: string, trail: Trail): string {
  if (isPlain(value)) return `"${value}"`;
  if (!isWellFormed(value)) refuse('a string with half a surrogate pair has no UTF-8 form', trail);
  return JSON.stringify(value);
}

/** Whether a text stands in JSON as it is. */
export function isPlain(text: string): boolean {
  return !NEEDS_CARE.test(text);
}

/** Whether every surrogate has its other half. */
export function isWellFormed(text: string): boolean {
  return !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text);
}
