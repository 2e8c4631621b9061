import { compileCheck } from '../../src/order-book/compile-check.js';
import { COMMAND, RESULT } from '../../src/order-book/schema.js';
import type { EnumType, Type } from '../../src/order-book/schema-elements.js';
import { stringifyJson } from '../../src/serialization/index.js';

const CHECKS = new Map(
  [COMMAND, RESULT].map((type) => [type, compileCheck(type, { ids: 'checked', engine: undefined })]),
);

/**
 * The JSON text of a value by a plain walk over the schema: the oracle of the compiled writer. The check of
 * the type refuses invalid values.
 * @param name of the value in the event, for errors
 */
export function textByTable(type: EnumType, value: unknown, name: string): string {
  return textOf(type, CHECKS.get(type)?.(value, [name]));
}

function textOf(type: Type, value: unknown): string {
  switch (type.kind) {
    case 'integer':
    case 'boolean':
      return String(value);
    case 'string':
      return JSON.stringify(value);
    case 'nullable':
      return value === null ? 'null' : textOf(type.item, value);
    case 'list':
      return `[${(value as unknown[]).map((item) => textOf(type.item, item)).join()}]`;
    case 'struct': {
      const types = new Map(type.fields.map((field) => [field.name, field.type]));
      const members = Object.entries(value as object).map(
        ([key, item]) => `${JSON.stringify(key)}:${textOf(types.get(key) ?? { kind: 'any' }, item)}`,
      );
      return `{${members.join()}}`;
    }
    case 'enum': {
      if (typeof value === 'string') return JSON.stringify(value);
      const [[tag, content]] = Object.entries(value as object) as [[string, unknown]];
      return `{"${tag}":${textOf(type.variants.get(tag) as Type, content)}}`;
    }
    case 'any':
      return stringifyJson(value);
  }
}
