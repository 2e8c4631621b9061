import { TransformationType, instanceToPlain, plainToInstance } from 'class-transformer';
import { isThenable } from '../../common/index.js';
import { planOf, stepsOf, type ClassPlan } from './class-plan.js';
import { libraryOptions } from './library-options.js';
import { EXOTIC } from './property-plan.js';
import type { Collection, Constructor, PropertyPlan, TypeChoice } from './property-plan.js';

const { PLAIN_TO_CLASS, CLASS_TO_PLAIN } = TransformationType;
const PRIMITIVE_TYPES: ReadonlySet<unknown> = new Set([String, Number, Boolean, Date]);

/**
 * Converts plain data from JSON to an instance, like `plainToInstance(type, plain)`, with a plan of the
 * class. The library converts what the plans do not cover. A property test checks that both agree, except
 * where the library loses data. Here, keys of dictionaries and Maps are always data, never names of methods,
 * properties or decorators. A discriminator is not written into the instance.
 */
export function toInstance(type: new () => object, plain: unknown): unknown {
  try {
    return asType(plain, type, 'list');
  } catch (error) {
    if (error !== EXOTIC) throw error;
    // The data alone decides between the plan and the library: data that a plan could store stays readable by
    // a plan.
    return plainToInstance(type, plain);
  }
}

/**
 * Converts an instance to plain data, like `instanceToPlain(instance)`, with a plan of its class and the
 * exceptions of {@link toInstance}.
 */
export function toPlain(instance: object): unknown {
  const type = classOf(instance) as Constructor;
  if (typeof type !== 'function') return instanceToPlain(instance);
  try {
    return plainOf(instance, undefined);
  } catch (error) {
    if (error !== EXOTIC) throw error;
    // Only this instance may have such a value, so the next one tries the plan again.
    return instanceToPlain(instance);
  }
}

/** Converts a value of plain data to the type of `@Type`. */
function asType(value: unknown, type: Constructor | undefined, collection: Collection): unknown {
  if (typeof value !== 'object' || value === null) {
    return type === undefined ? value : asPrimitive(value, type);
  }
  if (Array.isArray(value)) return listOf(value, type, collection);
  if (collection === 'map') return mapOf(value, type);
  if (type === undefined) return copyOf(value);
  if (PRIMITIVE_TYPES.has(type)) return asPrimitive(value, type);
  if ((type as unknown) === Map) return mapOf(value, undefined);
  return instanceOf(value as Record<string, unknown>, type);
}

function listOf(
  list: readonly unknown[],
  type: Constructor | undefined,
  collection: Collection,
): unknown[] | Set<unknown> {
  if (collection === 'custom') throw EXOTIC;
  const items = list.map((item) => asType(item, type, 'list'));
  return collection === 'set' ? new Set(items) : items;
}

function mapOf(value: object, type: Constructor | undefined): Map<string, unknown> {
  assertPlain(value);
  // `@Type(() => Map)` says nothing about the values.
  const itemType = (type as unknown) === Map ? undefined : type;
  const map = new Map<string, unknown>();
  for (const key of Object.keys(value)) {
    map.set(key, asType((value as Record<string, unknown>)[key], itemType, 'list'));
  }
  return map;
}

/** Converts to one of the built-in value types; another type leaves a primitive value unchanged. */
function asPrimitive(value: unknown, type: Constructor): unknown {
  if (value === null || value === undefined) return value;
  if ((type as unknown) === Date) return new Date(value as string | number);
  if ((type as unknown) === String) return String(value);
  if ((type as unknown) === Number) return Number(value);
  return (type as unknown) === Boolean ? Boolean(value) : value;
}

function instanceOf(plain: Record<string, unknown>, type: Constructor): object {
  assertPlain(plain);
  const steps = stepsOf(planOf(type, PLAIN_TO_CLASS), Object.keys(plain));
  const instance = new (type as new () => Record<string, unknown>)();
  // The constructor may have returned another object.
  if (Object.getPrototypeOf(instance) !== type.prototype) throw EXOTIC;
  // Without own properties, the prototype alone shows which properties cannot be set.
  const hasOwn = Object.getOwnPropertyNames(instance).length > 0;
  for (let index = 0; index < steps.length; index += 1) {
    const step = steps[index] as PropertyPlan;
    const { target } = step;
    // Data does not replace methods, including methods that are own properties of the instance.
    if ((hasOwn || step.isInherited) && typeof instance[target] === 'function') continue;
    const source = plain[step.source];
    const value =
      step.choice === null
        ? asType(source, step.type, step.collection)
        : chosen(source, step, plain, instance);
    instance[target] =
      step.transforms.length === 0 ? value : transformed(value, step, target, plain, PLAIN_TO_CLASS);
  }
  return instance;
}

/** Converts a value, or a list of values, whose type depends on the value. */
function chosen(source: unknown, step: PropertyPlan, object: object, newObject: object): unknown {
  const { choice, collection, target: property } = step;
  if (choice?.discriminator && Array.isArray(source)) {
    const items = source.map((item) => {
      return asChosen(
        item,
        choice,
        choice.typeOf({ newObject: [], object: item as object, property: '' }),
        'list',
      );
    });
    if (collection === 'custom') throw EXOTIC;
    return collection === 'set' ? new Set(items) : items;
  }
  return asChosen(source, choice as TypeChoice, choice?.typeOf({ newObject, object, property }), collection);
}

function asChosen(
  value: unknown,
  { discriminator, keeps }: TypeChoice,
  otherwise: Constructor | undefined,
  collection: Collection,
): unknown {
  const isNamed =
    discriminator !== null &&
    typeof value === 'object' &&
    value !== null &&
    Object.hasOwn(value, discriminator.property);
  if (!isNamed) return asType(value, otherwise, collection);
  const { [discriminator.property]: name, ...rest } = value as Record<string, unknown>;
  const subType = discriminator.subTypes.find((candidate) => candidate.name === name);
  return asType(keeps ? value : rest, (subType?.value as Constructor | undefined) ?? otherwise, collection);
}

/** Returns a deep copy of plain data without a type. */
function copyOf(value: object): Record<string, unknown> {
  assertPlain(value);
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    setKey(copy, key, asType((value as Record<string, unknown>)[key], undefined, 'list'));
  }
  return copy;
}

/** Sets a key of a dictionary as an own property, whatever its name. */
function setKey(object: Record<string, unknown>, key: string, value: unknown): void {
  // An assignment would call the setter of `__proto__`.
  if (key in object) {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    object[key] = value;
  }
}

/** Leaves all values except the objects and lists of JSON to the library. */
function assertPlain(value: object): void {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw EXOTIC;
  if (isThenable(value)) throw EXOTIC;
}

/** Returns the class of an object, even if the object has an own property named `constructor`. */
function classOf(value: object): unknown {
  return (Object.getPrototypeOf(value) as { constructor?: unknown } | null)?.constructor;
}

/**
 * Converts a value to plain data. `type` is the type of `@Type`, which takes precedence over the value's own
 * class.
 */
function plainOf(value: unknown, type: Constructor | undefined): unknown {
  if (Array.isArray(value)) return value.map((item) => plainOf(item, type));
  if (value instanceof Map) return plainMap(value, type);
  if (value instanceof Set) return Array.from(value, (item) => plainOf(item, type));
  switch (type as unknown) {
    case String:
    case Number:
    case Boolean:
      return asPrimitive(value, type as Constructor);
    case Date:
      return value instanceof Date ? new Date(value.valueOf()) : asPrimitive(value, Date);
  }
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return new Date(value.valueOf());
  if (isThenable(value)) throw EXOTIC;
  const own = classOf(value);
  if (own === Object && (type === undefined || (type as unknown) === Map)) return plainCopyOf(value);
  if (own !== Object && typeof own !== 'function') throw EXOTIC;
  // The content of a native object is not in its properties, whatever `@Type` says.
  if (own !== Object) planOf(own as Constructor, CLASS_TO_PLAIN);
  return propertiesOf(value as Record<string, unknown>, planOf(type ?? (own as Constructor), CLASS_TO_PLAIN));
}

function propertiesOf(source: Record<string, unknown>, plan: ClassPlan): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  for (const step of stepsOf(plan, Object.keys(source))) {
    const value = source[step.source];
    const changed =
      step.transforms.length === 0 ? value : transformed(value, step, step.source, source, CLASS_TO_PLAIN);
    // An exposed method is called, unless a transformation replaced it.
    const result = typeof value === 'function' && changed === value ? call(source, step.source) : changed;
    plain[step.target] =
      step.choice === null
        ? plainOf(result, step.type)
        : plainChoice(result, step.choice, source, step.source);
  }
  return plain;
}

/**
 * Converts a value to plain data and adds its discriminator, if it has one, so that reading finds the class
 * again.
 */
function plainChoice(value: unknown, choice: TypeChoice, object: object, property: string): unknown {
  const { discriminator } = choice;
  if (discriminator === null) return plainOf(value, choice.typeOf({ newObject: {}, object, property }));
  if (Array.isArray(value) || value instanceof Set) {
    return Array.from(value as Iterable<unknown>, (item) => plainChoice(item, choice, object, property));
  }
  if (typeof value !== 'object' || value === null) return value;
  const subType = discriminator.subTypes.find((candidate) => candidate.value === classOf(value));
  if (subType === undefined) {
    throw new TypeError(`${property} holds an instance of none of the sub-types that its @Type() lists`);
  }
  const plain = plainOf(value, subType.value as Constructor) as Record<string, unknown>;
  setKey(plain, discriminator.property, subType.name);
  return plain;
}

function plainMap(
  map: ReadonlyMap<unknown, unknown>,
  type: Constructor | undefined,
): Record<string, unknown> {
  const itemType = (type as unknown) === Map ? undefined : type;
  const plain: Record<string, unknown> = {};
  for (const [key, item] of map) setKey(plain, String(key), plainOf(item, itemType));
  return plain;
}

function plainCopyOf(value: object): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const item = (value as Record<string, unknown>)[key];
    setKey(copy, key, plainOf(typeof item === 'function' ? call(value, key) : item, undefined));
  }
  return copy;
}

function call(target: object, method: string): unknown {
  return (target as Record<string, () => unknown>)[method]?.();
}

function transformed(
  value: unknown,
  { transforms }: PropertyPlan,
  key: string,
  obj: unknown,
  type: TransformationType,
): unknown {
  let result = value;
  // Plans exist only if the library's options are known.
  const options = libraryOptions ?? {};
  for (const transform of transforms) result = transform({ value: result, key, obj, type, options });
  return result;
}
