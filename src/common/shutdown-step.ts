/** A component that may have unfinished work when the application stops. */
export interface ShutdownStep {
  /** Name for the log: `commands`, `projections`. */
  readonly name: string;
  /** Accepts no new work and resolves when the present work is done. */
  drain(): Promise<unknown>;
  /** Describes the unfinished work, for the log when the time limit has passed. */
  left(): string;
  /** Called when the time limit has passed: rejects the callers that wait for unfinished work. */
  abandon?(): void;
}
