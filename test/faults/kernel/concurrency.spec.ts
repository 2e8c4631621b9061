/** One writer and many readers: in this process, in worker threads and in processes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setImmediate, setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from '@jest/globals';
import { FileJournal } from '../../../src/file-journal/index.js';
import { event } from '../../support/events.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { DrivenChild, killChildren } from './support/driven-child.js';
import { expectRecovered } from './support/recovered.js';

const RUN_MS = Number(process.env['FAULTS_READERS_MS'] ?? 10_000);
const OPTIONS = { segmentSizeBytes: 64 * 1024, lockTimeoutMs: 0 };
const NAME = 'it';

interface Seen {
  readonly entries: number;
  readonly last: number;
  readonly rounds: number;
  readonly faults: readonly string[];
}

interface Reader {
  /**
   * Whether the reader has seen more than ten entries. A process may take seconds to start on a busy machine.
   */
  hasEnough(): boolean;
  stop(): Promise<Seen>;
}

const moduleAt = (name: string): URL => new URL(`./children/${name}.mjs`, import.meta.url);

afterEach(killChildren);

function readerThread(options: object): Reader {
  const worker = new Worker(moduleAt('reader-thread'), { workerData: options });
  let enough = false;
  const said = new Promise<Seen>((resolve, reject) => {
    worker.once('error', reject);
    worker.on('message', (message: Seen | 'enough') => {
      if (message === 'enough') enough = true;
      else resolve(message);
    });
  });
  return {
    hasEnough: () => enough,
    async stop() {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      worker.postMessage('stop');
      const seen = await said;
      await worker.terminate();
      return seen;
    },
  };
}

function readerProcess(options: object): Reader {
  const child = spawn(
    process.execPath,
    [fileURLToPath(moduleAt('reader-process')), JSON.stringify(options)],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  let said = '';
  child.stdout.on('data', (data: Buffer) => (said += data.toString()));
  return {
    hasEnough: () => said.includes('enough\n'),
    async stop() {
      child.stdin.end();
      await once(child, 'close');
      return JSON.parse(said.replace('enough\n', '')) as Seen;
    },
  };
}

/** Iterates over the writer's own journal slowly, so that rotation and archiving overtake it. */
function ownReader(journal: FileJournal, reader: number): Reader {
  let stopped = false;
  const seen = { entries: 0, last: -1, rounds: 0, faults: [] as string[] };
  const reading = (async () => {
    while (!stopped) {
      const from = reader % 2 === 0 ? 0n : (journal.lastSequence ?? 0n) / 2n;
      const end = journal.lastSequence ?? -1n;
      let expected: bigint | null = null;
      for (const entry of journal.readFrom(from)) {
        const { Note } = entry.event.command as { Note: { number: number } };
        if (expected !== null && entry.sequenceNum !== expected)
          seen.faults.push(`${entry.sequenceNum} follows ${expected - 1n}`);
        if (Note.number !== Number(entry.sequenceNum)) seen.faults.push(`${entry.sequenceNum} is wrong`);
        expected = entry.sequenceNum + 1n;
        seen.entries += 1;
        if (seen.entries % 20 === 0) await setImmediate();
        if (stopped) break;
      }
      if (!stopped && expected !== null && expected - 1n < end)
        seen.faults.push(`ended at ${expected - 1n}, not ${end}`);
      seen.rounds += 1;
      await delay(1);
    }
    return seen;
  })();
  return {
    hasEnough: () => seen.entries > 10,
    stop() {
      stopped = true;
      return reading;
    },
  };
}

describe('readers beside a writer', () => {
  it(
    `ten of all kinds see no wrong, torn or missing entry in ${RUN_MS} ms of appends and rotations`,
    async () => {
      const directory = temporaryDirectory('readers-');
      const journal = await FileJournal.open({ directory, ...OPTIONS });
      await journal.append(event(0));
      const readers: Reader[] = [
        ...[0, 1, 2, 3].map((reader) => ownReader(journal, reader)),
        ...(['mapped', 'positioned', 'mapped'] as const).map((reader) =>
          readerThread({ directory, reader, mapper: 'koffi' }),
        ),
        ...(['mapped', 'positioned', 'mapped'] as const).map((reader) =>
          readerProcess({ directory, reader }),
        ),
      ];
      const endMs = performance.now() + RUN_MS;
      let next = 1;
      // Even on a slow machine, the run covers at least two rotations, and every reader sees entries.
      const hasEnough = () =>
        journal.appendedBytes > 3 * OPTIONS.segmentSizeBytes && readers.every((reader) => reader.hasEnough());
      while (performance.now() < endMs || !hasEnough()) {
        const group = Array.from({ length: 1 + (next % 7) }, (_, index) =>
          journal.append(event(next + index, ((next + index) * 37) % 900)),
        );
        next += group.length;
        await Promise.all(group);
        await delay(1);
      }
      const seen = await Promise.all(readers.map((reader) => reader.stop()));
      expect(seen.flatMap(({ faults }) => faults)).toEqual([]);
      for (const { entries } of seen) expect(entries).toBeGreaterThan(10);
      expect((await journal.verifyIntegrity()).segments).toBeGreaterThan(2);
      await journal.close();
      await expectRecovered(directory, { atLeast: next - 1, atMost: next - 1, options: OPTIONS });
    },
    RUN_MS + 170_000,
  );
});

describe('a second writer', () => {
  it('in another process, a worker thread or the same process is refused; SIGKILL frees the lock', async () => {
    const directory = temporaryDirectory('locked-');
    const options = { directory, ...OPTIONS };
    const holder = await DrivenChild.start();
    await holder.run('open', { name: NAME, options });
    await holder.run('append', { name: NAME, from: 0 });
    expect(await holder.failureOf('open', { name: 'again', options })).toMatchObject({
      code: 'JOURNAL_LOCKED',
    });
    await expect(FileJournal.open(options)).rejects.toMatchObject({ code: 'JOURNAL_LOCKED' });
    expect(await openInThread(options)).toBe('JOURNAL_LOCKED');
    await holder.run('append', { name: NAME, from: 1 });
    await holder.kill();
    expect(await openInThread(options)).toBe('opened');
    await expectRecovered(directory, { atLeast: 1, atMost: 1, options: OPTIONS });
  });

  it('in a worker thread of the writing process is refused', async () => {
    const options = { directory: temporaryDirectory('locked-'), ...OPTIONS };
    const journal = await FileJournal.open(options);
    expect(await openInThread(options)).toBe('JOURNAL_LOCKED');
    await journal.close();
    expect(await openInThread(options)).toBe('opened');
  });
});

async function openInThread(options: object): Promise<string> {
  const worker = new Worker(moduleAt('second-writer'), { workerData: { ...options, mapper: 'koffi' } });
  const [said] = (await once(worker, 'message')) as [string];
  await worker.terminate();
  return said;
}
