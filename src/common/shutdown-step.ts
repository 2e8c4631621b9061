/** Something that has work left when the application ends. */
export interface ShutdownStep {
  /** For the log: `commands`, `projections`. */
  readonly name: string;
  /** Takes nothing new, and resolves when what it has is done. */
  drain(): Promise<unknown>;
  /** What there is left; for the log, when the time is over. */
  left(): string;
  /** Called when the time is over: whoever waits for it is to be told that it will not be done. */
  abandon?(): void;
}
