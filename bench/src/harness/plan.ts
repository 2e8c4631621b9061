/** The extent of a run. `--smoke` takes the same path in seconds. */
export interface Plan {
  readonly smoke: boolean;
  readonly rounds: number;
  /** Time that one contestant runs in one round of an I/O bench. */
  readonly sliceMs: number;
  /** Numbers of appends in flight, or per transaction. */
  readonly inFlight: readonly number[];
  readonly readBytes: number;
  /** Size of the journal of the bench `replay`. */
  readonly replayBytes: number;
  /** Journal sizes of the open bench, smallest first. */
  readonly journalSizesBytes: readonly number[];
  /** Largest size of the peers of the open bench. Beyond it, filling takes hours and shows nothing new. */
  readonly maxPeerBytes: number;
  /** Up to this size the open bench also reads everything back. */
  readonly maxReplayBytes: number;
  readonly rotations: number;
  /** Length of the bench `soak`. */
  readonly soakMs: number;
}

const MIB = 1024 * 1024;
const READ_BYTES = 64 * MIB;
const DEFAULT_LARGE_BYTES = 2048 * MIB;

export function readPlan(env: NodeJS.ProcessEnv = process.env): Plan {
  const smoke = env['BENCH_SMOKE'] === '1';
  const rounds = Number(env['BENCH_ROUNDS'] ?? (smoke ? 2 : 5));
  if (!Number.isSafeInteger(rounds) || rounds < 1) throw new RangeError('--rounds takes a positive integer');
  if (smoke) {
    return {
      smoke,
      rounds,
      sliceMs: 20,
      inFlight: [1, 64],
      readBytes: MIB,
      replayBytes: MIB,
      journalSizesBytes: [MIB, 4 * MIB],
      maxPeerBytes: 4 * MIB,
      maxReplayBytes: MIB,
      rotations: 2,
      soakMs: 3_000,
    };
  }
  const largeBytes = Number(env['BENCH_LARGE_BYTES'] ?? DEFAULT_LARGE_BYTES);
  if (!Number.isSafeInteger(largeBytes) || largeBytes < MIB) {
    throw new RangeError('BENCH_LARGE_BYTES takes a number of bytes, at least 1 MiB');
  }
  return {
    smoke,
    rounds,
    sliceMs: 500,
    inFlight: [1, 8, 64, 256, 1000, 4000],
    readBytes: READ_BYTES,
    replayBytes: Number(env['BENCH_REPLAY_BYTES'] ?? READ_BYTES),
    journalSizesBytes: [16 * MIB, 64 * MIB, 256 * MIB, 768 * MIB, largeBytes].filter(
      (size) => size <= largeBytes,
    ),
    maxPeerBytes: 1024 * MIB,
    maxReplayBytes: 64 * MIB,
    rotations: 100,
    soakMs: Number(env['BENCH_SOAK_MINUTES'] ?? 60) * 60_000,
  };
}
