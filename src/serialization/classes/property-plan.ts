import { TransformationType } from 'class-transformer';
import type { DiscriminatorDescriptor, TransformFnParams, TypeHelpOptions } from 'class-transformer';
import { defaultMetadataStorage as storage } from 'class-transformer/cjs/storage.js';
import { toBigInts } from './big-int-field.js';
import { isOrdinary } from './ordinary-class.js';

/** What class-transformer does with one property of a class, read from its decorators. */
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

export type Direction = TransformationType.PLAIN_TO_CLASS | TransformationType.CLASS_TO_PLAIN;

/** Thrown without a wrapper for cases that only the library handles. */
export const EXOTIC = Symbol('for class-transformer itself');

const LIST_TYPES: ReadonlySet<unknown> = new Set([undefined, Array, Object, String, Number, Boolean, Date]);

/**
 * Returns the library's steps for one property with its default options, except those that depend on the
 * value.
 * @param key the name in the source
 * @returns null for a property that is left out
 * @throws EXOTIC
 */
export function makeProperty(type: Constructor, direction: Direction, key: string): PropertyPlan | null {
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

/** The name of a property in plain data. */
export function exposedName(type: Constructor, property: string): string {
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
