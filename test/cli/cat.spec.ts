/** `cat`: formats, filters by header and payload, archives, damage. */
import { appendFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { FileJournal } from '../../src/index.js';
import { GOLDEN_VERSIONS, goldenCase } from '../support/golden.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { START_NS, entryBytes, journalOf, sequencesIn } from './support/contents.js';
import { run, runWith } from './support/run.js';

const order = (id: string, quantity: bigint | number) => ({ AddOrder: { id, quantity } });

describe('file-journal cat', () => {
  test.each(
    GOLDEN_VERSIONS.flatMap((version) =>
      ['all-variants', 'rotated', 'rotated-archived'].map((name) => [version, name] as const),
    ),
  )('prints the stored payloads of orderbook-rs %s, %s', async (version, name) => {
    const { directory, entries } = goldenCase(version, name);
    const { exitCode, stdout, stderr } = await run('cat', directory);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const known = entries.filter(({ payload }) => payload !== null);
    const lines = stdout.split('\n').filter((line) => line !== '');
    for (const { payload } of known) expect(lines).toContain(payload);
    expect(lines.length).toBeGreaterThanOrEqual(known.length);
  });

  test('prints entries larger than a chunk of the output', async () => {
    const large = 'x'.repeat(100_000);
    const directory = await journalOf(
      [{ command: 'a' }, { command: large }, { command: 'b' }, { command: large }, { command: 'c' }],
      { segmentSizeBytes: 1_000_000 },
    );
    const { stdout } = await run('cat', directory);
    const commands = stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as { command: string }).command);
    expect(commands).toEqual(['a', large, 'b', large, 'c']);
  });

  test('--live-only leaves out archived segments', async () => {
    const { directory, entries } = goldenCase('v0.12.1', 'rotated-archived');
    const all = sequencesIn((await run('cat', directory)).stdout);
    const live = sequencesIn((await run('cat', directory, '--live-only')).stdout);
    expect(all).toEqual(Array.from({ length: 200 }, (_, index) => index));
    expect(live).toEqual(entries.map(({ sequence }) => Number(sequence)).filter((one) => live.includes(one)));
    expect(live[0]).toBeGreaterThan(0);
  });

  test.each([
    [
      ['--from', '3', '--to', '5'],
      [3, 4, 5],
    ],
    [
      ['--from', '8'],
      [8, 9],
    ],
    [
      ['--to', '1'],
      [0, 1],
    ],
    [['--from', '100'], []],
    [
      ['--limit', '2'],
      [0, 1],
    ],
    [['--limit', '0'], []],
    [['--from', '2', '--limit', '1', '--json'], [2]],
    [
      ['--since', '1772357403000'],
      [3, 4, 5, 6, 7, 8, 9],
    ],
    [
      ['--since', '1772357403000000001'],
      [4, 5, 6, 7, 8, 9],
    ],
    [
      ['--until', '2026-03-01T09:30:02Z'],
      [0, 1],
    ],
    [
      ['--since', '2026-03-01T09:30:02', '--until', '2026-03-01T09:30:04', '--limit', '5'],
      [2, 3],
    ],
  ])('%j chooses %j', async (args, expected) => {
    const directory = await journalOf(Array.from({ length: 10 }, (_, index) => ({ command: `c${index}` })));
    const { exitCode, stdout } = await run('cat', directory, ...args);
    expect({ exitCode, sequences: sequencesIn(stdout) }).toEqual({ exitCode: 0, sequences: expected });
  });

  test('--since and --until find entries whose times do not ascend', async () => {
    const seconds = [5n, 1n, 9n, 2n, 7n];
    const directory = await journalOf(
      seconds.map((second) => ({ command: 'c', timestampNs: START_NS + second })),
    );
    const args = ['--since', `${START_NS + 2n}`, '--until', `${START_NS + 7n}`];
    expect(sequencesIn((await run('cat', directory, ...args)).stdout)).toEqual([0, 3]);
  });

  test('header filters decode no payload', async () => {
    const directory = await journalWithPayload((sequence) => `{"sequence_num":${sequence},not json}`);
    const { exitCode, stdout } = await run('cat', directory, '--from', '0', '--since', '1');
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '{"sequence_num":0,not json}\n' });
  });

  test('prints a payload of several lines on one, with the same values', async () => {
    const directory = await journalWithPayload(
      (sequence, time) =>
        `{\n"sequence_num":${sequence},\n"timestamp_ns":${time},"command":"a\\nb",\n"result":null}`,
    );
    const { stdout } = await run('cat', directory);
    expect(stdout.split('\n')).toHaveLength(2);
    expect(JSON.parse(stdout)).toMatchObject({ command: 'a\nb', result: null });
  });

  test.each([
    ['an array', '[1]'],
    ['line breaks in a string', '{"a":"\n"}'],
    ['nothing', ''],
  ])('reports a payload that is no object as damage: %s', async (_what, payload) => {
    const directory = await journalWithPayload(() => payload);
    const { exitCode, stdout, stderr } = await run('cat', directory);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/segment-0{20}\.journal at offset 0, sequence 0/);
  });
});

describe('damage', () => {
  const { directory } = goldenCase('v0.12.1', 'corrupt-middle');

  test('stops cat with file, offset and sequence, after what comes before it', async () => {
    const { exitCode, stdout, stderr } = await run('cat', directory);
    expect(exitCode).toBe(1);
    expect(sequencesIn(stdout)).toEqual(Array.from({ length: 26 }, (_, index) => index));
    expect(stderr).toMatch(/segment-0{18}21\.journal at offset \d+, sequence 26/);
  });

  test('--skip-damage goes on after it, and still ends with exit code 1', async () => {
    const { exitCode, stdout, stderr } = await run('cat', directory, '--skip-damage');
    expect(exitCode).toBe(1);
    const sequences = sequencesIn(stdout);
    expect(sequences).not.toContain(26);
    expect(sequences).toEqual(expect.arrayContaining([25, 27, 199]));
    expect(stderr).toMatch(/^damage: .*sequence 26/);
  });

  test('--skip-damage goes on after a payload that a filter cannot decode', async () => {
    const broken = await journalWithPayload((sequence) => `{"sequence_num":${sequence},not json}`);
    expect((await run('cat', broken, '--where', 'result == null')).exitCode).toBe(1);
    const { exitCode, stderr } = await run('cat', broken, '--where', 'result == null', '--skip-damage');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^damage: cannot decode the payload in segment-/);
  });

  test('a missing archived segment is a gap', async () => {
    const copy = goldenCase('v0.12.1', 'rotated-archived').copy();
    const [, second = ''] = readdirSync(copy)
      .filter((name) => name.endsWith('.archived'))
      .sort();
    rmSync(join(copy, second));
    const { exitCode, stderr } = await run('cat', copy);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('(JOURNAL_REPLAY_GAP)');
  });
});

describe('filters by payload', () => {
  const events = (...names: string[]) => ({
    DomainEvents: names.map((name) => ({
      [name]: { v: 1, aggregateId: 'A-1', aggregateType: 'Order', data: {} },
    })),
  });
  const contents = [
    { command: { OrderPlaced: { v: 1, aggregateId: 'A-1', aggregateType: 'Order', data: {} } } },
    {
      command: { OrderPlaced: { v: 1, aggregateId: 'A-2', aggregateType: 'Order', data: {} } },
      commandId: 'id-1',
    },
    { command: events('OrderFilled', 'OrderClosed') },
    { command: { Deposited: { v: 1, aggregateId: 'A-1', aggregateType: 'Account', data: 'Order' } } },
    { command: { OldEvent: { v: 1, aggregateId: 'A-9', data: 'OrderPlaced' } } },
    { command: order('"A-1"', 1), commandId: 'Ünï "q"' },
    { command: 'CancelAll', result: { command_id: 'id-1' } },
  ];

  test.each([
    [
      ['--aggregate', 'Order'],
      [0, 1, 2],
    ],
    [
      ['--aggregate', 'Order:A-1'],
      [0, 2],
    ],
    [
      ['--aggregate', ':A-1'],
      [0, 2, 3],
    ],
    [['--aggregate', ':A-9'], [4]],
    [['--aggregate', 'Nothing'], []],
    [
      ['--event', 'OrderPlaced'],
      [0, 1],
    ],
    [['--event', 'OrderClosed'], [2]],
    [['--event', 'CancelAll'], [6]],
    [['--event', 'DomainEvents'], []],
    [['--command-id', 'id-1'], [1]],
    [['--command-id', 'Ünï "q"'], [5]],
    [['--event', 'OrderPlaced', '--aggregate', ':A-2', '--from', '1'], [1]],
    [['--event', 'OrderPlaced', '--limit', '1'], [0]],
  ])('%j chooses %j', async (args, expected) => {
    const directory = await journalOf(contents);
    const { exitCode, stdout } = await run('cat', directory, ...args);
    expect({ exitCode, sequences: sequencesIn(stdout) }).toEqual({ exitCode: 0, sequences: expected });
  });

  test('find names that are written with escapes', async () => {
    const directory = await journalWithPayload(
      (sequence, time) =>
        `{"sequence_num":${sequence},"timestamp_ns":${time},"command":{"Order\\u0050laced":{"v":1,"aggregateId":"\\u0041-1","data":{}}},"result":null}`,
    );
    for (const args of [
      ['--event', 'OrderPlaced'],
      ['--aggregate', ':A-1'],
      ['--where', 'kind == "OrderPlaced"'],
    ])
      expect(sequencesIn((await run('cat', directory, ...args)).stdout)).toEqual([0]);
  });

  test('do not decode a payload that does not contain the name', async () => {
    const directory = await journalWithPayload((sequence) => `{"sequence_num":${sequence},not json}`);
    for (const option of ['--event', '--command-id', '--aggregate'])
      expect(await run('cat', directory, option, 'Name')).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });
});

describe('the pretty format', () => {
  test('shows kinds, aggregates and exact numbers, without characters that steer a terminal', async () => {
    const escape = '\u009b31m';
    const directory = await journalOf([
      {
        command: {
          [`Order${escape}`]: { v: 1, aggregateId: `A${escape}`, aggregateType: 'Order', data: [] },
        },
        result: { Ok: 2n ** 128n - 1n },
      },
    ]);
    const { stdout } = await run('cat', directory, '--format', 'pretty');
    expect(stdout).toMatch(
      /^#0 {2}2026-03-01T09:30:00\.000000000Z {2}Order\\u009b31m -> Ok {2}Order A\\u009b31m: Order\\u009b31m\n\{\n/,
    );
    expect(stdout).toContain('"Ok": 340282366920938463463374607431768211455');
    expect(stdout).toContain('"data": []');
    expect(stdout).not.toContain(escape);
    expect(JSON.parse(stdout.slice(stdout.indexOf('{\n')))).toHaveProperty('sequence_num', 0);
  });

  test('has colours on a terminal, and --json has not', async () => {
    const directory = await journalOf([{ command: 'a' }]);
    const ESCAPE = String.fromCharCode(27);
    expect((await runWith({ isTTY: true }, 'cat', directory, '--format', 'pretty')).stdout).toContain(ESCAPE);
    expect(
      (await runWith({ isTTY: true }, 'cat', directory, '--format', 'pretty', '--json')).stdout,
    ).not.toContain(ESCAPE);
  });
});

describe('wrong use', () => {
  test.each([
    [['--from', 'x'], /--from/],
    [['--from', '5', '--to', '4'], /--to 4 is before --from 5/],
    [['--since', '5', '--until', '5'], /--until must be later/],
    [['--since', 'noon'], /It must be a time/],
    [['--format', 'xml'], /jsonl, pretty/],
    [['--aggregate', ':'], /TYPE, TYPE:ID or :ID/],
    [['--event', ''], /must not be empty/],
    [['--limit', '-1'], /whole number/],
  ])('%j is refused before anything is printed', async (args, message) => {
    const directory = await journalOf([{ command: 'a' }]);
    const { exitCode, stdout, stderr } = await run('cat', directory, ...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  test('a segment that is a directory is named', async () => {
    const directory = goldenCase('v0.12.1', 'rotated').copy();
    const [name = ''] = readdirSync(directory);
    renameSync(join(directory, name), join(directory, 'away'));
    renameSync(temporaryDirectory(), join(directory, name));
    const { exitCode, stderr } = await run('cat', directory);
    expect(exitCode).toBe(3);
    expect(stderr).toContain(name);
  });
});

test('reads beside a journal that is open for writing', async () => {
  const directory = await journalOf([{ command: 'a' }]);
  const writer = await FileJournal.open({ directory });
  try {
    expect(sequencesIn((await run('cat', directory)).stdout)).toEqual([0]);
  } finally {
    await writer.close();
  }
});

/** A journal with one entry, whose payload another writer made. */
async function journalWithPayload(
  payloadOf: (sequence: bigint, timestampNs: bigint) => string,
): Promise<string> {
  const directory = temporaryDirectory('cli-');
  const entry = entryBytes(0n, START_NS, payloadOf(0n, START_NS));
  appendFileSync(
    join(directory, 'segment-00000000000000000000.journal'),
    Buffer.concat([entry, Buffer.alloc(64)]),
  );
  return directory;
}
