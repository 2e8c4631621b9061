import { ValidateBy, type ValidationArguments } from 'class-validator';

/** Refuses a property that is given together with another one. */
export function Excludes(other: string): PropertyDecorator {
  return ValidateBy({
    name: 'excludes',
    validator: {
      validate: (_value, args) => valueOf(args, other) === undefined,
      defaultMessage: () => `$property and ${other} cannot both be given`,
    },
  });
}

/** Refuses a property unless another one has a certain value. */
export function OnlyWhen(other: string, expected: unknown): PropertyDecorator {
  return ValidateBy({
    name: 'onlyWhen',
    validator: {
      validate: (_value, args) => valueOf(args, other) === expected,
      defaultMessage: () => `$property can only be given when ${other} is ${String(expected)}`,
    },
  });
}

/**
 * Requires a bigint that is not below another one. If the other one is not a bigint, its own validation
 * reports that.
 */
export function NotBelow(other: string): PropertyDecorator {
  return ValidateBy({
    name: 'notBelow',
    validator: {
      validate(value, args) {
        const minimum = valueOf(args, other);
        return typeof value !== 'bigint' || typeof minimum !== 'bigint' || value >= minimum;
      },
      defaultMessage: () => `$property must not be below ${other}`,
    },
  });
}

function valueOf(args: ValidationArguments | undefined, property: string): unknown {
  return (args?.object as Record<string, unknown> | undefined)?.[property];
}
