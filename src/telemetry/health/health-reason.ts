/**
 * Why a journal is not healthy.
 * - `poisoned`: a write, sync or rename failed; only a restart helps
 * - `closed`: the journal is closed
 * - `disk-full`: the space is too small for the next segments
 * - `disk-low`: the space will soon be too small for the next segments
 * - `storage-unreadable`: the directory cannot be read
 * - `replaying`: an aggregate is being rebuilt from the journal, at boot or after an entry was not stored
 * - `stopped`: the Sequencer accepts no commands
 * - `lagging`: a projection is too far behind
 * - `projection-stopped`: a projection has stopped and does not restart by itself
 * - `clock-skewed`: the wall clock is more than a second behind the journal; events keep the last time
 * @publicApi
 */
export type HealthReasonCode =
  | 'poisoned'
  | 'closed'
  | 'disk-full'
  | 'disk-low'
  | 'storage-unreadable'
  | 'replaying'
  | 'stopped'
  | 'lagging'
  | 'projection-stopped'
  | 'clock-skewed';

/**
 * One reason why a journal is `degraded` or `down`.
 * @publicApi
 */
export interface HealthReason {
  /** Stable identifier of the reason. */
  readonly code: HealthReasonCode;
  /** `degraded` or `down`, as the options map the code. */
  readonly severity: 'degraded' | 'down';
  /** One sentence, with the numbers. */
  readonly message: string;
}
