import type { InjectionToken } from '@nestjs/common';

const BRAND = Symbol.for('nestjs-file-journal/JournalRegistration');

/** One `forRoot`, as a value that explorers find before Nest creates any instance. */
export class JournalRegistration {
  readonly [BRAND] = true;
  constructor(
    readonly name: string,
    /** Injection tokens of everything that `forRoot` provides. */
    readonly tokens: readonly InjectionToken[] = [],
  ) {}

  static is(this: void, value: unknown): value is JournalRegistration {
    return typeof value === 'object' && value !== null && (value as { [BRAND]?: unknown })[BRAND] === true;
  }
}
