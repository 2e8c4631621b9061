import type { InjectionToken } from '@nestjs/common';

const BRAND = Symbol.for('nestjs-file-journal/JournalRegistration');

/** The value by which an explorer finds every `forRoot` of an application. */
export class JournalRegistration {
  readonly [BRAND] = true;
  constructor(
    readonly name: string,
    /** Of everything that `forRoot` provides of the journal. */
    readonly tokens: readonly InjectionToken[] = [],
  ) {}

  static is(this: void, value: unknown): value is JournalRegistration {
    return typeof value === 'object' && value !== null && (value as { [BRAND]?: unknown })[BRAND] === true;
  }
}
