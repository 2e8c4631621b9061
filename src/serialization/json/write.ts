import {
  assertNothingHidden,
  convertedBy,
  isPlain,
  isWellFormed,
  readsBackAsNumber,
  refuseMalformed,
  refuseNesting,
  refuseNumber,
  refuseType,
  refuseUnreadable,
  toJsonOf,
  type Trail,
} from './json-rules.js';
import { MAX_NESTING } from './scan.js';

/**
 * Returns the JSON text of a value, without spaces. The rules are those of `stringifyJson`.
 * @param trail the path to the value; its length is also the nesting
 * @throws SerializationError (`JOURNAL_SERIALIZATION`)
 */
export function writeJson(value: unknown, trail: Trail): string {
  switch (typeof value) {
    case 'string':
      return writeString(value, trail);
    case 'number':
      return writeNumber(value, trail);
    case 'bigint':
      return value.toString();
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      return value === null ? 'null' : writeObject(value, trail);
    default:
      return refuseType(value, trail);
  }
}

/** Below this value serde_json writes an exponent; JavaScript does so one digit later. */
const SERDE_EXPONENT_BELOW = 1e-5;

/**
 * Returns the text that serde_json writes for the same f64, such as `-0.0` and `1e-6`. A whole number is
 * written as an integer: JavaScript cannot distinguish `1` from `1.0`.
 */
function writeNumber(value: number, trail: Trail): string {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0';
  if (!readsBackAsNumber(value)) refuseNumber(value, trail);
  return Math.abs(value) < SERDE_EXPONENT_BELOW ? value.toExponential() : String(value);
}

function writeObject(value: object, trail: Trail): string {
  if (trail.length >= MAX_NESTING) refuseNesting(trail);
  try {
    return Array.isArray(value) ? writeArray(value, trail) : writeProperties(value, trail);
  } catch (error) {
    return refuseUnreadable(error, trail);
  }
}

function writeProperties(value: object, trail: Trail): string {
  const toJSON = toJsonOf(value, trail);
  if (toJSON !== null) return writeJson(convertedBy(toJSON, value, trail), trail);

  const keys = Object.keys(value);
  if (keys.length === 0) assertNothingHidden(value, trail);
  let text = '';
  for (const key of keys) {
    trail.push(key);
    const item = (value as Record<string, unknown>)[key];
    if (item !== undefined) {
      text += `${(text === '' ? '' : ',') + writeString(key, trail)}:${writeJson(item, trail)}`;
    }
    trail.pop();
  }
  return `{${text}}`;
}

function writeArray(value: readonly unknown[], trail: Trail): string {
  let text = '';
  for (let index = 0; index < value.length; index++) {
    trail.push(index);
    text += (index === 0 ? '' : ',') + writeJson(value[index], trail);
    trail.pop();
  }
  return `[${text}]`;
}

/**
 * Returns a JSON string with the escapes of serde_json and `JSON.stringify`: `\" \\ \b \f \n \r \t`, other
 * control characters as `\u00xx`, any other character raw. Unlike in `JSON.stringify`, half a surrogate pair
 * is an error, because UTF-8 cannot encode it.
 */
export function writeString(value: string, trail: Trail): string {
  if (isPlain(value)) return `"${value}"`;
  if (!isWellFormed(value)) refuseMalformed(trail);
  return JSON.stringify(value);
}
