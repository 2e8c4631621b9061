import type { LoopOutcome } from '../harness/loops.js';

/** A store of durable events. When it acknowledges an entry, the entry is durable. */
export interface Appender {
  readonly name: string;
  /** True for a store of bytes without events, which is a limit and not a peer. */
  readonly isFloor: boolean;
  /** False if several appends in flight make no sense for it. */
  supports(inFlight: number): boolean;
  run(inFlight: number, durationMs: number): Promise<LoopOutcome>;
  close(): Promise<void>;
}

/** A store whose entries can be read back and parsed. */
export interface Store {
  readonly name: string;
  /** Adds plain events, durable or not, until the store holds this number. */
  fill(entries: number): Promise<void>;
  /** Opens, looks up the last entry, closes. */
  reopen(): Promise<void>;
  /** Reads and parses every event. @returns how many */
  readAll(): Promise<number>;
  /** The first event from `sequence` on, parsed. */
  readOne(sequence: number): Promise<unknown>;
  close(): Promise<void>;
}

/** Opens the installed contestants and reports the missing ones. */
export interface Opening<T> {
  readonly name: string;
  open(directory: string): Promise<T>;
}

/** Opens the contestants that load, and notes why the others do not. */
export async function openAll<T>(
  openings: readonly Opening<T>[],
  directoryFor: (name: string) => string,
  skipped: { contestant: string; reason: string }[],
): Promise<T[]> {
  const opened: T[] = [];
  for (const { name, open } of openings) {
    try {
      opened.push(await open(directoryFor(name)));
    } catch (error) {
      if (!skipped.some(({ contestant }) => contestant === name))
        skipped.push({ contestant: name, reason: reasonOf(error) });
    }
  }
  return opened;
}

/** The first line, without paths. */
function reasonOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  if (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND') return 'not installed';
  const message = error instanceof Error ? error.message : String(error);
  return (message.split('\n')[0] ?? '').replaceAll(/(\/[^\s/'"]+)+\/?/g, '…');
}
