import { TransformationType } from 'class-transformer';
import { defaultMetadataStorage as storage } from 'class-transformer/cjs/storage.js';
import { libraryOptions } from './library-options.js';
import { gettersOf, isOrdinary } from './ordinary-class.js';
import { EXOTIC, exposedName, makeProperty } from './property-plan.js';
import type { Constructor, Direction, PropertyPlan } from './property-plan.js';

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
  /**
   * Whether the properties show the whole content of an instance: it has no getter and no conversion to text.
   */
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
  const property = makeProperty(plan.type, plan.direction, key);
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
