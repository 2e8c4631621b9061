import { TransformationType } from 'class-transformer';
import { defaultsOf, isExact } from './class-fidelity.js';
import { areSame, planOf, stepsOf } from './class-plan.js';
import type { Constructor, PropertyPlan } from './property-plan.js';

/**
 * Converts an instance to plain data, like `toPlain`, and checks in the same pass that it survives a round
 * trip, as `certainlyRoundTrips` does. Covers instances whose properties are strings, booleans, exact
 * numbers, bigints and null, without `@Type()`, `@Expose()` or transformations other than `@BigIntField()`.
 * These are most events.
 * @returns a new object that plain JSON stores as it is; null if only `toPlain` and `certainlyRoundTrips` can
 * decide
 */
export function certainCopyOf(live: object, type: Constructor): Record<string, unknown> | null {
  if (Object.getPrototypeOf(live) !== type.prototype) return null;
  const names = Object.keys(live);
  const bigInts = bigIntsOf(type, names);
  if (bigInts === null || Object.getOwnPropertySymbols(live).length > 0) return null;
  const copy: Record<string, unknown> = {};
  for (let index = 0; index < names.length; index += 1) {
    const name = names[index] as string;
    const value = (live as Record<string, unknown>)[name];
    if (!isCertain(value, bigInts[index] as boolean)) return null;
    // An accessor may return another value each time.
    if ((live as Record<string, unknown>)[name] !== value) return null;
    copy[name] = value;
  }
  return copy;
}

/** @param isBigInt whether the field has `@BigIntField()`: all its numbers read back as bigints */
function isCertain(value: unknown, isBigInt: boolean): boolean {
  switch (typeof value) {
    case 'string':
      return !isBigInt && value.isWellFormed();
    case 'boolean':
      return !isBigInt;
    case 'number':
      return !isBigInt && isExact(value);
    case 'bigint':
      return isBigInt || !Number.isSafeInteger(Number(value));
    default:
      return value === null;
  }
}

/** Instances with the same enumerable properties in the same order. */
interface Layout {
  readonly names: readonly string[];
  /** Whether the property at the same index has `@BigIntField()`; null if one pass cannot convert them. */
  readonly bigInts: readonly boolean[] | null;
}

/** Limit of layouts per class: instances with and without their optional properties. */
const MAX_LAYOUTS = 4;

const knownLayouts = new WeakMap<Constructor, Layout[]>();

function bigIntsOf(type: Constructor, names: readonly string[]): readonly boolean[] | null {
  let layouts = knownLayouts.get(type);
  if (layouts === undefined) knownLayouts.set(type, (layouts = []));
  for (let index = 0; index < layouts.length; index += 1) {
    const layout = layouts[index] as Layout;
    if (areSame(layout.names, names)) return layout.bigInts;
  }
  const bigInts = planBigInts(type, names);
  if (layouts.length === MAX_LAYOUTS) layouts.pop();
  layouts.unshift({ names, bigInts });
  return bigInts;
}

/** Compares the plans of both directions. They may only copy, except for `@BigIntField()`. */
function planBigInts(type: Constructor, names: readonly string[]): boolean[] | null {
  try {
    const toPlain = stepsOf(planOf(type, TransformationType.CLASS_TO_PLAIN), names);
    const plan = planOf(type, TransformationType.PLAIN_TO_CLASS);
    const toInstance = stepsOf(plan, names);
    if (!plan.isTransparent || toPlain.length !== names.length || toInstance.length !== names.length)
      return null;
    const isCopied = names.every((name, index) => {
      const written = toPlain[index] as PropertyPlan;
      const read = toInstance[index] as PropertyPlan;
      return (
        name.isWellFormed() &&
        written.source === name &&
        written.isPlain &&
        written.type === undefined &&
        read.source === name &&
        (read.isPlain || read.isBigInt) &&
        read.type === undefined
      );
    });
    const defaults = (plan.defaults ??= defaultsOf(type));
    if (!isCopied || !defaults.areReplaceable || !defaults.names.every((name) => names.includes(name)))
      return null;
    return toInstance.map(({ isBigInt }) => isBigInt);
  } catch {
    // A constructor that needs arguments, or a class without a plan.
    return null;
  }
}
