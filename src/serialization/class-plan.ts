import { Transform, TransformationType, plainToInstance } from 'class-transformer';
import type { ClassTransformOptions, TransformFnParams } from 'class-transformer';
import { defaultMetadataStorage as storage } from 'class-transformer/cjs/storage.js';

/**
 * What class-transformer's decorators say about a class, looked up once per property. The library looks it up for every
 * property of every object, in lists made anew of all decorators of the class and its ancestors, which is what its time
 * goes into.
 *
 * Plans are made when data is first met; decorators have run by then. What is beyond them throws {@link EXOTIC}: the library
 * does it.
 */
export interface ClassPlan {
  readonly type: Constructor;
  readonly direction: Direction;
  /** Whether properties without `@Expose` are left out. */
  readonly onlyExposed: boolean;
  /** Names in the source that are looked for even where it has no such property. */
  readonly exposed: readonly string[];
  /** What was found out so far, by name in the source; null for what is left out. */
  readonly properties: Map<string, PropertyPlan | null>;
  /** Steps for the last different lists of names that were met. */
  readonly layouts: Layout[];
}

/** What is to be done for an object that has these properties: events of one class mostly have the same. */
interface Layout {
  /** The enumerable properties of the source, in their order. */
  readonly names: readonly string[];
  readonly steps: readonly PropertyPlan[];
}

export interface PropertyPlan {
  /** The name in the source. */
  readonly source: string;
  /** The name in what is made. */
  readonly target: string;
  /** What `@Type` says; undefined when nothing. */
  readonly type: Constructor | undefined;
  /** Whether a list is made an array: the library makes it what the property is declared as. */
  readonly takesLists: boolean;
  /** Whether instances have something of this name from their prototype. */
  readonly isInherited: boolean;
  /** `@Transform`, in the order in which they are applied. */
  readonly transforms: readonly ((params: TransformFnParams) => unknown)[];
}

export type Constructor = abstract new (...args: never[]) => unknown;

export type Direction = TransformationType.PLAIN_TO_CLASS | TransformationType.CLASS_TO_PLAIN;

/** Thrown as it is, for what only the library does. */
export const EXOTIC = Symbol('for class-transformer itself');

/** Data may bring any names; those of a class are fewer. */
const MAX_PROPERTIES = 1000;

/** With and without what is optional. */
const MAX_LAYOUTS = 4;

const toInstancePlans = new WeakMap<Constructor, ClassPlan>();
const toPlainPlans = new WeakMap<Constructor, ClassPlan>();

/** @throws EXOTIC */
export function planOf(type: Constructor, direction: Direction): ClassPlan {
  const plans = direction === TransformationType.PLAIN_TO_CLASS ? toInstancePlans : toPlainPlans;
  let plan = plans.get(type);
  if (plan === undefined) plans.set(type, (plan = makePlan(type, direction)));
  return plan;
}

/**
 * What is to be done for a source with these enumerable properties, in the library's order.
 * @throws EXOTIC
 */
export function stepsOf(plan: ClassPlan, names: readonly string[]): readonly PropertyPlan[] {
  const { layouts } = plan;
  for (let index = 0; index < layouts.length; index += 1) {
    const layout = layouts[index] as Layout;
    if (areSame(layout.names, names)) return layout.steps;
  }
  const steps = makeSteps(plan, names);
  if (names.length > MAX_PROPERTIES) return steps;
  if (layouts.length === MAX_LAYOUTS) layouts.pop();
  layouts.unshift({ names, steps });
  return steps;
}

function areSame(known: readonly string[], names: readonly string[]): boolean {
  if (known.length !== names.length) return false;
  for (let index = 0; index < names.length; index += 1) if (known[index] !== names[index]) return false;
  return true;
}

function makeSteps(plan: ClassPlan, names: readonly string[]): PropertyPlan[] {
  const sources = plan.onlyExposed ? [] : [...names];
  for (const name of plan.exposed) if (plan.onlyExposed || !names.includes(name)) sources.push(name);
  return sources.map((source) => propertyOf(plan, source)).filter((property) => property !== null);
}

/** @throws EXOTIC */
function propertyOf(plan: ClassPlan, key: string): PropertyPlan | null {
  const known = plan.properties.get(key);
  if (known !== undefined) return known;
  const property = makeProperty(plan, key);
  if (plan.properties.size < MAX_PROPERTIES) plan.properties.set(key, property);
  return property;
}

function makePlan(type: Constructor, direction: Direction): ClassPlan {
  if (!isOrdinary(type) || libraryOptions === null) throw EXOTIC;
  const isToInstance = direction === TransformationType.PLAIN_TO_CLASS;
  const exposed = storage
    .getExposedProperties(type, direction)
    .map((property) => (isToInstance ? exposedName(type, property) : property));
  const onlyExposed = storage.getStrategy(type) === 'excludeAll';
  return { type, direction, onlyExposed, exposed: [...new Set(exposed)], properties: new Map(), layouts: [] };
}

/** The steps of the library, for its default options, without what depends on the value. */
function makeProperty({ type, direction }: ClassPlan, key: string): PropertyPlan | null {
  if (key === '__proto__' || key === 'constructor') return null;
  if (storage.getExcludedProperties(type, direction).includes(key)) return null;
  // No groups are asked for, so what is exposed to some only is left out.
  if (isFor(storage.findExposeMetadata(type, key)?.options)) return null;

  const isToInstance = direction === TransformationType.PLAIN_TO_CLASS;
  const property = isToInstance
    ? (storage.findExposeMetadataByCustomName(type, key)?.propertyName ?? key)
    : key;
  if (isToInstance && isReadOnly(type, property)) return null;
  const transforms = storage
    .findTransformMetadatas(type, property, direction)
    .filter(({ options }) => !isFor(options))
    .map(({ transformFn }) => transformFn);
  return {
    source: key,
    target: isToInstance ? property : exposedName(type, key),
    ...declaredType(type, property),
    isInherited: property in (type.prototype as object),
    transforms,
  };
}

/** A method, or a getter without a setter. */
function isReadOnly(type: Constructor, property: string): boolean {
  const descriptor = Object.getOwnPropertyDescriptor(type.prototype, property);
  return descriptor !== undefined && descriptor.set === undefined;
}

function exposedName(type: Constructor, property: string): string {
  // An empty name counts as none.
  return storage.findExposeMetadata(type, property)?.options?.name || property;
}

function isFor(options: { groups?: string[] } | undefined): boolean {
  return (options?.groups?.length ?? 0) > 0;
}

type TypeFunction = (() => unknown) | undefined;

/** What `@Type` says of a property, and what TypeScript says beside it. */
function declaredType(type: Constructor, property: string): Pick<PropertyPlan, 'type' | 'takesLists'> {
  const metadata = storage.findTypeMetadata(type, property);
  if (metadata === undefined) return { type: undefined, takesLists: true };
  const reflectedType: unknown = metadata.reflectedType;
  const typeFunction = metadata.typeFunction as TypeFunction;
  // A choice of classes, a type that depends on the object, and entries of a Map.
  if (
    metadata.options?.discriminator !== undefined ||
    (typeFunction?.length ?? 0) > 0 ||
    reflectedType === Map
  ) {
    throw EXOTIC;
  }
  const declared = typeFunction === undefined ? reflectedType : typeFunction();
  return { type: declared as Constructor | undefined, takesLists: LIST_TYPES.has(reflectedType) };
}

const LIST_TYPES: ReadonlySet<unknown> = new Set([undefined, Array, Object, String, Number, Boolean, Date]);

/** A class written in JavaScript, as are its ancestors: no Map, Array, Error, Buffer. */
function isOrdinary(type: unknown): boolean {
  for (let ancestor = type; ancestor !== Function.prototype; ancestor = Object.getPrototypeOf(ancestor)) {
    if (typeof ancestor !== 'function' || isNative(ancestor)) return false;
    // A class may call itself another one.
    const prototype: unknown = ancestor.prototype;
    if (typeof prototype !== 'object' || prototype === null || prototype.constructor !== ancestor)
      return false;
  }
  return true;
}

const NATIVE_CODE = /\{\s*\[native code\]\s*\}\s*$/;

function isNative(type: object): boolean {
  return NATIVE_CODE.test(Function.prototype.toString.call(type));
}

/**
 * The options that the library hands to `@Transform` where none are given; null when the storage read here is not
 * the one its decorators write to (a bundler may have made two of it): then there are no plans at all.
 */
export const libraryOptions: ClassTransformOptions | null = probe();

function probe(): ClassTransformOptions | null {
  class Probe {
    value: unknown;
  }
  let options: ClassTransformOptions | null = null;
  Transform((params) => (options = params.options))(Probe.prototype, 'value');
  plainToInstance(Probe, { value: 1 });
  const metadata = storage.findTransformMetadatas(Probe, 'value', TransformationType.PLAIN_TO_CLASS);
  return metadata.length === 1 ? options : null;
}
