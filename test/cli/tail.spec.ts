/** `tail`: the last entries, following, and entries that recovery cuts. */
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { FileJournal, SequencerEvent } from '../../src/index.js';
import { goldenCase } from '../support/golden.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { turns, until } from '../support/until.js';
import { START_NS, entryBytes, journalOf, sequencesIn } from './support/contents.js';
import { run, startWith, type Running } from './support/run.js';

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

const started: { readonly controller: AbortController; readonly running: Running }[] = [];

afterEach(async () => {
  for (const { controller, running } of started.splice(0)) {
    controller.abort();
    await running.ended;
  }
});

function follow(...args: string[]): Running & { stop(): ReturnType<typeof run> } {
  const controller = new AbortController();
  const running = startWith({ signal: controller.signal }, 'tail', '-f', ...args);
  started.push({ controller, running });
  return {
    get stdout() {
      return running.stdout;
    },
    get stderr() {
      return running.stderr;
    },
    ended: running.ended,
    stop() {
      controller.abort();
      return running.ended;
    },
  };
}

async function shows(running: Running, sequences: readonly number[]): Promise<void> {
  await until(() => sequencesIn(running.stdout).length >= sequences.length, `${sequences.length} lines`);
  expect(sequencesIn(running.stdout)).toEqual(sequences);
}

const event = (sequence: number, command: unknown = `c${sequence}`) =>
  new SequencerEvent({ sequenceNum: sequence, timestampNs: START_NS, command, result: null });

describe('file-journal tail', () => {
  test('prints the last entries', async () => {
    const { directory } = goldenCase('v0.12.1', 'replay-book');
    expect(sequencesIn((await run('tail', directory)).stdout)).toEqual(range(1990, 2000));
    expect(sequencesIn((await run('tail', directory, '-n', '2')).stdout)).toEqual([1998, 1999]);
    expect((await run('tail', directory, '-n', '0')).stdout).toBe('');
    expect(sequencesIn((await run('tail', directory, '-n', '5000')).stdout)).toEqual(range(0, 2000));
    expect((await run('tail', goldenCase('v0.12.1', 'empty').directory)).exitCode).toBe(0);
    expect((await run('tail', join(temporaryDirectory(), 'missing'))).exitCode).toBe(3);
  });

  test('finds the last entries that pass a filter, however far back', async () => {
    const contents = range(0, 5_000).map((number) => ({ command: number % 2_000 === 7 ? 'rare' : 'usual' }));
    const directory = await journalOf(contents, { firstSequence: 10n });
    const args = ['--where', 'kind == "rare"', '-n', '2'];
    expect(sequencesIn((await run('tail', directory, ...args)).stdout)).toEqual([2_017, 4_017]);
    expect(sequencesIn((await run('tail', directory, '--event', 'rare', '-n', '9')).stdout)).toEqual([
      17, 2_017, 4_017,
    ]);
    expect((await run('tail', directory, '--where', 'kind ==')).exitCode).toBe(2);
  });

  test('includes archived segments', async () => {
    const { directory } = goldenCase('v0.12.1', 'rotated-archived');
    expect(sequencesIn((await run('tail', directory, '-n', '150')).stdout)).toEqual(range(50, 200));
  });
});

describe('tail -f', () => {
  test('shows each new entry, over rotation, archiving, compression and a restart, until it is stopped', async () => {
    const directory = temporaryDirectory();
    const options = { directory, segmentSizeBytes: 4_096, archiveCompression: 'gzip' } as const;
    let journal = await FileJournal.open(options);
    const tail = follow(directory);
    for (let sequence = 0; sequence < 300; sequence += 1) {
      await journal.append(event(sequence));
      if (sequence % 50 === 49) await shows(tail, range(0, sequence + 1));
      if (sequence === 120) await journal.archiveSegmentsBefore(100n);
      if (sequence === 200) {
        await journal.close();
        journal = await FileJournal.open(options);
      }
    }
    await shows(tail, range(0, 300));
    await journal.close();
    expect(await tail.stop()).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('begins after the last lines, and filters', async () => {
    const directory = await journalOf(
      range(0, 20).map((number) => ({ command: number % 2 === 0 ? 'even' : 'odd' })),
    );
    const tail = follow(directory, '-n', '3', '--event', 'even');
    await shows(tail, [14, 16, 18]);
    await using journal = await FileJournal.open({ directory, segmentSizeBytes: 65_536 });
    for (const sequence of range(20, 24))
      await journal.append(event(sequence, sequence % 2 === 0 ? 'even' : 'odd'));
    await shows(tail, [14, 16, 18, 20, 22]);
    expect(tail.stderr).toBe('');
  });

  test('follows a journal that begins at a later sequence', async () => {
    const directory = temporaryDirectory();
    await using journal = await FileJournal.open({ directory, segmentSizeBytes: 4_096 });
    const tail = follow(directory);
    await turns();
    await journal.append(event(5_000_000));
    await shows(tail, [5_000_000]);
    expect(tail.stderr).toBe('');
  });

  test('--durable shows an entry when the checkpoint covers it', async () => {
    const directory = temporaryDirectory();
    const journal = await FileJournal.open({
      directory,
      segmentSizeBytes: 4_096,
      durability: 'async',
      syncIntervalMs: 2 ** 31 - 1,
    });
    const durable = follow(directory, '--durable');
    const all = follow(directory);
    await journal.append(event(0));
    await shows(all, [0]);
    await turns();
    expect(durable.stdout).toBe('');
    await journal.close();
    await shows(durable, [0]);
  });

  test('reports damage that stays', async () => {
    const copy = goldenCase('v0.12.1', 'corrupt-middle').copy();
    const { exitCode, stdout, stderr } = await follow(copy, '-n', '180').ended;
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain('sequence 26');
  });
});

describe('entries that recovery cuts', () => {
  const line = (sequence: number, command: string): Buffer =>
    entryBytes(
      BigInt(sequence),
      START_NS,
      `{"sequence_num":${sequence},"timestamp_ns":${START_NS},"command":"${command}","result":null}`,
    );

  /** A segment without a checkpoint, as orderbook-rs writes it, and a way to write into it at an offset. */
  function segment(count: number): {
    readonly directory: string;
    write(offset: number, ...bytes: Buffer[]): void;
    offsetOf(sequence: number): number;
  } {
    const directory = temporaryDirectory();
    const path = join(directory, 'segment-00000000000000000000.journal');
    const size = line(0, 'a').length;
    writeFileSync(
      path,
      Buffer.concat([...range(0, count).map((one) => line(one, 'a')), Buffer.alloc(4_096)]),
    );
    return {
      directory,
      offsetOf: (sequence) => sequence * size,
      write(offset, ...bytes) {
        const fd = openSync(path, 'r+');
        writeSync(fd, Buffer.concat(bytes), 0, undefined, offset);
        closeSync(fd);
      },
    };
  }

  test('are reported, and the entries that replace them are shown', async () => {
    const { directory, write, offsetOf } = segment(9);
    const tail = follow(directory);
    await shows(tail, range(0, 9));
    write(offsetOf(6), Buffer.alloc(offsetOf(3)));
    await until(() => tail.stderr !== '');
    expect(tail.stderr).toBe(
      'warning: recovery has cut entries 6 to 8, printed above; the writer had not acknowledged them\n',
    );
    write(offsetOf(6), line(6, 'b'));
    await shows(tail, [...range(0, 9), 6]);
    expect((await tail.stop()).exitCode).toBe(0);
  });

  test('are noticed when others replaced them at once', async () => {
    const { directory, write, offsetOf } = segment(9);
    const tail = follow(directory);
    await shows(tail, range(0, 9));
    write(offsetOf(8), line(8, 'b'), line(9, 'b'));
    await shows(tail, [...range(0, 9), 8, 9]);
    expect(tail.stderr).toMatch(/^warning: recovery has cut entry 8, printed above/);
  });

  test('that were not shown are no reason for a warning', async () => {
    const { directory, write, offsetOf } = segment(9);
    const tail = follow(directory, '--where', 'sequence < 7 || command == "b"');
    await shows(tail, range(0, 7));
    write(offsetOf(8), Buffer.alloc(offsetOf(1)));
    await turns();
    write(offsetOf(8), line(8, 'b'));
    await shows(tail, [...range(0, 7), 8]);
    expect(tail.stderr).toBe('');
  });
});
