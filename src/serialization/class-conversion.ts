import { TransformationType, instanceToPlain, plainToInstance } from 'class-transformer';
import { EXOTIC, libraryOptions, planOf, propertyOf } from './class-plan.js';
import type { ClassPlan, Constructor, PropertyPlan } from './class-plan.js';

const isEnumerable = Object.prototype.propertyIsEnumerable;
const { PLAIN_TO_CLASS, CLASS_TO_PLAIN } = TransformationType;

/** Classes that data or decorators of theirs made the library's: trying the plan again would only cost time. */
const leftToLibrary = new WeakSet<Constructor>();

/**
 * `plainToInstance(type, plain)`, for data that came out of JSON, by a plan of the class; what is beyond the plans, the
 * library does. A property test holds both alike.
 */
export function toInstance(type: new () => object, plain: unknown): unknown {
  if (leftToLibrary.has(type)) return plainToInstance(type, plain);
  try {
    return asType(plain, type);
  } catch (error) {
    if (error !== EXOTIC) throw error;
    leftToLibrary.add(type);
    return plainToInstance(type, plain);
  }
}

/** `instanceToPlain(instance)`, by a plan of its class; what is beyond the plans, the library does. */
export function toPlain(instance: object): unknown {
  const type = instance.constructor as Constructor;
  if (typeof type !== 'function' || leftToLibrary.has(type)) return instanceToPlain(instance);
  try {
    return plainOf(instance, undefined);
  } catch (error) {
    if (error !== EXOTIC) throw error;
    leftToLibrary.add(type);
    return instanceToPlain(instance);
  }
}

/** A value of plain data as what `@Type` says. */
function asType(value: unknown, type: Constructor | undefined): unknown {
  if (typeof value !== 'object' || value === null) {
    return type === undefined ? value : asPrimitive(value, type);
  }
  if (Array.isArray(value)) return value.map((item) => asType(item, type));
  switch (type as unknown) {
    case undefined:
      return copyOf(value);
    case String:
    case Number:
    case Boolean:
    case Date:
      return asPrimitive(value, type as Constructor);
    default:
      return instanceOf(value as Record<string, unknown>, type as Constructor);
  }
}

/** As one of the types that are no classes; another type leaves a primitive value what it is. */
function asPrimitive(value: unknown, type: Constructor): unknown {
  if (value === null || value === undefined) return value;
  if (value instanceof Map || value instanceof Set) throw EXOTIC;
  if ((type as unknown) === Date) return new Date(value as string | number);
  if ((type as unknown) === String) return String(value);
  if ((type as unknown) === Number) return Number(value);
  return (type as unknown) === Boolean ? Boolean(value) : value;
}

function instanceOf(plain: Record<string, unknown>, type: Constructor): object {
  assertPlain(plain);
  const plan = planOf(type, PLAIN_TO_CLASS);
  const instance = new (type as new () => Record<string, unknown>)();
  const prototype: unknown = type.prototype;
  // The constructor may have returned something else.
  if (Object.getPrototypeOf(instance) !== prototype) throw EXOTIC;
  // Mostly there are none: then what is in the way of a property is known from the prototype.
  const hasOwn = Reflect.ownKeys(instance).length > 0;
  if (!plan.onlyExposed) {
    for (const key of Object.keys(plain)) setProperty(instance, plain, key, plan, hasOwn);
  }
  for (const key of plan.exposed) {
    if (plan.onlyExposed || !isEnumerable.call(plain, key)) setProperty(instance, plain, key, plan, hasOwn);
  }
  return instance;
}

function setProperty(
  instance: Record<string, unknown>,
  plain: Record<string, unknown>,
  key: string,
  plan: ClassPlan,
  hasOwn: boolean,
): void {
  const property = propertyOf(plan, key);
  if (property === null) return;
  const { target } = property;
  // Methods are not replaced by data, neither those that are properties of the instance.
  if ((hasOwn || property.isInherited) && typeof instance[target] === 'function') return;
  const source = plain[key];
  if (!property.takesLists && Array.isArray(source)) throw EXOTIC;
  const value = asType(source, property.type);
  instance[target] = transformed(value, property, target, plain, PLAIN_TO_CLASS);
}

/** A copy of plain data without a type, as deep as it goes. */
function copyOf(value: object): Record<string, unknown> {
  assertPlain(value);
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    // What every object has is not replaced by data.
    if (key in copy) continue;
    copy[key] = asType((value as Record<string, unknown>)[key], undefined);
  }
  return copy;
}

/** Everything else than the objects and lists of JSON is for the library. */
function assertPlain(value: object): void {
  if (value.constructor !== Object || typeof (value as { then?: unknown }).then === 'function') throw EXOTIC;
}

/** A value as plain data; `type` is what `@Type` says of it, which counts more than its own class. */
function plainOf(value: unknown, type: Constructor | undefined): unknown {
  if (Array.isArray(value)) return value.map((item) => plainOf(item, type));
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
  if (typeof (value as { then?: unknown }).then === 'function') throw EXOTIC;
  const own = value.constructor as unknown;
  if (type === undefined && own === Object) return plainCopyOf(value);
  if (own !== Object && typeof own !== 'function') throw EXOTIC;
  // Its content is not in its properties, whatever `@Type` says.
  if (own !== Object) planOf(own as Constructor, CLASS_TO_PLAIN);
  return propertiesOf(value as Record<string, unknown>, planOf(type ?? (own as Constructor), CLASS_TO_PLAIN));
}

function propertiesOf(source: Record<string, unknown>, plan: ClassPlan): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  if (!plan.onlyExposed) {
    for (const key of Object.keys(source)) writeProperty(plain, source, key, plan);
  }
  for (const key of plan.exposed) {
    if (plan.onlyExposed || !isEnumerable.call(source, key)) writeProperty(plain, source, key, plan);
  }
  return plain;
}

function writeProperty(
  plain: Record<string, unknown>,
  source: Record<string, unknown>,
  key: string,
  plan: ClassPlan,
): void {
  const property = propertyOf(plan, key);
  if (property === null) return;
  const value = source[key];
  const changed = transformed(value, property, key, source, CLASS_TO_PLAIN);
  // An exposed method is called, unless a transformation made something of it.
  const result = typeof value === 'function' && changed === value ? call(source, key) : changed;
  plain[property.target] = plainOf(result, property.type);
}

function plainCopyOf(value: object): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    if (key === '__proto__' || key === 'constructor') continue;
    const item = (value as Record<string, unknown>)[key];
    copy[key] = plainOf(typeof item === 'function' ? call(value, key) : item, undefined);
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
  if (transforms.length === 0) return value;
  let result = value;
  // With plans, there are options of the library.
  const options = libraryOptions ?? {};
  for (const transform of transforms) result = transform({ value: result, key, obj, type, options });
  return result;
}
