import { InvalidOptionError } from '../journal/index.js';
import { assertCallOptions, assertOptionNames, rejectUnknownOptions } from './assert-options.js';

/**
 * One option: its default and the check of a given value. The table's property that holds the option provides
 * its name and TSDoc.
 */
export interface Option<TValue, TDefault extends TValue | undefined = TValue> {
  /** The value of an omitted option. */
  readonly defaultValue: TDefault;
  /**
   * Returns a valid value unchanged.
   * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) naming `name`
   */
  readonly check: (name: string, value: unknown) => TValue;
}

/** An option without a default that every caller must pass. */
export interface RequiredOption<TValue> extends Option<TValue, undefined> {
  readonly isRequired: true;
}

/** Options by name: the single definition of their names, types, defaults, checks and documentation. */
export type OptionTable = Readonly<Record<string, Option<unknown> | RequiredOption<unknown>>>;

/** The options that a caller may omit. Editors and typedoc show the TSDoc of the table's properties. */
export type OptionsOf<TTable extends OptionTable> = {
  readonly [Name in keyof TTable as TTable[Name] extends RequiredOption<unknown> ? never : Name]?: ReturnType<
    TTable[Name]['check']
  >;
};

/** The options that a caller must pass. */
export type RequiredOptionsOf<TTable extends OptionTable> = {
  readonly [Name in keyof TTable as TTable[Name] extends RequiredOption<unknown> ? Name : never]: ReturnType<
    TTable[Name]['check']
  >;
};

/** The options with their defaults. */
export type ResolvedOptionsOf<TTable extends OptionTable> = {
  readonly [Name in keyof TTable]:
    | ReturnType<TTable[Name]['check']>
    | (TTable[Name] extends RequiredOption<unknown> ? never : TTable[Name]['defaultValue']);
};

/**
 * Checks the given options of a table and adds the defaults. Ignores properties that the table does not name.
 * @param prefix of the names in errors, for options inside an option: `replay.`
 * @param owner the object that the options belong to, if there are several: ` of projection balances`
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) naming the option
 */
export function resolveOptionTable<TTable extends OptionTable>(
  table: TTable,
  options: OptionsOf<TTable> & RequiredOptionsOf<TTable>,
  prefix = '',
  owner = '',
): ResolvedOptionsOf<TTable> {
  const resolved = Object.entries<Option<unknown> | RequiredOption<unknown>>(table).map(
    ([name, definition]) => {
      const value = (options as Readonly<Record<string, unknown>>)[name];
      const isOmitted = value === undefined && !('isRequired' in definition);
      return [
        name,
        isOmitted ? definition.defaultValue : definition.check(`${prefix}${name}${owner}`, value),
      ];
    },
  );
  return Object.fromEntries(resolved) as ResolvedOptionsOf<TTable>;
}

/**
 * As {@link resolveOptionTable}, for a table that has all options of something that is configured once.
 * @throws InvalidOptionError (`JOURNAL_INVALID_OPTION`) also for unknown names
 */
export function resolveOnly<TTable extends OptionTable>(
  table: TTable,
  options: OptionsOf<TTable> & RequiredOptionsOf<TTable>,
  owner = '',
): ResolvedOptionsOf<TTable> {
  assertOptionNames(options, Object.keys(table), owner);
  return resolveOptionTable(table, options, '', owner);
}

/**
 * As {@link resolveOptionTable}, for a table that has all options of a method call.
 * @throws InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) unless they are an object with known names only
 */
export function resolveCallOptions<TTable extends OptionTable>(
  table: TTable,
  options: OptionsOf<TTable> & RequiredOptionsOf<TTable>,
): ResolvedOptionsOf<TTable> {
  assertCallOptions(options, table);
  return resolveOptionTable(table, options);
}

/** Makes an option required. */
export function required<TValue>(definition: Option<TValue, undefined>): RequiredOption<TValue> {
  return { ...definition, isRequired: true };
}

/** Options with those of `specific` in place of the `general` ones. An undefined option counts as omitted. */
export function overrideOptions<TOptions extends object>(general: TOptions, specific: TOptions): TOptions {
  const given = Object.entries(specific).filter(([, value]) => value !== undefined);
  return { ...general, ...Object.fromEntries(given) };
}

/**
 * Defines an option that accepts every value that `accepts` approves.
 * @param expected for errors: `a boolean`
 */
export function option<TValue>(
  expected: string,
  accepts: (value: unknown) => value is TValue,
): Option<TValue, undefined>;
export function option<TValue>(
  expected: string,
  accepts: (value: unknown) => value is TValue,
  defaultValue: NoInfer<TValue>,
): Option<TValue>;
export function option<TValue>(
  expected: string,
  accepts: (value: unknown) => value is TValue,
  defaultValue?: TValue,
): Option<TValue, TValue | undefined> {
  return {
    defaultValue,
    check: (name, value) => {
      if (accepts(value)) return value;
      throw new InvalidOptionError(name, value, expected);
    },
  };
}

/** Defines an option that the table does not check: the code that uses the value does. */
export function uncheckedOption<TValue>(): Option<TValue, undefined>;
export function uncheckedOption<TValue>(defaultValue: TValue): Option<TValue>;
export function uncheckedOption<TValue>(defaultValue?: TValue): Option<TValue, TValue | undefined> {
  return { defaultValue, check: (_name, value) => value as TValue };
}

/** Defines an option for an integer of `min` … `max`. */
export function integerOption(min: number, max: number): Option<number, undefined>;
export function integerOption(min: number, max: number, defaultValue: number): Option<number>;
export function integerOption(
  min: number,
  max: number,
  defaultValue?: number,
): Option<number, number | undefined> {
  return {
    defaultValue,
    check: (name, value) => {
      if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max)
        return value as number;
      throw new InvalidOptionError(name, value, `an integer of ${min} … ${max}`);
    },
  };
}

/** Defines an option for one of several strings. */
export function choiceOption<TValue extends string>(
  values: readonly TValue[],
  defaultValue: NoInfer<TValue>,
): Option<TValue> {
  return option(
    `one of ${values.map((value) => `'${value}'`).join(', ')}`,
    (value): value is TValue => values.includes(value as TValue),
    defaultValue,
  );
}

export function booleanOption(defaultValue: boolean): Option<boolean> {
  return option('a boolean', (value) => typeof value === 'boolean', defaultValue);
}

/** Defines an option for the path of a file or directory. */
export function pathOption(): Option<string, undefined> {
  return option('a non-empty path', isPath);
}

export function isPath(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** Defines an option for an object of type `TValue` with these methods, which may be a function. */
export function objectOption<TValue extends object>(
  expected: string,
  methods: readonly (keyof TValue & string)[],
): Option<TValue, undefined> {
  return option(
    expected,
    (value): value is TValue =>
      (typeof value === 'object' || typeof value === 'function') &&
      value !== null &&
      methods.every((method) => typeof (value as Record<string, unknown>)[method] === 'function'),
  );
}

/** Defines an option whose type has its own check, which throws. */
export function checkedOption<TValue>(
  assert: (name: string, value: TValue) => void,
): Option<TValue, undefined> {
  return {
    defaultValue: undefined,
    check: (name, value) => {
      assert(name, value as TValue);
      return value as TValue;
    },
  };
}

/**
 * Defines an option that holds options, with their own table.
 * @param expected for errors
 */
export function tableOption<TOptions extends object>(
  table: OptionTable,
  expected = 'an object',
): Option<TOptions, undefined> {
  return {
    defaultValue: undefined,
    check: (name, value) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        throw new InvalidOptionError(name, value, expected);
      rejectUnknownOptions(value, Object.keys(table), `${name}.`);
      resolveOptionTable(table, value as OptionsOf<OptionTable>, `${name}.`);
      return value as TOptions;
    },
  };
}

/** Defines an option that also accepts one other value, such as `false`. */
export function orElse<const TOther, TValue, TDefault extends TValue | undefined>(
  other: TOther,
  { defaultValue, check }: Option<TValue, TDefault>,
): Option<TValue | TOther, TDefault> {
  return { defaultValue, check: (name, value) => (value === other ? other : check(name, value)) };
}
