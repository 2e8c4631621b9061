import type { Type } from '@nestjs/common';
import { InvalidOptionError } from '../journal/index.js';
import { isThenable, loadOptionalPeer } from '../common/index.js';
import { EventValidationError, type StoredEventPlace } from './domain-event.errors.js';

/**
 * A schema of zod, valibot, arktype or another library: the required part of version 1 of the Standard Schema
 * interface (https://standardschema.dev).
 */
export interface EventSchema {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult | Promise<StandardResult>;
  };
}

interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

type StandardResult =
  { readonly value: unknown; readonly issues?: undefined } | { readonly issues: readonly StandardIssue[] };

/**
 * The validation of an event when it is read: a Standard Schema, or the class-validator decorators of the
 * event's class.
 */
export type EventValidation = EventSchema | 'class-validator';

/** The required part of class-validator, which is loaded only if a class requires it. */
export interface ClassValidator {
  validateSync(instance: object, options: object): readonly ClassValidatorIssue[];
  getMetadataStorage(): {
    getTargetValidationMetadatas(
      type: Type,
      schema: string,
      always: boolean,
      strictGroups: boolean,
    ): readonly { readonly constraintCls?: unknown; readonly propertyName: string }[];
    // The argument comes from the metadata.
    getTargetValidatorConstraints(constraint: never): readonly { readonly async: boolean }[];
  };
}

interface ClassValidatorIssue {
  readonly property: string;
  readonly constraints?: Readonly<Record<string, string>>;
  readonly children?: readonly ClassValidatorIssue[];
}

export function isEventValidation(value: unknown): value is EventValidation {
  if (value === 'class-validator') return true;
  // Schemas of arktype are functions.
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  const standard = (value as Partial<EventSchema>)['~standard'];
  return standard?.version === 1 && typeof standard.validate === 'function';
}

/** @throws (rejects) MissingPeerError (`JOURNAL_MISSING_PEER`) */
export function loadClassValidator(neededBy: string): Promise<ClassValidator> {
  return loadOptionalPeer(
    'class-validator',
    neededBy,
    async () => (await import('class-validator')) as ClassValidator,
  );
}

/**
 * Rejects asynchronous constraints: events are read synchronously, and class-validator's `validateSync`
 * silently skips such constraints.
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) for a class with an asynchronous constraint of its
 * own
 */
export function assertSynchronous(type: Type, validator: ClassValidator): void {
  const storage = validator.getMetadataStorage();
  for (const { constraintCls, propertyName } of storage.getTargetValidationMetadatas(
    type,
    '',
    false,
    false,
  )) {
    if (constraintCls === undefined) continue;
    if (!storage.getTargetValidatorConstraints(constraintCls as never).some((found) => found.async)) continue;
    throw new InvalidOptionError(
      `validation of ${type.name}.${propertyName}`,
      'an asynchronous constraint',
      'synchronous, as events are read synchronously',
    );
  }
}

/**
 * Returns the data as the schema outputs it, with its defaults and conversions.
 * @throws EventValidationError (`JOURNAL_EVENT_VALIDATION`)
 */
export function validateData(data: unknown, schema: EventSchema, place: StoredEventPlace): unknown {
  const result = schema['~standard'].validate(data);
  if (isThenable(result)) {
    // The promise is ignored, so its rejection must not be unhandled.
    Promise.resolve(result).catch(() => undefined);
    throw new EventValidationError(place, [
      'its schema is asynchronous; events are read synchronously, so use a schema without asynchronous checks',
    ]);
  }
  const { issues } = result;
  if (issues !== undefined) throw new EventValidationError(place, issues.map(describeIssue));
  return result.value;
}

/** @throws EventValidationError (`JOURNAL_EVENT_VALIDATION`) */
export function validateInstance(instance: object, validator: ClassValidator, place: StoredEventPlace): void {
  const issues = validator.validateSync(instance, { forbidUnknownValues: false });
  if (issues.length > 0) {
    throw new EventValidationError(
      place,
      issues.flatMap((issue) => describeClassIssue(issue, '')),
    );
  }
}

function describeIssue({ message, path = [] }: StandardIssue): string {
  const keys = path.map((segment) => String(typeof segment === 'object' ? segment.key : segment));
  return keys.length === 0 ? message : `${keys.join('.')}: ${message}`;
}

function describeClassIssue(
  { property, constraints, children }: ClassValidatorIssue,
  parent: string,
): string[] {
  const path = `${parent}${property}`;
  return [
    ...Object.values(constraints ?? {}).map((message) => `${path}: ${message}`),
    ...(children ?? []).flatMap((child) => describeClassIssue(child, `${path}.`)),
  ];
}
