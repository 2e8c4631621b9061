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
 * What class-transformer's decorators say about a class, looked up once per property. The library looks it up
 * for every property of every object, in lists made anew of all decorators of the class and its ancestors,
 * which is what its time goes into.
 *
 * Plans are made when data is first met; decorators have run by then. What is beyond them throws
 * {@link EXOTIC}: the library does it.
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
  /** Whether its properties are all there is to see of an instance: no getter, no conversion to text. */
  readonly isTransparent: boolean;
  /** What its constructor sets, as far as it was examined; for code that compares instances. */
  defaults: Defaults | null;
  /** Steps for the last different lists of names that were met. */
  readonly layouts: Layout[];
}

/** What an instance has when its constructor is done. */
export interface Defaults {
  /** Properties that are not undefined. */
  readonly names: readonly string[];
  /**
   * Whether data can take every property of the instance: none is a function, read-only or an accessor, and
   * the instance is neither frozen nor sealed.
   */
  readonly areReplaceable: boolean;
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
  /** What `@Type` says; undefined when nothing, or when it depends on the value. */
  readonly type: Constructor | undefined;
  /** What `@Type` says where it depends on the value. */
  readonly choice: TypeChoice | null;
  /** What an object or a list becomes, by the type that TypeScript declares for the property. */
  readonly collection: Collection;
  /** Whether instances have something of this name from their prototype. */
  readonly isInherited: boolean;
  /** `@Transform`, in the order in which they are applied. */
  readonly transforms: readonly Transformer[];
  /**
   * Whether the property has the same name in both, no transformation, and a type that its value does not
   * decide.
   */
  readonly isPlain: boolean;
  /** As {@link isPlain}, but for the transformation of `@BigIntField()`. */
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

/** Methods that show what an object holds, private fields included. */
const CONVERSIONS = ['toString', 'valueOf', 'toJSON'];

type Getters = ReadonlyMap<string, (from: object) => unknown>;

const NO_GETTERS: Getters = new Map();
const knownGetters = new WeakMap<object, Getters>();

/**
 * The getters, and conversions to other values, that instances have of the classes written in JavaScript; by
 * name.
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

/** What `@Type` says of a property, and what TypeScript says beside it. */
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
    // Entries of a Map with a choice of classes are for the library.
    if (collection === 'map') throw EXOTIC;
    const choice: TypeChoice = {
      typeOf: typeFunction as TypeChoice['typeOf'],
      discriminator: discriminator ?? null,
      keeps: keepDiscriminatorProperty === true,
    };
    return { type: undefined, choice, collection };
  }
  const declared = typeFunction === undefined ? reflectedType : typeFunction();
  // Any object is an Object: it says nothing.
  const isSilent = declared === Object;
  return { type: isSilent ? undefined : (declared as Constructor | undefined), choice: null, collection };
}

function collectionOf(reflectedType: unknown): Collection {
  if (reflectedType === Map) return 'map';
  if (reflectedType === Set) return 'set';
  if (LIST_TYPES.has(reflectedType)) return 'list';
  // The library makes a list of a class only where it can push to it.
  const isOtherClass =
    isOrdinary(reflectedType) && !('push' in ((reflectedType as Constructor).prototype as object));
  return isOtherClass ? 'list' : 'custom';
}

const LIST_TYPES: ReadonlySet<unknown> = new Set([undefined, Array, Object, String, Number, Boolean, Date]);

const knownKinds = new WeakMap<object, boolean>();

/** A class written in JavaScript, as are its ancestors: no Map, Array, Error, Buffer. */
export function isOrdinary(type: unknown): boolean {
  if (typeof type !== 'function') return false;
  let known = knownKinds.get(type);
  // It takes the text of the class to know.
  if (known === undefined) knownKinds.set(type, (known = isWrittenInJavaScript(type)));
  return known;
}

function isWrittenInJavaScript(type: unknown): boolean {
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
 * The options that the library hands to `@Transform` where none are given; null when the storage read here is
 * not the one its decorators write to (a bundler may have made two of it): then there are no plans at all.
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
