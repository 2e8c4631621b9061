import type { Journal } from '../../journal/index.js';

const METHODS: Readonly<Record<MethodsOf<Journal>, true>> = {
  append: true,
  appendBatch: true,
  archiveSegmentsBefore: true,
  close: true,
  flush: true,
  onPoisoned: true,
  poison: true,
  readFrom: true,
  subscribe: true,
  verifyIntegrity: true,
};

type MethodsOf<T> = {
  [K in keyof T]-?: K extends string ? (T[K] extends (...args: never[]) => unknown ? K : never) : never;
}[keyof T];

/** Lists the methods of a Journal that a value lacks; null if the value is not an object. */
export function missingMethods(value: unknown): string[] | null {
  if (typeof value !== 'object' || value === null) return null;
  const methods = value as Record<string, unknown>;
  return Object.keys(METHODS).filter((method) => typeof methods[method] !== 'function');
}
