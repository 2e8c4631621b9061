import { Transform, TransformationType, plainToInstance } from 'class-transformer';
import type {
  ClassTransformOptions,
  DiscriminatorDescriptor,
  TransformFnParams,
  TypeHelpOptions,
} from 'class-transformer';
import { defaultMetadataStorage as storage } from 'class-transformer/cjs/storage.js';
import { toBigInts } from './big-int-field.js';

/**
 * The decorators of class-transformer for one class, looked up once per property. The library looks them up
 * for every property of every object. Each time it builds new lists of all decorators of the class and its
 * ancestors, which takes most of its time.
 *
 * A plan is made when the first data arrives; all decorators have run by then. Cases that a plan does not
 * cover throw {@link EXOTIC}, and the library handles them.
 */
export interface ClassPlan {
  readonly type: Constructor;
  readonly direction: Direction;
  /** Whether properties without `@Expose` are left out. */
  readonly onlyExposed: boolean;
  /** Names in the source that are read even if the source has no such property. */
  readonly exposed: readonly string[];
  /** The properties planned so far, by name in the source; null for an omitted property. */
  readonly properties: Map<string, PropertyPlan | null>;
  /** Whether the properties show everything about an instance: it has no getter and no conversion to text. */
  readonly isTransparent: boolean;
  /** The properties that the constructor sets, once examined. Code that compares instances uses them. */
  defaults: Defaults | null;
  /** The steps for the most recent distinct lists of names. */
  readonly layouts: Layout[];
}

/** The properties of an instance right after construction. */
export interface Defaults {
  /** Names of the properties that are not undefined. */
  readonly names: readonly string[];
  /**
   * Whether data can replace every property of the instance: none is a function, read-only or an accessor,
   * and the instance is neither frozen nor sealed.
   */
  readonly areReplaceable: boolean;
}

/** The steps for objects with these properties. Most events of one class have the same properties. */
interface Layout {
  /** The enumerable properties of the source, in their order. */
  readonly names: readonly string[];
  readonly steps: readonly PropertyPlan[];
}

export interface PropertyPlan {
  /** The name in the source. */
  readonly source: string;
  /** The name in the target. */
  readonly target: string;
  /** The type of `@Type`; undefined if there is none, or if it depends on the value. */
  readonly type: Constructor | undefined;
  /** The type of `@Type` if it depends on the value. */
  readonly choice: TypeChoice | null;
  /**
   * The collection that an object or a list becomes, by the type that TypeScript declares for the property.
   */
  readonly collection: Collection;
  /** Whether instances inherit a property of this name. */
  readonly isInherited: boolean;
  /** The functions of `@Transform`, in the order of their application. */
  readonly transforms: readonly Transformer[];
  /**
   * Whether the property has the same name on both sides, no transformation, and a type that does not depend
   * on its value.
   */
  readonly isPlain: boolean;
  /** Like {@link isPlain}, but with the transformation of `@BigIntField()`. */
  readonly isBigInt: boolean;
}

type Transformer = (params: TransformFnParams) => unknown;

/**
 * `map`: objects become Maps. `set`: lists become Sets. `custom`: the library makes lists instances of a
 * class.
 */
export type Collection = 'map' | 'set' | 'list' | 'custom';

/** A type that depends on the value: `@Type((help) => …)`, or a discriminator. */
export interface TypeChoice {
  readonly typeOf: (help: TypeHelpOptions) => Constructor | undefined;
  readonly discriminator: DiscriminatorDescriptor | null;
  /** Whether the instance keeps the discriminator as a property. */
  readonly keeps: boolean;
}

export type Constructor = abstract new (...args: never[]) => unknown;

type Direction = TransformationType.PLAIN_TO_CLASS | TransformationType.CLASS_TO_PLAIN;

/** Thrown without a wrapper for cases that only the library handles. */
export const EXOTIC = Symbol('for class-transformer itself');

/** Limit of names per plan: data can contain any names, but a class has only a few. */
const MAX_PROPERTIES = 1000;

/** Limit of layouts per plan: objects with and without their optional properties. */
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
 * Returns the steps for a source with these enumerable properties, in the library's order.
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

/** Whether two lists of names are equal. */
export function areSame(known: readonly string[], names: readonly string[]): boolean {
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
  return {
    type,
    direction,
    onlyExposed,
    exposed: [...new Set(exposed)],
    isTransparent: gettersOf(type.prototype as object).size === 0,
    defaults: null,
    properties: new Map(),
    layouts: [],
  };
}

/** Methods that show the content of an object, including private fields. */
const CONVERSIONS = ['toString', 'valueOf', 'toJSON'];

type Getters = ReadonlyMap<string, (from: object) => unknown>;

const NO_GETTERS: Getters = new Map();
const knownGetters = new WeakMap<object, Getters>();

/**
 * Returns, by name, the getters and value conversions that instances have from classes written in JavaScript.
 */
export function gettersOf(prototype: object | null): Getters {
  if (prototype === null || prototype === Object.prototype) return NO_GETTERS;
  let getters = knownGetters.get(prototype);
  if (getters === undefined) knownGetters.set(prototype, (getters = findGetters(prototype)));
  return getters;
}

function findGetters(prototype: object): Getters {
  if (!isOrdinary(prototype.constructor)) return NO_GETTERS;
  const inherited = gettersOf(Object.getPrototypeOf(prototype) as object | null);
  const getters = new Map(inherited);
  for (const [name, { get, value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    getters.delete(name);
    if (get !== undefined) getters.set(name, (from) => get.call(from) as unknown);
    else if (CONVERSIONS.includes(name) && typeof value === 'function') {
      getters.set(name, (from) => (value as () => unknown).call(from));
    }
  }
  return getters.size === 0 ? NO_GETTERS : getters;
}

/** Returns the library's steps for its default options, except those that depend on the value. */
function makeProperty({ type, direction }: ClassPlan, key: string): PropertyPlan | null {
  if (key === '__proto__' || key === 'constructor') return null;
  if (storage.getExcludedProperties(type, direction).includes(key)) return null;
  // The conversion requests no groups, so properties exposed to certain groups are left out.
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
  const target = isToInstance ? property : exposedName(type, key);
  const declared = declaredType(type, property);
  const isInherited = property in (type.prototype as object);
  const isSimple =
    target === key && declared.choice === null && declared.collection !== 'custom' && !isInherited;
  return {
    source: key,
    target,
    ...declared,
    isInherited,
    transforms,
    isPlain: isSimple && transforms.length === 0,
    isBigInt: isSimple && transforms.length === 1 && transforms[0] === toBigInts,
  };
}

/** Whether the property is a method, or a getter without a setter. */
function isReadOnly(type: Constructor, property: string): boolean {
  const descriptor = Object.getOwnPropertyDescriptor(type.prototype, property);
  return descriptor !== undefined && descriptor.set === undefined;
}

function exposedName(type: Constructor, property: string): string {
  // An empty name counts as no name.
  return storage.findExposeMetadata(type, property)?.options?.name || property;
}

function isFor(options: { groups?: string[] } | undefined): boolean {
  return (options?.groups?.length ?? 0) > 0;
}

/** Returns the type of `@Type`, combined with the type that TypeScript declares. */
function declaredType(
  type: Constructor,
  property: string,
): Pick<PropertyPlan, 'type' | 'choice' | 'collection'> {
  const metadata = storage.findTypeMetadata(type, property);
  if (metadata === undefined) return { type: undefined, choice: null, collection: 'list' };
  const reflectedType: unknown = metadata.reflectedType;
  const collection = collectionOf(reflectedType);
  const typeFunction = metadata.typeFunction as ((help?: TypeHelpOptions) => unknown) | undefined;
  const { discriminator, keepDiscriminatorProperty } = metadata.options ?? {};
  if (typeFunction !== undefined && (discriminator !== undefined || typeFunction.length > 0)) {
    // The library handles Maps whose entries have a choice of classes.
    if (collection === 'map') throw EXOTIC;
    const choice: TypeChoice = {
      typeOf: typeFunction as TypeChoice['typeOf'],
      discriminator: discriminator ?? null,
      keeps: keepDiscriminatorProperty === true,
    };
    return { type: undefined, choice, collection };
  }
  const declared = typeFunction === undefined ? reflectedType : typeFunction();
  // Every object is an Object, so this type says nothing.
  const isSilent = declared === Object;
  return { type: isSilent ? undefined : (declared as Constructor | undefined), choice: null, collection };
}

function collectionOf(reflectedType: unknown): Collection {
  if (reflectedType === Map) return 'map';
  if (reflectedType === Set) return 'set';
  if (LIST_TYPES.has(reflectedType)) return 'list';
  // The library makes a list an instance of a class only if the class has `push`.
  const isOtherClass =
    isOrdinary(reflectedType) && !('push' in ((reflectedType as Constructor).prototype as object));
  return isOtherClass ? 'list' : 'custom';
}

const LIST_TYPES: ReadonlySet<unknown> = new Set([undefined, Array, Object, String, Number, Boolean, Date]);

const knownKinds = new WeakMap<object, boolean>();

/** Whether a class and its ancestors are written in JavaScript: not Map, Array, Error or Buffer. */
export function isOrdinary(type: unknown): boolean {
  if (typeof type !== 'function') return false;
  let known = knownKinds.get(type);
  // The check reads the source text of the class, so the answer is cached.
  if (known === undefined) knownKinds.set(type, (known = isWrittenInJavaScript(type)));
  return known;
}

function isWrittenInJavaScript(type: unknown): boolean {
  for (let ancestor = type; ancestor !== Function.prototype; ancestor = Object.getPrototypeOf(ancestor)) {
    if (typeof ancestor !== 'function' || isNative(ancestor)) return false;
    // The `constructor` of a prototype may be another class.
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
 * The options that the library passes to `@Transform` by default. Null if this module reads another metadata
 * storage than the one the decorators write to, because a bundler duplicated it. Then no class has a plan.
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
