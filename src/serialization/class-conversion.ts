import { TransformationType, instanceToPlain, plainToInstance } from 'class-transformer';
import { EXOTIC, libraryOptions, planOf, stepsOf } from './class-plan.js';
import type { ClassPlan, Constructor, PropertyPlan } from './class-plan.js';

const { PLAIN_TO_CLASS, CLASS_TO_PLAIN } = TransformationType;
const PRIMITIVE_TYPES: ReadonlySet<unknown> = new Set([String, Number, Boolean, Date]);

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
  if (type === undefined) return copyOf(value);
  if (PRIMITIVE_TYPES.has(type)) return asPrimitive(value, type);
  return instanceOf(value as Record<string, unknown>, type);
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
  const steps = stepsOf(planOf(type, PLAIN_TO_CLASS), Object.keys(plain));
  const instance = new (type as new () => Record<string, unknown>)();
  // The constructor may have returned something else.
  if (Object.getPrototypeOf(instance) !== type.prototype) throw EXOTIC;
  // Without any, what is in the way of a property is known from the prototype.
  const hasOwn = Object.getOwnPropertyNames(instance).length > 0;
  for (let index = 0; index < steps.length; index += 1) {
    const step = steps[index] as PropertyPlan;
    const { target } = step;
    // Methods are not replaced by data, neither those that are properties of the instance.
    if ((hasOwn || step.isInherited) && typeof instance[target] === 'function') continue;
    const source = plain[step.source];
    if (!step.takesLists && Array.isArray(source)) throw EXOTIC;
    const value = asType(source, step.type);
    instance[target] =
      step.transforms.length === 0 ? value : transformed(value, step, target, plain, PLAIN_TO_CLASS);
  }
  return instance;
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
  for (const step of stepsOf(plan, Object.keys(source))) {
    const value = source[step.source];
    const changed = transformed(value, step, step.source, source, CLASS_TO_PLAIN);
    // An exposed method is called, unless a transformation made something of it.
    const result = typeof value === 'function' && changed === value ? call(source, step.source) : changed;
    plain[step.target] = plainOf(result, step.type);
  }
  return plain;
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
  let result = value;
  // With plans, there are options of the library.
  const options = libraryOptions ?? {};
  for (const transform of transforms) result = transform({ value: result, key, obj, type, options });
  return result;
}
