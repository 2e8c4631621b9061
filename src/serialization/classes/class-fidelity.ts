import { TransformationType } from 'class-transformer';
import { planOf, stepsOf, type Defaults } from './class-plan.js';
import type { Collection, Constructor, PropertyPlan } from './property-plan.js';

/**
 * Whether an instance of `type` certainly survives a round trip: `toPlain` made `plain` of it, and plain JSON
 * stores `plain`. False means that only storing and reading it can show the result: the class has a
 * transformation, a getter or a conversion by the library, or data would be lost.
 *
 * The check costs less than reading back, and most events of most classes pass it. Such events hold values
 * that JSON represents exactly, in arrays, dictionaries, Maps and Sets with a `@Type`, and nested classes.
 */
export function certainlyRoundTrips(live: object, plain: unknown, type: Constructor): boolean {
  try {
    return isSame(live, plain, type, 'list', false);
  } catch {
    // A constructor that needs arguments, a proxy, or a class without a plan: reading back reports the cause.
    return false;
  }
}

/** @param asBigInts whether the field has `@BigIntField()`: all its numbers read back as bigints */
function isSame(
  live: unknown,
  plain: unknown,
  type: Constructor | undefined,
  collection: Collection,
  asBigInts: boolean,
): boolean {
  switch (typeof live) {
    case 'string':
    case 'boolean':
      return live === plain && !asBigInts;
    case 'number':
      return Object.is(live, plain) && !asBigInts && isExact(live);
    case 'bigint':
      return live === plain && (asBigInts || !Number.isSafeInteger(Number(live)));
    case 'object':
      return live === null ? plain === null : isSameObject(live, plain, type, collection, asBigInts);
    default:
      return false;
  }
}

/** Whether a number is read back as a number; larger integers are read as bigints. */
export function isExact(value: number): boolean {
  return Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value));
}

function isSameObject(
  live: object,
  plain: unknown,
  type: Constructor | undefined,
  collection: Collection,
  asBigInts: boolean,
): boolean {
  if (typeof plain !== 'object' || plain === null) return false;
  if (Object.getOwnPropertySymbols(live).length > 0) return false;
  switch (Object.getPrototypeOf(live) as unknown) {
    case Array.prototype:
      return (
        (collection === 'list' || collection === 'map') &&
        isSameList(live as unknown[], plain, type, asBigInts)
      );
    case Object.prototype:
      return (
        type === undefined && collection !== 'map' && isSameDictionary(live as Properties, plain, asBigInts)
      );
    case Map.prototype: {
      const isMap = collection === 'map' || (type as unknown) === Map;
      const itemType = (type as unknown) === Map ? undefined : type;
      return isMap && isSameMap(live as Map<unknown, unknown>, plain as Properties, itemType, asBigInts);
    }
    case Set.prototype:
      return (
        collection === 'set' &&
        Object.keys(live).length === 0 &&
        isSameList([...(live as Set<unknown>)], plain, type, asBigInts)
      );
    case Date.prototype:
      return (type as unknown) === Date && !asBigInts && isSameDate(live as Date, plain);
    case type?.prototype:
      return (
        collection !== 'map' && !asBigInts && isSameInstance(live as Properties, plain as Properties, type)
      );
    default:
      return false;
  }
}

type Properties = Readonly<Record<string, unknown>>;

function isSameList(
  live: readonly unknown[],
  plain: object,
  type: Constructor | undefined,
  asBigInts: boolean,
): boolean {
  const { length } = live;
  if (!Array.isArray(plain) || plain.length !== length) return false;
  // An array with holes has fewer keys; one with extra properties has more.
  if (Object.keys(live).length !== length) return false;
  for (let index = 0; index < length; index += 1) {
    if (!isSame(live[index], plain[index], type, 'list', asBigInts)) return false;
  }
  return true;
}

function isSameDictionary(live: Properties, plain: object, asBigInts: boolean): boolean {
  const names = Object.keys(plain);
  const liveNames = Object.keys(live);
  if (liveNames.length !== names.length) return false;
  for (let index = 0; index < names.length; index += 1) {
    const name = names[index] as string;
    if (liveNames[index] !== name) return false;
    const item = live[name];
    const stored = (plain as Properties)[name];
    // Both are missing after a reload, which counts as the same.
    if (item === undefined && stored === undefined) continue;
    if (!isSame(item, stored, undefined, 'list', asBigInts)) return false;
  }
  return true;
}

function isSameMap(
  live: ReadonlyMap<unknown, unknown>,
  plain: Properties,
  type: Constructor | undefined,
  asBigInts: boolean,
): boolean {
  const names = Object.keys(plain);
  if (names.length !== live.size || Object.keys(live).length > 0) return false;
  let index = 0;
  for (const [key, item] of live) {
    // An object lists keys that look like array indexes first, in numeric order.
    if (names[index] !== key || !isSame(item, plain[key as string], type, 'list', asBigInts)) return false;
    index += 1;
  }
  return true;
}

function isSameDate(live: Date, plain: object): boolean {
  const time = live.getTime();
  return (
    plain instanceof Date && plain.getTime() === time && !Number.isNaN(time) && Object.keys(live).length === 0
  );
}

function isSameInstance(live: Properties, plain: Properties, type: Constructor | undefined): boolean {
  if (type === undefined) return false;
  const plan = planOf(type, TransformationType.PLAIN_TO_CLASS);
  if (!plan.isTransparent) return false;
  const names = definedIn(plain);
  if (definedIn(live).length !== names.length) return false;
  const steps = stepsOf(plan, names);
  if (steps.length !== names.length) return false;
  for (let index = 0; index < steps.length; index += 1) {
    const { source, type: declared, collection, isPlain, isBigInt } = steps[index] as PropertyPlan;
    if (!isPlain && !isBigInt) return false;
    if (!isSame(live[source], plain[source], declared, collection, isBigInt)) return false;
  }
  const defaults = (plan.defaults ??= defaultsOf(type));
  return defaults.areReplaceable && defaults.names.every((name) => plain[name] !== undefined);
}

/** Returns the names of the properties that JSON stores: those that are not undefined. */
function definedIn(object: Properties): readonly string[] {
  const names = Object.keys(object);
  for (let index = 0; index < names.length; index += 1) {
    if (object[names[index] as string] === undefined)
      return names.filter((name) => object[name] !== undefined);
  }
  return names;
}

/**
 * Returns the properties that the constructor of a class sets. A reload would add them to an event that lacks
 * them.
 */
export function defaultsOf(type: Constructor): Defaults {
  const fresh = new (type as new () => Properties)();
  const names = definedIn(fresh);
  const properties = Object.values(Object.getOwnPropertyDescriptors(fresh));
  const areReplaceable =
    Object.getPrototypeOf(fresh) === type.prototype &&
    Object.isExtensible(fresh) &&
    properties.every(({ value, writable }) => writable === true && typeof value !== 'function');
  return { names, areReplaceable };
}
